import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEST_SECRETS } from "../testing/environment.ts";
import { type Harness, ORIGIN, startHarness } from "../testing/harness.ts";
import { as, basic, downloadRequest, postJson } from "../testing/platform-calls.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const PASSWORD = new URLSearchParams({ password: TEST_SECRETS.API_SECRET_KEY }).toString();
const OWN_FORM = { method: "POST", headers: { ...FORM, origin: ORIGIN }, body: PASSWORD };
const FOREIGN_FORM = { ...OWN_FORM, headers: { ...FORM, origin: "https://evil.example" } };

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.addJob("job-1");
});
afterAll(() => harness.close());

describe("The security headers stand on every answer:", () => {
  it.each<[string, number, string, RequestInit]>([
    ["to a program", 200, "/healthz", {}],
    ["to HEAD", 200, "/healthz", { method: "HEAD" }],
    ["to a person", 200, "/", {}],
    ["without a body", 200, "/data/OnDownloadRequest", postJson(downloadRequest())],
    ["that leads on", 303, "/", OWN_FORM],
    ["to what cannot be read", 400, "/job/IsCreated", as(basic())],
    ["to no credential", 401, "/setup/Validate", {}],
    ["to a form of another site", 403, "/", FOREIGN_FORM],
    ["about what there is not", 404, "/nothing", {}],
    ["to a wrong method", 405, "/", { method: "PUT" }],
    ["where the app failed", 500, "/job/IsCreated?jobId=job-2", as(basic())],
  ])("%s (%i)", async (_title, status, path, init) => {
    if (status === 500) {
      harness.store.read = () => Promise.reject(new Error("broken"));
    }
    const response = await harness.app.request(path, init);
    expect(response.status).toBe(status);
    const { "content-security-policy": policy, ...headers } = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "cross-origin-opener-policy": "unsafe-none",
      "cross-origin-resource-policy": "same-origin",
      "origin-agent-cluster": "?1",
      "permissions-policy": "camera=(), microphone=(), geolocation=()",
      "referrer-policy": "no-referrer",
      "strict-transport-security": "max-age=31536000; includeSubDomains",
      "x-content-type-options": "nosniff",
      "x-dns-prefetch-control": "off",
      "x-download-options": "noopen",
      "x-frame-options": "DENY",
      "x-permitted-cross-domain-policies": "none",
      "x-xss-protection": "0",
    });
    expect(policy).toMatch(/^default-src 'none'; style-src 'nonce-[\w-]{36}'; .*base-uri 'none'$/);
  });
});
