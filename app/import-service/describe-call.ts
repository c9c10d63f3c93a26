import { decodeJwt } from "jose";
import type { Log } from "../log.ts";

/** Of a request: its names only, never what stands under them. */
export type DescribedCall = {
  method: string;
  path: string;
  authorization: string | undefined;
  headers: Iterable<string>;
  queries: Iterable<string>;
};

/** More ways to call than any platform has; each is a line, and is remembered. */
const MAX_WAYS = 200;
const MAX_NAMES = 60;
const NAME = /^[\w.-]{1,60}$/;

/**
 * Logs in which ways the platform calls, each once in a process: with which kind of credential, under
 * which names of headers and queries. Nobody has described that in public (docs/open-questions.md).
 */
export function createCallDescriber(log: Log): (call: DescribedCall) => void {
  const known = new Set<string>();
  return ({ method, path, authorization, headers, queries }) => {
    const way = {
      method,
      path,
      authentication: kindOf(authorization),
      headers: listNames([...headers].map((name) => name.toLowerCase())),
      queries: listNames(queries),
    };
    const key = JSON.stringify(way);
    if (known.size < MAX_WAYS && !known.has(key)) {
      known.add(key);
      log("platform.called", way);
    }
  };
}

/** Under which names a JSON body says what it says, spelled as they are. */
export function memberNames(body: unknown): string {
  return listNames(typeof body === "object" && body !== null ? Object.keys(body) : []);
}

/** Names in order, each once; what is no name of the usual kind is left out. */
function listNames(names: Iterable<string>): string {
  return [...new Set(names)]
    .filter((name) => NAME.test(name))
    .toSorted()
    .slice(0, MAX_NAMES)
    .join(", ");
}

/** Of a credential that was found right. */
function kindOf(authorization = ""): string {
  const [scheme = "", token = ""] = authorization.split(/\s+/);
  return scheme.toLowerCase() === "basic"
    ? "Basic"
    : `Entra token, version ${decodeJwt(token)["ver"] === "2.0" ? 2 : 1}`;
}
