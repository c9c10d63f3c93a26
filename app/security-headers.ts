import { randomUUID } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";

/** As hono/secure-headers sets them. */
const HEADERS = Object.entries({
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "unsafe-none",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=15552000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-download-options": "noopen",
  "x-frame-options": "DENY",
  "x-permitted-cross-domain-policies": "none",
  "x-xss-protection": "0",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  // Pages hold names and sealed tokens, answers the state of jobs: none of it is kept on the way.
  "cache-control": "no-store",
});

/**
 * Sets them before the answer is made, which takes them along whoever makes it. hono/secure-headers
 * sets them afterwards, which makes the server turn its light answer into a whole one: that costs
 * four times as much as everything else (`npm run bench -- --only endpoints`).
 */
export function securityHeaders(xOrigin: string): MiddlewareHandler {
  const policyFor = (nonce: string) =>
    [
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      `script-src 'nonce-${nonce}'`,
      "img-src data:",
      // The sign-in form leads to X, and X may lead on to its other names.
      `form-action 'self' ${xOrigin} https://x.com https://twitter.com`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join("; ");
  return async (c, next) => {
    // 122 random bits, which Node has in stock.
    const nonce = randomUUID();
    c.set("nonce", nonce);
    for (const [name, value] of HEADERS) {
      c.header(name, value);
    }
    c.header("content-security-policy", policyFor(nonce));
    return next();
  };
}

/** The nonce that this answer's Content-Security-Policy allows style and script by. */
export function nonceOf(c: Context): string {
  const nonce: unknown = c.get("nonce");
  return String(nonce);
}
