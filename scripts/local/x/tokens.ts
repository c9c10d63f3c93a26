import { randomBytes } from "node:crypto";

export type RequestToken = { token: string; secret: string; verifier?: string; userId?: string };
export type AccessToken = { token: string; secret: string; userId: string };

export type KnownToken =
  | { kind: "request"; request: RequestToken }
  | { kind: "user"; access: AccessToken }
  | { kind: "revoked"; access: AccessToken };

/** Request and access tokens of one developer app; access tokens do not expire (docs/x-api.md#sign-in). */
export class Tokens {
  readonly #known = new Map<string, KnownToken>();

  constructor(ownAccess: AccessToken) {
    this.#known.set(ownAccess.token, { kind: "user", access: ownAccess });
  }

  find(token: string): KnownToken | undefined {
    return this.#known.get(token);
  }

  createRequestToken(): RequestToken {
    const request = { token: secretText(), secret: secretText() };
    this.#known.set(request.token, { kind: "request", request });
    return request;
  }

  /** A request token that still waits for the user's decision. */
  pendingRequest(token: string): RequestToken | undefined {
    const known = this.#known.get(token);
    return known?.kind === "request" && known.request.verifier === undefined
      ? known.request
      : undefined;
  }

  /** The user has agreed; the verifier is for the callback. */
  authorize(request: RequestToken, userId: string): string {
    const verifier = secretText();
    this.#known.set(request.token, { kind: "request", request: { ...request, verifier, userId } });
    return verifier;
  }

  deny(request: RequestToken): void {
    this.#known.delete(request.token);
  }

  /** Turns an authorized request token into an access token; works once, undefined otherwise. */
  exchange(request: RequestToken, verifier: string | undefined): AccessToken | undefined {
    const { userId } = request;
    if (userId === undefined || request.verifier === undefined || request.verifier !== verifier) {
      return undefined;
    }
    this.#known.delete(request.token);
    const access = { token: `${userId}-${secretText()}`, secret: secretText(), userId };
    this.#known.set(access.token, { kind: "user", access });
    return access;
  }

  revoke(access: AccessToken): void {
    this.#known.set(access.token, { kind: "revoked", access });
  }
}

function secretText(): string {
  return randomBytes(24).toString("base64url");
}
