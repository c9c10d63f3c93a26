import { once } from "node:events";
import type { Server } from "node:http";
import net from "node:net";

export type Said = { status: number; head: string; body: string; ms: number };

/** Sends bytes as they are, which no HTTP client would, and takes what comes until the end. */
export async function talk(
  server: Server,
  bytes: string,
  { thenClose = false }: { thenClose?: boolean } = {},
): Promise<Said> {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("The server is not listening on a port");
  }
  const startedAt = performance.now();
  const socket = net.connect(address.port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  // A server that has heard enough may reset the connection: what it said before counts.
  socket.on("error", () => undefined);
  socket.write(Buffer.from(bytes, "latin1"));
  if (thenClose) {
    await once(socket, "connect");
    setTimeout(() => socket.destroy(), 50);
  }
  await once(socket, "close");
  const [head = "", body = ""] = Buffer.concat(chunks).toString("utf8").split("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head, body, ms: performance.now() - startedAt };
}

/** When a client resets its connection: as soon as its bytes are out, when an answer begins, or 20 ms later. */
export const RESETS = ["at once", "when an answer begins", "soon"] as const;
const SOON_MS = 20;
const NO_ANSWER_MS = 100;

/** Sends bytes as they are, and resets the connection (RST, no orderly end). */
export async function sendAndReset(
  port: number,
  bytes: string,
  when: (typeof RESETS)[number],
): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  // `once` would reject for a reset by the server.
  const closed = new Promise((resolve) => {
    socket.once("close", resolve);
  });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(Buffer.from(bytes, "latin1"), () => {
    if (when === "at once") {
      socket.resetAndDestroy();
    }
  });
  socket.once("data", () => socket.resetAndDestroy());
  setTimeout(() => socket.resetAndDestroy(), when === "soon" ? SOON_MS : NO_ANSWER_MS);
  await closed;
}
