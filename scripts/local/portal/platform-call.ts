import type { Handoff } from "./probes.ts";
import { basic } from "./probes.ts";

/** One call of the platform: path with query, and what differs from an authorized GET. */
export type Call = (path: string, request?: CallRequest) => Promise<Response>;
type CallRequest = { method?: "POST"; json?: unknown; authorization?: string | undefined };

export function createCaller(handoff: Handoff, send: typeof fetch, timeoutMs: number): Call {
  return async (path, request = {}) => {
    const authorization = "authorization" in request ? request.authorization : basic(handoff);
    const { method = "GET", json } = request;
    return send(toUrl(handoff, path), {
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...(authorization ? { authorization } : {}),
        ...(json === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  };
}

/** Under the connector URL, whether it was typed with a slash at its end or not. */
export function toUrl(handoff: Handoff, path: string): URL {
  return new URL(path, handoff.connectorUrl.replace(/\/*$/, "/"));
}

/** The body of a 200 with JSON; throws with what came instead. */
export async function readJson(path: string, answer: Response): Promise<unknown> {
  const text = await answer.text();
  const type = answer.headers.get("content-type") ?? "no content type";
  if (answer.status !== 200 || !type.startsWith("application/json")) {
    throw new Error(`${path} answered ${answer.status} (${type}): ${text.slice(0, 300)}`);
  }
  const body: unknown = JSON.parse(text);
  return body;
}
