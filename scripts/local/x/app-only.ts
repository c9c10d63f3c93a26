import { randomBytes, timingSafeEqual } from "node:crypto";
import { Hono, type Context } from "hono";
import type { TwitterKeys } from "../contracts.ts";
import {
  Refusal,
  UNAUTHORIZED,
  UNSUPPORTED_AUTHENTICATION,
  UNVERIFIED_CREDENTIALS,
} from "./problems.ts";

/** Tokens of the app alone, which belong to no user. */
export type BearerTokens = { issue(): string; isKnown(token: string): boolean };

/** X gives an app the same token each time (developer-apps documentation, "application-only"). */
export function createBearerTokens(): BearerTokens {
  const token = `AAAA${randomBytes(48).toString("base64url")}`;
  return { issue: () => token, isKnown: (given) => isSame(given, token) };
}

/** `POST /oauth2/token`: key and secret for a token, each percent-encoded before they are joined. */
export function createTokenEndpoint(keys: TwitterKeys, tokens: BearerTokens): Hono {
  const app = new Hono();
  const { twitterApiKey, twitterApiSecretKey } = keys;
  const pair = [twitterApiKey, twitterApiSecretKey].map(encodeURIComponent).join(":");
  const expected = `Basic ${Buffer.from(pair).toString("base64")}`;
  app.post("/oauth2/token", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(
      c.req.header("content-type") ?? "",
    );
    const isAllowed = isSame(c.req.header("authorization") ?? "", expected);
    if (!isAllowed || !isForm || form.get("grant_type") !== "client_credentials") {
      throw new Refusal(UNVERIFIED_CREDENTIALS);
    }
    return c.json({ token_type: "bearer", access_token: tokens.issue() });
  });
  return app;
}

/** Lets the app alone in, and nobody with a user's signature. */
export function requireAppOnly(c: Context, tokens: BearerTokens): string {
  const authorization = c.req.header("authorization") ?? "";
  if (/^OAuth\s/i.test(authorization)) {
    throw new Refusal(UNSUPPORTED_AUTHENTICATION);
  }
  const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? "";
  if (!tokens.isKnown(token)) {
    throw new Refusal(UNAUTHORIZED);
  }
  return token;
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
