import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";

import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { runNode } from "../azure/testing/run-node.ts";
import { createCertificate } from "../certificate.ts";
import type { Certificate } from "../contracts.ts";
import { startEntra } from "./entra.ts";
import type { Entra } from "./entra.ts";

const TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const CLIENT = "0f3a5c5a-3f5e-4f43-8f0e-5b3a8f8c2d11";
const RESOURCE = "https://microsoft.onmicrosoft.com/4e476d41-2395-42be-89ff-34cb9186a1ac";
const V1_ISSUER = `https://sts.windows.net/${TENANT}/`;
const V2_ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;

let directory: string;
let certificate: Certificate;
let entra: Entra;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "entra-"));
  certificate = await createCertificate(directory);
  entra = await startEntra({ certificate, tenantId: TENANT });
  entra.registerClient(CLIENT, "s+cret&");
  entra.consent("570d0bec-d001-4c4e-985e-3ab17fdc3073");
});

afterAll(async () => {
  await entra.close();
  await rm(directory, { recursive: true, force: true });
});

const SENDER = { grant_type: "client_credentials", client_id: CLIENT, client_secret: "s+cret&" };

test("an Azure client signs in through the endpoint", async () => {
  const token = z.string().parse(await askAsAzureClient("s+cret&"));
  expect(await entra.verify(token)).toMatchObject({ aud: RESOURCE, iss: V2_ISSUER, tid: TENANT });
});

test("an Azure client with a wrong secret reads why", async () => {
  expect(JSON.stringify(await askAsAzureClient("wrong"))).toContain("AADSTS7000215");
});

test("the v2 endpoint gives a token that names the client as azp", async () => {
  const { status, body } = await call(token2, { ...SENDER, scope: `${RESOURCE}/.default` });
  expect(status).toBe(200);
  expect(body).toMatchObject({ token_type: "Bearer", expires_in: 3599 });
  const claims = decodeJwt(z.string().parse(body["access_token"]));
  expect(claims).toMatchObject({ aud: RESOURCE, iss: V2_ISSUER, azp: CLIENT, ver: "2.0" });
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600);
});

test("the v1 endpoint gives a token that names the client as appid", async () => {
  const { body } = await call(token1, { ...SENDER, resource: RESOURCE });
  expect(body).toMatchObject({ token_type: "Bearer", expires_in: "3599", resource: RESOURCE });
  const claims = decodeJwt(z.string().parse(body["access_token"]));
  expect(claims).toMatchObject({ aud: RESOURCE, iss: V1_ISSUER, appid: CLIENT, ver: "1.0" });
});

test("a second password of a client is as good as the first", async () => {
  entra.registerClient(CLIENT, "second");
  const form = { ...SENDER, client_secret: "second", scope: `${RESOURCE}/.default` };
  expect((await call(token2, form)).status).toBe(200);
});

test("an error has Entra's shape", async () => {
  const form = { ...SENDER, client_secret: "no", scope: `${RESOURCE}/.default` };
  const { status, body } = await call(token2, form);
  expect(status).toBe(401);
  expect(body).toMatchObject({
    error: "invalid_client",
    error_codes: [7000215],
  });
  expect(body["error_description"]).toMatch(
    /^AADSTS7000215: Invalid client secret provided\. .*Trace ID: /,
  );
  expect(JSON.stringify(body)).not.toContain("s+cret");
});

test("nobody gets a token for another tenant's application before consent to it", async () => {
  const other = await startEntra({ certificate, tenantId: TENANT });
  other.registerClient(CLIENT, "s+cret&");
  const ask = () => askAsAzureClient("s+cret&", other);
  expect(JSON.stringify(await ask())).toContain("AADSTS500011");
  other.consent(CLIENT);
  expect(JSON.stringify(await ask())).toContain("AADSTS500011");
  other.consent("570d0bec-d001-4c4e-985e-3ab17fdc3073");
  expect(await other.verify(z.string().parse(await ask()))).toMatchObject({ aud: RESOURCE });
  await other.close();
});

test("another tenant is unknown", async () => {
  const { status, body } = await call(() => `/${CLIENT}/oauth2/v2.0/token`, SENDER);
  expect(status).toBe(400);
  expect(body).toMatchObject({ error: "invalid_request", error_codes: [90002] });
});

describe.each([
  ["v2", "v2.0/", V2_ISSUER],
  ["v1", "", V1_ISSUER],
])("The metadata of %s", (_, folder, issuer) => {
  test("names the public issuer and keys that verify", async () => {
    const { body } = await call(() => `/${TENANT}/${folder}.well-known/openid-configuration`);
    expect(body["issuer"]).toBe(issuer);
    const address = new URL(z.string().parse(body["jwks_uri"]));
    expect(address.origin).toBe(entra.url);
    const keys = await call(() => address.pathname);
    const known = createLocalJWKSet(
      z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }).parse(keys.body),
    );
    const token = await entra.issue({ iss: issuer, aud: "me" });
    expect((await jwtVerify(token, known, { issuer, audience: "me" })).payload.aud).toBe("me");
    expect(decodeProtectedHeader(token).alg).toBe("RS256");
  });
});

describe("A token", () => {
  test("of the tenant is verified", async () => {
    expect(await entra.verify(await entra.issue({ sub: "x" }))).toMatchObject({ sub: "x" });
  });

  test("that has expired is not", async () => {
    const token = await entra.issue({ exp: Math.floor(Date.now() / 1000) - 1 });
    await expect(entra.verify(token)).rejects.toThrow("exp");
  });

  test("of another signer is not", async () => {
    const other = await startEntra({ certificate, tenantId: TENANT });
    const token = await other.issue({ sub: "x" });
    await other.close();
    await expect(entra.verify(token)).rejects.toThrow("signature");
  });
});

describe("A federated credential", () => {
  const audience = "api://AzureADTokenExchange";
  const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

  test.each([
    ["of the identity that is trusted", "principal", 200],
    ["of another identity", "somebody", 401],
  ])("takes a token %s: %s", async (_, subject, expected) => {
    entra.registerFederatedCredential(CLIENT, {
      issuer: V2_ISSUER,
      subject: "principal",
      audiences: [audience],
    });
    const assertion = await entra.issue({ iss: V2_ISSUER, sub: subject, aud: audience });
    const { status } = await call(token2, {
      grant_type: "client_credentials",
      client_id: CLIENT,
      client_assertion_type: type,
      client_assertion: assertion,
      scope: `${RESOURCE}/.default`,
    });
    expect(status).toBe(expected);
  });
});

const token1 = () => `/${TENANT}/oauth2/token`;
const token2 = () => `/${TENANT}/oauth2/v2.0/token`;

async function askAsAzureClient(secret: string, { url } = entra): Promise<unknown> {
  const parameters = [url, TENANT, CLIENT, secret, `${RESOURCE}/.default`];
  const env = { NODE_EXTRA_CA_CERTS: certificate.caFile };
  return runNode(join(import.meta.dirname, "testing/ask-token.ts"), parameters, env);
}

/** GET without a form, POST with one. */
async function call(path: () => string, form?: Record<string, string>) {
  const ca = await readFile(certificate.caFile);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    const method = form ? "POST" : "GET";
    const sent = request(`${entra.url}${path()}`, { ca, method, headers }, (answer) => {
      json(answer)
        .then((body) => z.record(z.string(), z.unknown()).parse(body))
        .then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
    });
    sent.once("error", reject);
    sent.end(form && new URLSearchParams(form).toString());
  });
}
