import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { lookupPublic } from "./public-lookup.ts";

export const X_PUBLIC_URL = "https://api.x.com";

/**
 * The agent that all traffic to X goes through. twitter-api-v2 knows no base URL: where another X
 * is configured, the agent connects there instead, and host names, signatures and paths stay those
 * of the public X. The public X is connected to at public addresses only.
 */
export function createXAgent(xApiUrl: string): http.Agent {
  return xApiUrl === X_PUBLIC_URL
    ? new https.Agent({ keepAlive: true, lookup: lookupPublic })
    : new ElsewhereAgent(new URL(xApiUrl));
}

class ElsewhereAgent extends http.Agent {
  // node:https asks these two of an agent; the public types leave them out.
  readonly protocol = "https:";
  readonly defaultPort = 443;
  readonly #target: URL;

  constructor(target: URL) {
    super({ keepAlive: true });
    this.#target = target;
  }

  override createConnection(): net.Socket {
    const { hostname, port, protocol } = this.#target;
    const host = hostname.replace(/^\[|\]$/g, "");
    return protocol === "https:"
      ? tls.connect({ host, port: Number(port || 443) })
      : net.connect({ host, port: Number(port || 80) });
  }
}
