import { SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createIssuer, GOOD_CLAIMS } from "../testing/entra-tokens.ts";
import { TEST_SECRETS } from "../testing/environment.ts";
import { type Harness, startHarness } from "../testing/harness.ts";
import { as, basic } from "../testing/platform-calls.ts";
import { PLATFORM_APP_ID } from "./authenticate.ts";

const { v1, v2 } = GOOD_CLAIMS;
const OTHER_TENANT = "99999999-9999-4999-8999-999999999999";
const NOW_S = Math.floor(Date.now() / 1000);

let harness: Harness;
let tries = 0;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

describe("Basic", () => {
  it.each<[string, string, number]>([
    ["the tenant and the secret, which has a colon in it", basic(), 200],
    ["the scheme in another case", basic().replace("Basic", "bAsIc"), 200],
    ["the tenant in upper case", basic(undefined, harnessTenant().toUpperCase()), 200],
    ["a wrong secret", basic("wrong"), 401],
    ["the secret up to its colon", basic(TEST_SECRETS.API_SECRET_KEY.split(":")[0]), 401],
    ["an empty secret", basic(""), 401],
    ["the secret and more", basic(`${TEST_SECRETS.API_SECRET_KEY}x`), 401],
    ["another tenant", basic(undefined, OTHER_TENANT), 401],
    ["no tenant", basic(undefined, ""), 401],
    ["no colon", `Basic ${Buffer.from(harnessTenant()).toString("base64")}`, 401],
    ["what is not base64", `Basic ${harnessTenant()}:${TEST_SECRETS.API_SECRET_KEY}`, 401],
    ["bytes that are no UTF-8", `Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString("base64")}`, 401],
    ["a name that is not ASCII", basic("geheimer Schlüssel ☃"), 401],
    ["nothing after the scheme", "Basic", 401],
    ["an unknown scheme", basic().replace("Basic", "Digest"), 401],
  ])("answers to %s as it has to", async (_title, authorization, status) => {
    expect((await validate(authorization)).status).toBe(status);
  });

  it("takes a secret that is not ASCII, in UTF-8", async () => {
    const secret = "geheimer Schlüssel ☃ 0123456789abcdef";
    const other = await startHarness({ settings: { API_SECRET_KEY: secret } });
    const response = await other.app.request("/setup/Validate", as(basic(secret)));
    await other.close();
    expect(response.status).toBe(200);
  });
});

describe("Bearer", () => {
  it.each<[string, Record<string, unknown>]>([
    ["version 1", v1],
    ["version 2", v2],
    ["version 1 for the bare client id", { ...v1, aud: v2.aud }],
    ["both names of the caller, the same", { ...v1, azp: PLATFORM_APP_ID }],
    ["an app's kind (idtyp) and roles", { ...v1, idtyp: "app", roles: ["Connector.Call"] }],
    ["an end within the clock's tolerance", { ...v1, exp: NOW_S - 20 }],
  ])("accepts a token with %s", async (_title, claims) => {
    expect((await validate(await bearer(claims))).status).toBe(200);
  });

  it.each<[string, Record<string, unknown>]>([
    ["another audience", { ...v1, aud: "api://another" }],
    ["no audience", { ...v1, aud: undefined }],
    ["the issuer of another tenant", { ...v1, iss: `https://sts.windows.net/${OTHER_TENANT}/` }],
    ["an issuer that begins like ours", { ...v1, iss: `${v1.iss}../${OTHER_TENANT}/` }],
    ["no issuer", { ...v1, iss: undefined }],
    ["another tenant", { ...v1, tid: OTHER_TENANT }],
    ["no tenant", { ...v1, tid: undefined }],
    ["an end that is over", { ...v1, exp: NOW_S - 120 }],
    ["no end", { ...v1, exp: undefined }],
    ["a beginning that is to come", { ...v1, nbf: NOW_S + 600 }],
    ["another caller (appid)", { ...v1, appid: "33333333-3333-4333-8333-333333333333" }],
    ["a caller that only contains the platform's id", { ...v1, appid: `x${PLATFORM_APP_ID}x` }],
    ["a caller in part", { ...v1, appid: PLATFORM_APP_ID.slice(0, 8) }],
    ["another caller (azp)", { ...v2, azp: "33333333-3333-4333-8333-333333333333" }],
    ["two callers that differ", { ...v1, azp: "33333333-3333-4333-8333-333333333333" }],
    ["no caller", { ...v1, appid: undefined }],
    ["a list as caller", { ...v1, appid: [PLATFORM_APP_ID] }],
    ["a person behind the platform (scp)", { ...v1, scp: "user_impersonation" }],
    ["a person behind the platform (scp, version 2)", { ...v2, scp: "access_as_user" }],
    ["an scp with nothing in it", { ...v2, scp: "" }],
    ["a user's kind (idtyp)", { ...v1, idtyp: "user" }],
  ])("refuses a token with %s", async (_title, claims) => {
    await expectRefused(await bearer(claims));
  });

  it("refuses a token without signature (alg none)", async () => {
    await expectRefused(`Bearer ${new UnsecuredJWT({ ...v1, exp: NOW_S + 600 }).encode()}`);
  });

  it("refuses a token that is signed with the public key as a secret (HS256)", async () => {
    const token = await new SignJWT({ ...v1, exp: NOW_S + 600 })
      .setProtectedHeader({ alg: "HS256", kid: "entra" })
      .sign(Buffer.from(harness.issuer.publicPem));
    await expectRefused(`Bearer ${token}`);
  });

  it("refuses a token of another signing key that goes by the same name", async () => {
    await expectRefused(`Bearer ${await (await createIssuer()).issue(v1)}`);
  });

  it("refuses what is no token", async () => {
    await expectRefused("Bearer a.b.c");
  });
});

describe("A refusal", () => {
  it.each<[string, string | undefined]>([
    ["no credential", undefined],
    ["a wrong one", basic("wrong")],
  ])("names both schemes to a caller with %s, and says no more", async (_title, authorization) => {
    await expectRefused(authorization);
  });

  it.each([
    ["GET", "/setup/Validate"],
    ["GET", "/job/IsCreated?jobId=job-1"],
    ["DELETE", "/job/OnDeleted?jobId=job-1"],
    ["GET", "/job/OnRemediation?jobId=job-1&remediationType=Relogin"],
    ["POST", "/data/OnDownloadRequest"],
  ])("is what %s %s answers without a credential", async (method, path) => {
    const response = await harness.app.request(path, as(undefined, method));
    expect(response.status).toBe(401);
  });
});

function harnessTenant(): string {
  return v1.tid;
}

async function bearer(claims: Record<string, unknown>): Promise<string> {
  return `Bearer ${await harness.issuer.issue(claims)}`;
}

/** Each try comes from an address of its own: those of one are counted (wrong-tries.test.ts). */
async function validate(authorization: string | undefined): Promise<Response> {
  tries += 1;
  const address = `198.51.100.${tries}`;
  const headers = {
    "x-forwarded-for": address,
    ...(authorization !== undefined && { authorization }),
  };
  return harness.app.request("/setup/Validate", { headers });
}

async function expectRefused(authorization: string | undefined): Promise<void> {
  const response = await validate(authorization);
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe(
    'Basic realm="connector", charset="UTF-8", Bearer realm="connector"',
  );
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toEqual({ title: "Unauthorized", status: 401 });
}
