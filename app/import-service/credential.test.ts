import { once } from "node:events";
import https from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Entra, startEntra } from "../../scripts/local/entra/entra.ts";
import { TEST_SECRETS, testSettings } from "../testing/environment.ts";
import {
  createTrustedCertificate,
  type TrustedCertificate,
} from "../testing/trusted-certificate.ts";
import { answerInTime, createAppCredential } from "./credential.ts";
import { PLATFORM_APP_ID } from "./authenticate.ts";
import { PLATFORM_RESOURCE } from "./client.ts";

const { TENANT_ID, AZURE_APP_ID } = testSettings();
const SCOPE = `${PLATFORM_RESOURCE}/.default`;
const IDENTITY = "44444444-4444-4444-8444-444444444444";

let certificate: TrustedCertificate;
let entra: Entra;
let asked: string[];
beforeEach(async () => {
  certificate = await createTrustedCertificate();
  await certificate.trust();
  entra = await startEntra({ certificate, tenantId: TENANT_ID });
  entra.consent(PLATFORM_APP_ID);
  asked = [];
});
afterEach(async () => {
  await entra.close();
  await certificate.close();
});

/** The registration's credential; the site's managed identity is `subject`. */
function credentialOf(
  AZURE_APP_SECRET: string | undefined,
  { subject = IDENTITY, ENTRA_URL = entra.url } = {},
) {
  const iss = `${entra.url}/${TENANT_ID}/v2.0`;
  const identity = {
    async getToken(scope: string | string[]) {
      asked.push(...[scope].flat());
      const token = await entra.issue({ iss, sub: subject, aud: "api://AzureADTokenExchange" });
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  const settings = { TENANT_ID, AZURE_APP_ID, AZURE_APP_SECRET, ENTRA_URL };
  return createAppCredential(settings, identity);
}

async function claimsOf(credential: ReturnType<typeof credentialOf>) {
  const token = await credential.getToken(SCOPE);
  return entra.verify(token?.token ?? "");
}

describe("A token that does not come in time is none:", () => {
  it.each([
    ["Entra is silent to a secret", (url: string) => credentialOf("secret", { ENTRA_URL: url })],
    [
      "Entra is silent to an assertion",
      (url: string) => credentialOf(undefined, { ENTRA_URL: url }),
    ],
    ["a managed identity is silent", () => ({ getToken: () => new Promise<never>(() => {}) })],
  ])("%s", async (_what, make) => {
    const { key, cert } = certificate;
    const silent = https.createServer({ key, cert }, () => {});
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const asking = answerInTime(make(`https://127.0.0.1:${port}`), 100).getToken(SCOPE);
    await expect(asking).rejects.toThrow("No token in time");
    silent.closeAllConnections();
    silent.close();
  });

  it("one that comes in time is one", async () => {
    entra.registerClient(AZURE_APP_ID, TEST_SECRETS.AZURE_APP_SECRET);
    const credential = answerInTime(credentialOf(TEST_SECRETS.AZURE_APP_SECRET));
    expect(await claimsOf(credential)).toMatchObject({ aud: PLATFORM_RESOURCE });
  });
});

describe("The registration's credential", () => {
  it("is its client secret, where it has one; the managed identity is not asked", async () => {
    entra.registerClient(AZURE_APP_ID, TEST_SECRETS.AZURE_APP_SECRET);
    expect(await claimsOf(credentialOf(TEST_SECRETS.AZURE_APP_SECRET))).toMatchObject({
      aud: PLATFORM_RESOURCE,
      tid: TENANT_ID,
    });
    expect(asked).toEqual([]);
  });

  it("is a token of the managed identity that the registration trusts, where it has none", async () => {
    trustIdentity();
    expect(await claimsOf(credentialOf(undefined))).toMatchObject({
      aud: PLATFORM_RESOURCE,
      tid: TENANT_ID,
    });
    expect([...new Set(asked)]).toEqual(["api://AzureADTokenExchange/.default"]);
  });

  it.each([
    ["another secret", () => credentialOf("another-secret-0123456789")],
    [
      "another identity",
      () => credentialOf(undefined, { subject: "55555555-5555-4555-8555-555555555555" }),
    ],
  ])("is refused with %s", async (_what, make) => {
    entra.registerClient(AZURE_APP_ID, TEST_SECRETS.AZURE_APP_SECRET);
    trustIdentity();
    await expect(make().getToken(SCOPE)).rejects.toThrow(/AADSTS\d+/);
  });

  function trustIdentity() {
    entra.registerFederatedCredential(AZURE_APP_ID, {
      issuer: `${entra.url}/${TENANT_ID}/v2.0`,
      subject: IDENTITY,
      audiences: ["api://AzureADTokenExchange"],
    });
  }
});
