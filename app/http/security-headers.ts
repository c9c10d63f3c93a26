import { randomUUID } from "node:crypto";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

/** Stands for the nonce, which is another one in each answer. */
const NONCE = "{nonce}";
const YEAR_SECONDS = 365 * 24 * 60 * 60;

/**
 * The headers of hono/secure-headers, set before the answer is made. The library sets them on the
 * answer, and makes the server turn its light answer into a whole one: that costs four times as much
 * as everything else (`npm run bench -- --only endpoints`).
 */
export function securityHeaders(xOrigin: string): MiddlewareHandler {
  const known = headersOnce(xOrigin);
  return async (c, next) => {
    // 122 random bits, which Node has in stock.
    const nonce = randomUUID();
    c.set("nonce", nonce);
    for (const [name, value] of await known()) {
      c.header(name, value.replaceAll(NONCE, nonce));
    }
    // Pages hold names and sealed tokens, answers the state of jobs: none of it is kept on the way.
    c.header("cache-control", "no-store");
    return next();
  };
}

/** The nonce that this answer's Content-Security-Policy allows style and script by. */
export function nonceOf(c: Context): string {
  const nonce: unknown = c.get("nonce");
  return String(nonce);
}

/** Asks the library once for what it sets. */
function headersOnce(xOrigin: string): () => Promise<[string, string][]> {
  const app = new Hono().use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: [`'nonce-${NONCE}'`],
        scriptSrc: [`'nonce-${NONCE}'`],
        imgSrc: ["data:"],
        // The sign-in form leads to X, and X may lead on to its other names.
        formAction: ["'self'", xOrigin, "https://x.com", "https://twitter.com"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      strictTransportSecurity: `max-age=${YEAR_SECONDS}; includeSubDomains`,
      xFrameOptions: "DENY",
      referrerPolicy: "no-referrer",
      crossOriginOpenerPolicy: "unsafe-none",
      permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
    }),
  );
  app.get("/", (c) => c.body(null));
  let headers: Promise<[string, string][]> | undefined;
  return () =>
    (headers ??= Promise.resolve(app.request("/")).then((answer) => [...answer.headers]));
}
