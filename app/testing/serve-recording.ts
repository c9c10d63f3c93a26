import { createServer, type IncomingHttpHeaders } from "node:http";
import { listen, type Listening } from "./listen.ts";

export type Recorded = {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
};
export type RecordingServer = Listening & { requests: Recorded[] };
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
  return { ...(await listen(server)), requests };
}
