import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen, type Listening } from "./listen.ts";

export type ScriptedAnswer = {
  status: number;
  body?: string | object;
  headers?: Record<string, string>;
  /** After the body the connection is cut, or it stays open: nothing more comes, or blanks do. */
  after?: "cut" | "silence" | "trickle";
};
export type ScriptedX = Listening & {
  requests: { method: string; url: string; host: string; headers: IncomingMessage["headers"] }[];
};

type Said = ScriptedAnswer | "silence" | undefined;

/** An X that says what a test wants it to say, and when; `undefined` cuts the connection. */
export async function startScriptedX(
  answer: (request: { path: string; host: string }) => Said | Promise<Said>,
): Promise<ScriptedX> {
  const requests: ScriptedX["requests"] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "", headers } = request;
    requests.push({ method, url, host: headers.host ?? "", headers });
    const said = await answer({ path: url, host: headers.host ?? "" });
    if (said === "silence") {
      return;
    }
    if (!said) {
      request.socket.destroy();
      return;
    }
    send(response, said);
  };
  const server = createServer((request, response) => void handle(request, response));
  return { ...(await listen(server)), requests };
}

function send(
  response: ServerResponse,
  { status, body = "", headers, after }: ScriptedAnswer,
): void {
  const bytes = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers });
  if (after === undefined) {
    response.end(bytes);
    return;
  }
  response.write(bytes, () => {
    if (after === "cut") {
      response.destroy();
    }
    if (after === "trickle") {
      const trickling = setInterval(() => response.write(" "), 10);
      response.once("close", () => clearInterval(trickling));
    }
  });
}
