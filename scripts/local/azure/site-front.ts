import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { pipeline } from "node:stream";

/** App Service's front end: one address before several instances, each taking its turn. */
export function createSiteFront(backends: readonly string[]): Server {
  let turn = 0;
  return createServer((incoming, answer) => {
    turn += 1;
    forward(backends[turn % backends.length] ?? "", { incoming, answer });
  });
}

function forward(
  backend: string,
  { incoming, answer }: { incoming: IncomingMessage; answer: ServerResponse },
): void {
  const address = incoming.socket.remoteAddress ?? "127.0.0.1";
  const outgoing = httpRequest(new URL(incoming.url ?? "/", backend), {
    method: incoming.method,
    headers: { ...incoming.headers, "x-forwarded-for": `${address}:${incoming.socket.remotePort}` },
  });
  outgoing.once("response", (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    pipeline(reply, answer, () => {});
  });
  // The instance was killed, or is being started again.
  outgoing.once("error", () => {
    if (answer.headersSent) {
      answer.destroy();
    } else {
      answer.writeHead(503, { "content-type": "text/plain" }).end("Service Unavailable");
    }
  });
  pipeline(incoming, outgoing, () => {});
}
