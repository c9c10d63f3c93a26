import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { quantile } from "./statistics.ts";

/** The text of a request; `number` counts them, so that no two need to be the same. */
export type Request = (number: number) => string;

export type Load = { perSecond: number; p99Ms: number };

const CONNECTIONS = 32;
let sent = 0;

/**
 * Keeps connections busy, one request at a time on each. By hand over sockets: a client that costs
 * more than the server would measure itself.
 */
export async function putUnderLoad(
  port: number,
  { request, status, ms }: { request: Request; status: number; ms: number },
): Promise<Load> {
  const times: number[] = [];
  const end = performance.now() + ms;
  const keepBusy = async () => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const read = createReader(socket);
    while (performance.now() < end) {
      const started = performance.now();
      sent += 1;
      socket.write(request(sent));
      const head = await read();
      if (!head.startsWith(`HTTP/1.1 ${status} `)) {
        throw new Error(`The answer should be ${status}: ${head.split("\r\n")[0]}`);
      }
      times.push(performance.now() - started);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, keepBusy));
  return { perSecond: (times.length * 1000) / ms, p99Ms: quantile(times, 0.99) };
}

/** Reads one answer after the other. */
function createReader(socket: Socket): () => Promise<string> {
  let text = "";
  let settle: { resolve: (answer: string) => void; reject: (error: Error) => void } | undefined;
  const fail = (error: Error) => settle?.reject(error);
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    text += String(chunk);
    if (isWhole(text)) {
      settle?.resolve(text);
    }
  });
  socket.once("error", fail);
  socket.once("close", () => fail(new Error("The server closed a connection")));
  return () => {
    text = "";
    return new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
  };
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) {
    return false;
  }
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, end))?.[1];
  return length === undefined
    ? answer.endsWith("0\r\n\r\n")
    : answer.length >= end + 4 + Number(length);
}
