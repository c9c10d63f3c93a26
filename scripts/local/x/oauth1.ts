import { createHmac, timingSafeEqual } from "node:crypto";

/** The parts of a request that its signature covers (RFC 5849 section 3.4.1). */
export type SignedRequest = {
  method: string;
  /** `https://api.x.com/path` without query: clients sign this address, wherever they connect to. */
  baseUri: string;
  /** Raw query without the question mark. */
  query: string;
  /** Raw body where it is a form, else empty. */
  form: string;
  /** The Authorization header; empty when there is none. */
  authorization: string;
};

export type OAuthParameters = {
  consumerKey: string;
  nonce: string;
  timestamp: string;
  signature: string;
  /** Absent when a client asks for a request token. */
  token: string | undefined;
  /** Query, form and protocol parameters together, decoded; without the signature and the realm. */
  all: [name: string, value: string][];
};

/** Reads an OAuth 1.0a request; undefined when it is none, or malformed (RFC 5849 section 3.2). */
export function readOAuth(request: SignedRequest): OAuthParameters | undefined {
  const header = parseAuthorization(request.authorization);
  if (header === undefined) {
    return undefined;
  }
  const protocol = new Map(header);
  const consumerKey = protocol.get("oauth_consumer_key");
  const nonce = protocol.get("oauth_nonce");
  const timestamp = protocol.get("oauth_timestamp") ?? "";
  const signature = protocol.get("oauth_signature");
  const all = dropRepeated([
    ...formPairs(request.query),
    ...formPairs(request.form),
    ...header,
  ]).filter(([name]) => name !== "oauth_signature" && name !== "realm");
  if (!consumerKey || !nonce || !signature || !/^\d+$/.test(timestamp)) {
    return undefined;
  }
  if (!isKnownScheme(protocol) || hasTwice(all)) {
    return undefined;
  }
  return { consumerKey, nonce, timestamp, signature, token: protocol.get("oauth_token"), all };
}

/** Compares in constant time the signature that was sent with the one that the secrets give. */
export function isSignedWith(
  request: SignedRequest,
  oauth: OAuthParameters,
  secrets: { consumer: string; token: string },
): boolean {
  const key = `${encode(secrets.consumer)}&${encode(secrets.token)}`;
  const expected = createHmac("sha1", key).update(signatureBase(request, oauth.all)).digest();
  const given = Buffer.from(oauth.signature, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The text that is signed (RFC 5849 section 3.4.1.1). */
export function signatureBase(
  request: Pick<SignedRequest, "method" | "baseUri">,
  parameters: readonly (readonly [string, string])[],
): string {
  // Encoded text is ASCII, so that comparing code units is the byte order that the RFC asks for.
  const normalized = parameters
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  return [request.method.toUpperCase(), request.baseUri, normalized].map(encode).join("&");
}

function parseAuthorization(header: string): [string, string][] | undefined {
  if (!/^OAuth\s/i.test(header)) {
    return undefined;
  }
  const pairs: [string, string][] = [];
  for (const part of header.slice("OAuth".length).split(",")) {
    const match = /^\s*([^=\s]+)="([^"]*)"\s*$/.exec(part);
    const decoded = match?.slice(1).map(decode) ?? [];
    const [name, value] = decoded;
    if (name === undefined || value === undefined) {
      return undefined;
    }
    pairs.push([name, value]);
  }
  return pairs;
}

function isKnownScheme(protocol: ReadonlyMap<string, string>): boolean {
  return (
    protocol.get("oauth_signature_method") === "HMAC-SHA1" &&
    (protocol.get("oauth_version") ?? "1.0") === "1.0"
  );
}

/**
 * X counts a protocol parameter once that comes in the header and, with the same value, in the form:
 * twitter-api-v2 sends `oauth_token` so when it asks for an access token, signed once.
 */
function dropRepeated(pairs: readonly [string, string][]): [string, string][] {
  const seen = new Set<string>();
  return pairs.filter(([name, value]) => {
    const pair = JSON.stringify([name, value]);
    const isRepeated = name.startsWith("oauth_") && seen.has(pair);
    seen.add(pair);
    return !isRepeated;
  });
}

/** "A parameter MUST NOT appear more than once per request" (RFC 5849 section 3.1). */
function hasTwice(all: readonly (readonly [string, string])[]): boolean {
  const names = all.map(([name]) => name).filter((name) => name.startsWith("oauth_"));
  return new Set(names).size !== names.length;
}

function formPairs(text: string): [string, string][] {
  return [...new URLSearchParams(text)];
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
