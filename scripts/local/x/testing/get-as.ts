import http from "node:http";

/** A request to the local X under the host name of an address; fetch does not let one choose it. */
export async function getAs(
  server: string,
  url: string,
  options: { method?: string; headers?: Record<string, string> } = {},
) {
  const { host, pathname, search } = new URL(url);
  const request = http.request(`${server}${pathname}${search}`, {
    method: options.method ?? "GET",
    headers: { ...options.headers, host },
  });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", resolve).once("error", reject);
  });
  request.end();
  const response = await answered;
  const body = Buffer.concat(await Array.fromAsync<Buffer>(response));
  return { status: response.statusCode, headers: response.headers, body };
}
