import { createServer, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError } from "@hono/node-server";

/** How long a client may take, and how much of it is read before anything is known of it. */
export const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  /** Headers and body. The largest body, 8 MiB, needs 140 kB a second. */
  requestTimeout: 60_000,
  /**
   * Longer than App Service's front end keeps an idle connection (230 s): whoever closes first must not
   * be the one to whom a request may be on its way.
   */
  keepAliveTimeout: 240_000,
  connectionsCheckingInterval: 1_000,
};

type Fetch = Parameters<typeof getRequestListener>[0];

/** What the parser of HTTP says of a request that never becomes one, by its code. */
const PARSER_STATUS: Partial<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/**
 * The server in front of the app: holds slow and oversized clients off, and answers what is no
 * HTTP in the same form in which the app answers what it refuses.
 */
export function createHttpServer(fetch: Fetch, limits: Partial<typeof LIMITS> = {}): Server {
  const listener = getRequestListener(fetch, {
    errorHandler: (error) => {
      const status = error instanceof RequestError ? 400 : 500;
      return new Response(problemText(status), { status, headers: HEADERS });
    },
  });
  // A missing Host header comes to the listener, which answers as it answers every other.
  const server = createServer(
    { ...LIMITS, ...limits, requireHostHeader: false },
    (request, response) => {
      if (hasTwice(request.rawHeaders)) {
        answerProblem(response, 400);
      } else {
        void listener(request, response);
      }
    },
  );
  // Node takes its own listener off a socket that it hands out (CONNECT, upgrades): a client that
  // resets the connection then would end the process.
  server.on("connection", (socket) => socket.on("error", () => undefined));
  server.on("checkExpectation", (_request, response) => {
    answerProblem(response, 417);
  });
  server.on("connect", (_request, socket) => refuse(socket, 405));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    refuse(socket, PARSER_STATUS[error.code ?? ""] ?? 400);
  });
  return server;
}

/** Node takes the first of two of these, and what stands before it may have looked at the second. */
const ONCE = new Set(["host", "authorization", "content-type"]);

function hasTwice(rawHeaders: string[]): boolean {
  const names = rawHeaders
    .filter((_, index) => index % 2 === 0)
    .map((name) => name.toLowerCase())
    .filter((name) => ONCE.has(name));
  return new Set(names).size < names.length;
}

function answerProblem(response: ServerResponse, status: number): void {
  const body = problemText(status);
  // What the client may go on sending is not read.
  const headers = { ...HEADERS, "content-length": body.length, connection: "close" };
  response.writeHead(status, headers).end(body);
}

const HEADERS = {
  "content-type": "application/problem+json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

function problemText(status: number): string {
  return JSON.stringify({ title: STATUS_CODES[status], status });
}

/** Answers on the bare socket, where there is no request to answer to, and closes it. */
function refuse(socket: Duplex, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = problemText(status);
  const headers = { ...HEADERS, "content-length": String(body.length), connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", ""].join("\r\n");
  socket.end(head + body, () => socket.destroy());
}
