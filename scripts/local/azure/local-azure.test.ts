import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { createCertificate } from "../certificate.ts";
import type { LocalAzure, LocalSite, PlatformContainer } from "../contracts.ts";
import { startEntra } from "../entra/entra.ts";
import type { Entra } from "../entra/entra.ts";
import { evaluateProgram } from "./evaluate-program.ts";
import { startLocalAzure } from "./resource-manager.ts";
import { runNode } from "./testing/run-node.ts";

const TESTING = join(import.meta.dirname, "testing");
const TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

let directory: string;
let entra: Entra;
let azure: LocalAzure;
let outputs: Record<string, unknown>;
let site: LocalSite;
let env: Record<string, string>;
let platform: PlatformContainer;
let createOnly: PlatformContainer;
let tried: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "local-azure-"));
  const certificate = await createCertificate(directory);
  entra = await startEntra({ certificate, tenantId: TENANT });
  azure = await startLocalAzure({ certificate, entra, directory });
  outputs = await evaluateProgram({
    azure,
    config: { "tiny:package": await writePackage(), "tiny:shut": "never seen" },
    secretKeys: ["tiny:shut"],
    project: "tiny",
    stack: "local",
    program: join(TESTING, "tiny-program.ts"),
  });
  [site] = z
    .tuple([z.custom<LocalSite>()])
    .parse(await azure.startSites({ server: await readServer(`"up"`, `"sabotaged"`) }));
  env = z.record(z.string(), z.string()).parse(await (await fetch(`${site.url}/env`)).json());
  platform = await azure.createPlatformContainer("job1", new Date(Date.now() + 3_600_000));
  const inAnHour = new Date(Date.now() + 3_600_000);
  createOnly = await azure.createPlatformContainer("job2", inAnHour, "c");
  const given = {
    ...outputs,
    sasUri: platform.sasUri,
    createOnlyUri: createOnly.sasUri,
    authorityHost: entra.url,
    tenantId: TENANT,
  };
  const results = await runNode(join(TESTING, "probe.ts"), [JSON.stringify(given)], env);
  tried = z.record(z.string(), z.string()).parse(results);
});

afterAll(async () => {
  await azure.close();
  await entra.close();
  await rm(directory, { recursive: true, force: true });
});

describe("The site's identity", () => {
  test.each([
    "writes its container",
    "reads its container",
    "lists its container",
    "writes large blocks",
    "creates evidence",
    "reads evidence",
    "creates what is kept",
    "reads what is kept",
    "reads large blobs",
    "reads a package",
    "sends and renews a message",
    "asks with its header",
  ])("%s", (name) => {
    expect(tried[name]).toBe("ok");
  });

  test.each([
    ["writes once", "BlobAlreadyExists"],
    ["writes another container", "AuthorizationPermissionMismatch"],
    ["lists another container", "AuthorizationPermissionMismatch"],
    ["lists containers", "AuthorizationPermissionMismatch"],
    ["creates a container", "AuthorizationPermissionMismatch"],
    ["overwrites a package", "AuthorizationPermissionMismatch"],
    ["creates evidence that is there", "UnauthorizedBlobOverwrite"],
    ["overwrites evidence", "UnauthorizedBlobOverwrite"],
    ["stages a block of evidence", "AuthorizationPermissionMismatch"],
    ["describes evidence", "AuthorizationPermissionMismatch"],
    ["deletes evidence", "AuthorizationPermissionMismatch"],
    ["overwrites what is kept", "BlobImmutableDueToPolicy"],
    ["describes what is kept", "BlobImmutableDueToPolicy"],
    ["deletes what is kept", "BlobImmutableDueToPolicy"],
    ["uses a shared key", "KeyBasedAuthenticationNotPermitted"],
    ["comes with nothing", "NoAuthenticationInformation"],
  ])("is refused when it %s", (name, code) => {
    expect(tried[name]).toBe(code);
  });

  test.each([
    ["asks as an unknown identity", "No User Assigned or Delegated Managed Identity found"],
    ["asks as an identity of others", "No User Assigned or Delegated Managed Identity found"],
    ["asks for another resource", "has no role on any resource of the kind"],
    ["asks with a wrong header", "X-IDENTITY-HEADER"],
  ])("gets no token when it %s", (name, message) => {
    expect(tried[name]).toContain(message);
  });
});

describe("The address of a platform container", () => {
  test("lets the bearer write", async () => {
    expect(tried["writes to the platform"]).toBe("ok");
    expect(await platform.list()).toEqual([{ name: "item", bytes: 1 }]);
    expect((await platform.read("item")).toString()).toBe("x");
  });

  test("that may create does not let the bearer overwrite", async () => {
    expect(tried["creates for the platform"]).toBe("ok");
    expect(tried["overwrites for the platform"]).toBe("UnauthorizedBlobOverwrite");
    expect((await createOnly.read("item")).toString()).toBe("x");
  });

  test.each(["reads from the platform", "lists the platform", "deletes from the platform"])(
    "refuses a bearer who %s",
    (name) => {
      expect(tried[name]).toBe("AuthorizationPermissionMismatch");
    },
  );
});

test("What a provider generates as a secret is one", () => {
  expect(outputs["secrecy"]).toEqual({ password: true, clientSecret: true, clientId: false });
});

test("An application's password signs in", () => {
  expect(tried["signs in as the registered app"]).toBe("ok");
});

test("A secret reaches the site if its identity may read it", () => {
  expect(env["OPEN"]).toBe(outputs["openSecret"]);
  expect(env["OPEN"]).toMatch(/^[A-Za-z0-9]{24}$/);
});

test("A reference to a secret that the identity may not read reaches the site as it is", () => {
  expect(env["SHUT"]).toMatch(/^@Microsoft\.KeyVault\(SecretUri=https:\/\/\w+\.vault\.azure\.net/);
});

test("A site gets nothing of the environment that it was not given", () => {
  // PWD is the shell's; NODE_OPTIONS ends the site with the local system.
  expect(Object.keys(env).sort()).toEqual([
    "CLIENT_ID",
    "HOME",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "NODE_EXTRA_CA_CERTS",
    "NODE_OPTIONS",
    "OPEN",
    "PATH",
    "PORT",
    "PWD",
    "RECORDS_URL",
    "SHUT",
    "TMPDIR",
    "WEBSITE_HOSTNAME",
    "WEBSITE_INSTANCE_ID",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID",
    "WEBSITE_SITE_NAME",
  ]);
});

test("The platform reads the customer's container", async () => {
  const blobs = await Array.fromAsync(azure.readContainer("records", "a/"));
  expect(blobs.map(({ name, body }) => [name, body.toString()])).toEqual([["a/b.json", "{}"]]);
});

test("What is given instead of the package's server is what runs", async () => {
  expect(await (await fetch(site.url)).text()).toBe("sabotaged");
  expect(await readFile(site.logFile, "utf8")).toContain("listening");
});

test("A closed site is gone", async () => {
  await site.close();
  expect(existsSync(`/proc/${site.processId}`)).toBe(false);
});

async function readServer(pattern = "", replacement = ""): Promise<Buffer> {
  const code = await readFile(join(TESTING, "tiny-server.js"), "utf8");
  return Buffer.from(code.replace(pattern, replacement));
}

async function writePackage(): Promise<string> {
  const file = join(directory, "package.zip");
  const server = await readServer();
  const manifest = Buffer.from(JSON.stringify({ type: "module" }));
  await writeFile(file, zipSync({ "server.js": server, "package.json": manifest }));
  return file;
}
