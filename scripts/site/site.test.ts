import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeServer, listen } from "../local/listen.ts";
import { createCertificate } from "../local/certificate.ts";
import { createRun } from "../stack/run.ts";
import { TEST_OUTPUTS } from "../stack/testing/test-outputs.ts";
import { explainNetwork } from "./explain-network.ts";
import { createSite } from "./site.ts";

describe("a site whose certificate only another CA vouches for", () => {
  let folder: string;
  let connectorUrl: string;
  let caFile: string;
  let server: ReturnType<typeof createServer>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "site-test-"));
    const certificate = await createCertificate(folder);
    ({ caFile } = certificate);
    server = createServer(certificate, (_, answer) => answer.writeHead(503).end("starting"));
    connectorUrl = `https://127.0.0.1:${await listen(server)}`;
  });
  afterAll(async () => {
    await closeServer(server);
    await rm(folder, { recursive: true, force: true });
  });

  it("is not trusted, and the remedy names the variable", async () => {
    await expect(createSite({ connectorUrl }).health()).rejects.toMatchObject({
      message: expect.stringMatching(/does not answer: its certificate is not trusted/) as unknown,
      remedy: expect.stringMatching(/NODE_EXTRA_CA_CERTS=FILE/) as unknown,
    });
  });

  it("is trusted by the scripts when the variable names that CA", async () => {
    const file = join(folder, "outputs.json");
    await writeFile(file, JSON.stringify({ ...TEST_OUTPUTS, connectorUrl }));
    const smoke = createRun({
      file: process.execPath,
      before: [join(import.meta.dirname, "../smoke.ts")],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
      timeoutMs: 30_000,
    });
    const ran = await smoke(["--outputs", file, "--wait", "0"]);
    expect(ran?.stdout).toContain(`${connectorUrl} answered 503, and not as the connector`);
    expect(ran?.exitCode).toBe(1);
  });
});

describe("health", () => {
  it.each<[what: string, answer: Response, remedy: RegExp]>([
    [
      "App Service's page while the app does not start",
      new Response("Error", { status: 503 }),
      /its log says why/,
    ],
    [
      "the refusal of an address that is not allowed",
      new Response("", { status: 403 }),
      /access restrictions/,
    ],
    ["another service", Response.json({ status: "up" }), /its log says why/],
  ])("is not %s", async (_what, answer, remedy) => {
    const site = createSite(TEST_OUTPUTS, async () => answer);
    await expect(site.health()).rejects.toMatchObject({
      remedy: expect.stringMatching(remedy) as unknown,
    });
  });

  it("is what the connector says, ready or not", async () => {
    const said = { version: "1", packageHash: "a", missing: ["keys"] };
    const site = createSite(TEST_OUTPUTS, async () => Response.json(said, { status: 503 }));
    expect(await site.health()).toEqual(said);
  });
});

describe("explainNetwork", () => {
  it.each<[error: Error, says: RegExp]>([
    [withCode("ENOTFOUND"), /its name is not known$/],
    [withCode("ECONNREFUSED"), /nothing listens there$/],
    [withCode("CERT_HAS_EXPIRED"), /not trusted here \(CERT_HAS_EXPIRED\)$/],
    [withCode("ECONNRESET"), /the connection failed \(ECONNRESET\)$/],
    [new DOMException("late", "TimeoutError"), /it takes too long$/],
  ])("%s", (error, says) => {
    const url = new URL("https://connector.example/page?secret=s");
    const { message } = explainNetwork(error, url);
    expect(message).toMatch(/^https:\/\/connector\.example\/page does not answer: /);
    expect(message).toMatch(says);
  });
});

function withCode(code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
}
