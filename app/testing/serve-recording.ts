import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";

export type Recorded = {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
};
export type RecordingServer = { url: string; requests: Recorded[]; close: () => Promise<void> };
export type RecordedAnswer = {
  status: number;
  body?: string;
  headers?: Record<string, string>;
};

/** A server that keeps what it was sent; `undefined` cuts the connection instead of answering. */
export async function startRecordingServer(
  answer: (request: Recorded) => RecordedAnswer | undefined,
): Promise<RecordingServer> {
  const requests: Recorded[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = Buffer.concat(await Array.fromAsync<Buffer>(request));
      const { method = "", url = "", headers } = request;
      const recorded = { method, url, headers, body };
      requests.push(recorded);
      const said = answer(recorded);
      if (said) {
        response.writeHead(said.status, said.headers).end(said.body);
      } else {
        request.socket.destroy();
      }
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("The recording server is not listening on a port");
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
