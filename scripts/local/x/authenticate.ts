import type { Context } from "hono";
import type { TwitterKeys } from "../contracts.ts";
import type { Nonces } from "./nonces.ts";
import { isSignedWith, readOAuth, type SignedRequest } from "./oauth1.ts";
import { INVALID_TOKEN, Refusal, UNAUTHORIZED, UNSUPPORTED_AUTHENTICATION } from "./problems.ts";
import type { KnownToken, Tokens } from "./tokens.ts";

export type Credentials = { keys: TwitterKeys; tokens: Tokens; nonces: Nonces };

/** The app alone, or the app with a token; with what was signed. */
export type Signer = (Exclude<KnownToken, { kind: "revoked" }> | { kind: "app" }) & {
  parameters: ReadonlyMap<string, string>;
};

/** Who signed this request; throws the Refusal that X answers with when nobody valid did. */
export async function authenticate(c: Context, credentials: Credentials): Promise<Signer> {
  const authorization = c.req.header("authorization") ?? "";
  if (/^Bearer\s/i.test(authorization)) {
    throw new Refusal(UNSUPPORTED_AUTHENTICATION);
  }
  const { pathname, search } = new URL(c.req.url);
  return identify(credentials, {
    method: c.req.method,
    baseUri: `https://api.x.com${pathname}`,
    query: search.slice(1),
    form: isForm(c.req.header("content-type")) ? await c.req.text() : "",
    authorization,
  });
}

/** Every check is made whatever the others say, so that a refusal takes the same time for each. */
function identify({ keys, tokens, nonces }: Credentials, request: SignedRequest): Signer {
  const oauth = readOAuth(request);
  if (oauth === undefined) {
    throw new Refusal(UNAUTHORIZED);
  }
  const known: KnownToken | { kind: "app" } | undefined =
    oauth.token === undefined ? { kind: "app" } : tokens.find(oauth.token);
  const secrets = { consumer: keys.twitterApiSecretKey, token: secretOf(known) };
  const isSigned = isSignedWith(request, oauth, secrets);
  const isKnownApp = oauth.consumerKey === keys.twitterApiKey;
  const isFirst = nonces.use(oauth);
  if (!isSigned || !isKnownApp || !isFirst || known === undefined) {
    throw new Refusal(UNAUTHORIZED);
  }
  if (known.kind === "revoked") {
    throw new Refusal(INVALID_TOKEN);
  }
  return { ...known, parameters: new Map(oauth.all) };
}

function secretOf(known: KnownToken | { kind: "app" } | undefined): string {
  if (known === undefined || known.kind === "app") {
    return "";
  }
  return known.kind === "request" ? known.request.secret : known.access.secret;
}

function isForm(contentType: string | undefined): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(contentType ?? "");
}
