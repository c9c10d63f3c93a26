import { hash, timingSafeEqual } from "node:crypto";
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Settings } from "../settings.ts";

/** The Import service's own application id: only it may call with an Entra token. */
export const PLATFORM_APP_ID = "570d0bec-d001-4c4e-985e-3ab17fdc3073";
const CLOCK_TOLERANCE_SECONDS = 60;

type Trusted = Pick<Settings, "TENANT_ID" | "AZURE_APP_ID" | "API_SECRET_KEY">;
/** `undecided`: Entra's keys cannot be had, so that nobody can say whether a token is right. */
export type Verdict = "trusted" | "wrong" | "undecided";
export type Authenticate = (authorization: string) => Promise<Verdict>;

/**
 * Checks the platform's credential, either of: Basic `tenantId:APISecretKey` (RFC 7617), or a
 * Bearer token of Entra for this connector, from the platform's application
 * (docs/portal-contract.md#authentication).
 */
export function createAuthenticate(trusted: Trusted, keys: JWTVerifyGetKey): Authenticate {
  return async (authorization) => {
    const [scheme = "", credential = ""] = authorization.split(/\s+(.*)/s);
    switch (scheme.toLowerCase()) {
      case "basic":
        return isBasicValid(credential, trusted) ? "trusted" : "wrong";
      case "bearer":
        return judgeBearer(credential, trusted, keys);
      default:
        return "wrong";
    }
  };
}

/** Compares in a time that tells nothing of the secret, whatever the lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function isBasicValid(credential: string, { TENANT_ID, API_SECRET_KEY }: Trusted): boolean {
  const decoded = Buffer.from(credential, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  const tenantMatches = isSameSecret(
    decoded.slice(0, colon).toLowerCase(),
    TENANT_ID.toLowerCase(),
  );
  const secretMatches = isSameSecret(decoded.slice(colon + 1), API_SECRET_KEY);
  return colon >= 0 && tenantMatches && secretMatches;
}

/** The key set was had, and has no key for such a token. */
const NO_SUCH_KEY = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
];

async function judgeBearer(
  token: string,
  { TENANT_ID, AZURE_APP_ID }: Trusted,
  keys: JWTVerifyGetKey,
): Promise<Verdict> {
  let isUnreachable = false;
  const reached: JWTVerifyGetKey = async (...asked) => {
    try {
      return await keys(...asked);
    } catch (error) {
      isUnreachable = !NO_SUCH_KEY.some((kind) => error instanceof kind);
      throw error;
    }
  };
  try {
    const { payload } = await jwtVerify(token, reached, {
      algorithms: ["RS256"],
      audience: [AZURE_APP_ID, `api://${AZURE_APP_ID}`],
      issuer: [
        `https://sts.windows.net/${TENANT_ID}/`,
        `https://login.microsoftonline.com/${TENANT_ID}/v2.0`,
      ],
      requiredClaims: ["exp", "tid"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    const isRight =
      payload["tid"] === TENANT_ID && isFromPlatform(payload) && !isDelegated(payload);
    return isRight ? "trusted" : "wrong";
  } catch {
    return isUnreachable ? "undecided" : "wrong";
  }
}

/** `appid` in tokens of version 1, `azp` in those of version 2; equal, not just contained. */
function isFromPlatform({ appid, azp }: JWTPayload): boolean {
  const callers = [appid, azp].filter((caller) => caller !== undefined);
  return callers.length > 0 && callers.every((caller) => caller === PLATFORM_APP_ID);
}

/**
 * A token that an app got for a person (`scp`): whoever signs in to that app has one. The platform
 * calls as itself. `idtyp` is optional, and says the same (learn.microsoft.com/entra/identity-platform/
 * access-token-claims-reference).
 */
function isDelegated({ scp, idtyp = "app" }: JWTPayload): boolean {
  return scp !== undefined || idtyp !== "app";
}

function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
