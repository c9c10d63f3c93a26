import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCertificate } from "../certificate.ts";
import type { Certificate } from "../contracts.ts";
import { createMemoryEntra } from "../portal/testing/memory-entra.ts";
import { type ScmWorld, startScm } from "./scm.ts";
import type { Scm } from "./world.ts";

const TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const [OPEN, CLOSED, FETCHING] = ["/sites/open", "/sites/closed", "/sites/fetching"];
const WEBSITE_CONTRIBUTOR = "de139f84-1756-47ae-9be6-808fbbe84772";
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const MANAGEMENT = "https://management.azure.com";
const PUBLISH = "/api/publish?type=zip";
const ZIP = Buffer.from(zipSync({ "server.js": Buffer.from("1") }));
const entra = createMemoryEntra(TENANT);

let directory: string;
let certificate: Certificate;
let scms: Record<string, Scm>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "scm-"));
  certificate = await createCertificate(directory);
  const site = (id: string, isScmOpen: boolean, value: string) => ({
    id,
    isScmOpen,
    settings: [{ name: "WEBSITE_RUN_FROM_PACKAGE", value }],
  });
  const world: ScmWorld = {
    certificate,
    entra,
    tenantId: TENANT,
    assignments: [
      { principalId: "deployer", roleId: WEBSITE_CONTRIBUTOR, scope: "/" },
      { principalId: "reader", roleId: READER, scope: "/" },
    ],
    sites: [
      site(OPEN, true, "1"),
      site(CLOSED, false, "1"),
      site(FETCHING, true, "https://a.blob.core.windows.net/packages/app.zip"),
    ],
  };
  scms = {
    [OPEN]: await startScm(world, OPEN),
    [CLOSED]: await startScm(world, CLOSED),
    [FETCHING]: await startScm(world, FETCHING),
  };
});

afterAll(async () => {
  await Promise.all(Object.values(scms).map((scm) => scm.close()));
  await rm(directory, { recursive: true, force: true });
});

const bearer = async (claims: object) =>
  `Bearer ${await entra.issue({ tid: TENANT, aud: MANAGEMENT, oid: "deployer", ...claims })}`;
const basic = async () => `Basic ${Buffer.from("$site:password").toString("base64")}`;

test.each<[what: string, site: string, credential: () => Promise<string>, status: number]>([
  ["basic credentials", OPEN, basic, 401],
  ["nobody", OPEN, async () => "", 401],
  ["a token for storage", OPEN, () => bearer({ aud: "https://storage.azure.com" }), 401],
  ["a token of another tenant", OPEN, () => bearer({ tid: "other" }), 401],
  ["somebody who may only read", OPEN, () => bearer({ oid: "reader" }), 403],
  ["whoever asks while the scm site is closed", CLOSED, () => bearer({}), 403],
  ["a package for a site that fetches its own", FETCHING, () => bearer({}), 409],
])("refuses %s", async (_what, site, credential, status) => {
  expect(await publish(site, PUBLISH, { authorization: await credential() })).toBe(status);
  expect(scms[site]?.package()).toBeUndefined();
});

test.each([
  ["another type", "/api/publish?type=war", ZIP, 400],
  ["another path", "/api/zipdeploy", ZIP, 404],
  ["what is no zip", PUBLISH, Buffer.from("zip"), 400],
])("refuses %s", async (_what, path, body, status) => {
  expect(await publish(OPEN, path, { authorization: await bearer({}), body })).toBe(status);
});

test("takes the package of somebody who may write the site", async () => {
  expect(await publish(OPEN, PUBLISH, { authorization: await bearer({}) })).toBe(200);
  expect(scms[OPEN]?.package()).toEqual(ZIP);
});

async function publish(
  site: string,
  path: string,
  { authorization, body = ZIP }: { authorization: string; body?: Buffer },
): Promise<number | undefined> {
  const ca = await readFile(certificate.caFile);
  const headers = { authorization, "content-type": "application/zip" };
  return new Promise((resolve, reject) => {
    const sent = request(`https://${scms[site]?.host}${path}`, { ca, method: "POST", headers });
    sent.once("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
