import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTVerifyGetKey, SignJWT } from "jose";
import { PLATFORM_APP_ID } from "../import-service/authenticate.ts";
import { testEnvironment } from "./environment.ts";

const { TENANT_ID = "", AZURE_APP_ID = "" } = testEnvironment();

/** What an Entra token of either version says when the platform calls this connector. */
export const GOOD_CLAIMS = {
  v1: {
    iss: `https://sts.windows.net/${TENANT_ID}/`,
    aud: `api://${AZURE_APP_ID}`,
    tid: TENANT_ID,
    appid: PLATFORM_APP_ID,
  },
  v2: {
    iss: `https://login.microsoftonline.com/${TENANT_ID}/v2.0`,
    aud: AZURE_APP_ID,
    tid: TENANT_ID,
    azp: PLATFORM_APP_ID,
  },
};

export type Issuer = {
  keys: JWTVerifyGetKey;
  publicPem: string;
  issue: (claims: Record<string, unknown>) => Promise<string>;
};

/** Signs tokens as Entra does, with a key of its own: two issuers do not know each other. */
export async function createIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "entra", alg: "RS256", use: "sig" };
  return {
    keys: createLocalJWKSet({ keys: [jwk] }),
    publicPem: JSON.stringify(jwk),
    issue: (claims) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iat: now, nbf: now, exp: now + 3600, ...claims })
        .setProtectedHeader({ alg: "RS256", kid: "entra", typ: "JWT" })
        .sign(privateKey);
    },
  };
}
