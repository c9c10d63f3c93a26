import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen, type Listening } from "./listen.ts";

export type SilentServer = Listening & { requests: () => number };

/** Ways in which a server leaves one waiting. */
export const SILENCES: Record<string, (response: ServerResponse) => void> = {
  "never answers": () => {},
  "stops within its headers": (response) => {
    response.socket?.write("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n");
  },
  "stops within its body": (response) => {
    response.writeHead(200, { "content-length": "1000", etag: '"1"' }).write("the beginning");
  },
};

/** A server that takes every request and does not finish one. */
export async function startSilentServer(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<SilentServer> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(response, request);
  });
  return { ...(await listen(server)), requests: () => requests };
}
