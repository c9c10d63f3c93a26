import { randomBytes } from "node:crypto";
import type { TwitterKeys } from "../contracts.ts";
import { isSignedWith, readOAuth, type SignedRequest } from "./oauth1.ts";

/** X refuses a timestamp that is further from its own clock. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

export type RequestToken = { token: string; secret: string; verifier?: string; userId?: string };
export type AccessToken = { token: string; secret: string; userId: string };

export type Signer =
  | { kind: "app"; parameters: ReadonlyMap<string, string> }
  | { kind: "request"; request: RequestToken; parameters: ReadonlyMap<string, string> }
  | { kind: "user"; access: AccessToken; parameters: ReadonlyMap<string, string> }
  | { kind: "refused"; why: "unauthorized" | "revoked" };

export type Credentials = ReturnType<typeof createCredentials>;

const REFUSED: Signer = { kind: "refused", why: "unauthorized" };

/** The tokens of one developer app and of the users that authorized it. */
export function createCredentials(options: {
  keys: TwitterKeys;
  accountId: string;
  now: () => number;
}) {
  const { keys, accountId, now } = options;
  const requests = new Map<string, RequestToken>();
  const accesses = new Map<string, AccessToken>();
  const revoked = new Map<string, AccessToken>();
  const nonces = new Map<string, number>();
  accesses.set(keys.twitterAccessToken, {
    token: keys.twitterAccessToken,
    secret: keys.twitterAccessTokenSecret,
    userId: accountId,
  });

  /** Who signed the request. Each check is made whatever the others say, so that the work is equal. */
  function identify(request: SignedRequest): Signer {
    const oauth = readOAuth(request);
    if (oauth === undefined) {
      return REFUSED;
    }
    const token = oauth.token ?? "";
    const known = accesses.get(token) ?? revoked.get(token) ?? requests.get(token);
    const secrets = { consumer: keys.twitterApiSecretKey, token: known?.secret ?? "" };
    const signed = isSignedWith(request, oauth, secrets);
    const fresh = isFresh(
      `${oauth.timestamp} ${oauth.consumerKey} ${oauth.nonce}`,
      oauth.timestamp,
    );
    if (!signed || !fresh || oauth.consumerKey !== keys.twitterApiKey) {
      return REFUSED;
    }
    return signerOf(oauth.token, new Map(oauth.all));
  }

  function signerOf(token: string | undefined, parameters: ReadonlyMap<string, string>): Signer {
    if (token === undefined) {
      return { kind: "app", parameters };
    }
    if (revoked.has(token)) {
      return { kind: "refused", why: "revoked" };
    }
    const access = accesses.get(token);
    const request = requests.get(token);
    if (access !== undefined) {
      return { kind: "user", access, parameters };
    }
    return request === undefined ? REFUSED : { kind: "request", request, parameters };
  }

  /** A nonce counts once per timestamp and consumer (RFC 5849 section 3.3). */
  function isFresh(use: string, timestamp: string): boolean {
    const oldest = now() - MAX_CLOCK_SKEW_MS;
    const at = Number(timestamp) * 1000;
    const isNew = !nonces.has(use);
    const isInTime = Math.abs(now() - at) <= MAX_CLOCK_SKEW_MS;
    if (isInTime) {
      nonces.set(use, at);
    }
    // Entries are in the order of arrival: the first that is young enough ends the sweep.
    for (const [known, knownAt] of nonces) {
      if (knownAt >= oldest - MAX_CLOCK_SKEW_MS) {
        break;
      }
      nonces.delete(known);
    }
    return isNew && isInTime;
  }

  return {
    identify,

    createRequestToken(): RequestToken {
      const request = { token: secretText(), secret: secretText() };
      requests.set(request.token, request);
      return request;
    },

    /** A request token that still waits for the user's decision. */
    pendingRequest(token: string): RequestToken | undefined {
      const request = requests.get(token);
      return request?.verifier === undefined ? request : undefined;
    },

    authorize(request: RequestToken, userId: string): string {
      const verifier = secretText();
      requests.set(request.token, { ...request, verifier, userId });
      return verifier;
    },

    deny(request: RequestToken): void {
      requests.delete(request.token);
    },

    /** Turns an authorized request token into an access token; works once, undefined otherwise. */
    exchange(request: RequestToken, verifier: string | undefined): AccessToken | undefined {
      const { userId } = request;
      if (userId === undefined || request.verifier === undefined || request.verifier !== verifier) {
        return undefined;
      }
      requests.delete(request.token);
      const access = { token: `${userId}-${secretText()}`, secret: secretText(), userId };
      accesses.set(access.token, access);
      return access;
    },

    revoke(access: AccessToken): void {
      accesses.delete(access.token);
      revoked.set(access.token, access);
    },
  };
}

function secretText(): string {
  return randomBytes(24).toString("base64url");
}
