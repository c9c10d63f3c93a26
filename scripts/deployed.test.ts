import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Finding, runChecks } from "./checks/check.ts";
import { createAz } from "./doctor/az.ts";
import { diagnose } from "./doctor/diagnose.ts";
import { closeServer, listen } from "./local/listen.ts";
import { type LocalSystem, startLocalSystem } from "./local/system.ts";
import { SILENT } from "./local/testing/silent-progress.ts";
import { type Ended, startScript } from "./local/testing/local-run.ts";
import { createSite } from "./site/site.ts";
import { smokeChecks } from "./smoke/checks.ts";
import type { StackOutputs } from "./stack/outputs.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { createRun, type Ran } from "./stack/run.ts";
import { createScriptedRun } from "./stack/testing/scripted-run.ts";

let folder: string;
let system: LocalSystem;
let outputsFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deployed-test-"));
  system = await startLocalSystem({
    history: false,
    progress: SILENT,
    keep: folder,
    config: { evidenceAccess: "create-only" },
  });
  outputsFile = join(folder, "outputs.json");
});

afterAll(async () => {
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the outputs of a local system that is kept", () => {
  it("are for their owner's eyes only", async () => {
    const { mode } = await stat(outputsFile);
    expect((mode & 0o777).toString(8)).toBe("600");
  });
});

describe("npm run requeue", () => {
  it("lists what the local system gave up, and puts it back, as the person who may", async () => {
    const { poisonQueueUrl } = queuesSchema.parse(system.outputs);
    const message = JSON.stringify({ jobId: "job-1", taskId: "never" });
    const poisoned = JSON.stringify({ reason: "a test", message });
    const operator = await system.azure.admitOperator();
    const sent = await runAs(operator, "requeue/testing/send", poisonQueueUrl, poisoned);
    expect(sent).toMatchObject({ exitCode: 0 });
    const listed = await runAs(operator, "requeue", "--outputs", outputsFile, "--dry-run");
    expect(listed.stdout).toBe(
      `${message}\n  a test\n1 listed of about 1 in the poison queue. Nothing was put back.\n`,
    );
    const done = await runAs(operator, "requeue", "--outputs", outputsFile);
    expect(done.stdout).toMatch(/1 of 1 were put back\.\n$/);
    // The connector takes it up, and finds again that there is no such task.
    await expect
      .poll(() => runAs(operator, "requeue", "--outputs", outputsFile, "--dry-run"), {
        timeout: 20_000,
      })
      .toMatchObject({ stdout: expect.stringContaining("no such task in the archive") as unknown });
  });

  it("says what to do to those who may not", async () => {
    const { NODE_EXTRA_CA_CERTS = "" } = await system.azure.admitOperator();
    const ended = await runAs({ NODE_EXTRA_CA_CERTS }, "requeue", "--outputs", outputsFile);
    expect(ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/az login/) as unknown,
    });
  });
});

describe("npm run verify", () => {
  it("finds the archive by the outputs, and reads it as the person who may", async () => {
    const operator = await system.azure.admitOperator();
    const ended = await runAs(operator, "verify", "--outputs", outputsFile);
    expect(ended.stdout).toMatch(/^ok +Archive +\d+ jobs?$/m);
    expect(ended.exitCode).toBe(0);
  });

  it("says what to do to those who may not", async () => {
    const { NODE_EXTRA_CA_CERTS = "" } = await system.azure.admitOperator();
    const ended = await runAs({ NODE_EXTRA_CA_CERTS }, "verify", "--outputs", outputsFile);
    expect(ended.stdout).toMatch(/^failed +Archive /m);
    expect(ended.stdout).toContain("Storage Blob Data Reader");
    expect(ended.exitCode).toBe(1);
  });
});

describe("npm run smoke", () => {
  it("finds the local system in order, and shows nobody the password", async () => {
    const ended = await runScript("smoke", "--outputs", outputsFile, "--json", "--wait", "30");
    expect(resultsOf(ended)).toEqual({
      Outputs: "ok",
      Package: "ok",
      "Package bytes": "not checked",
      Ready: "ok",
      Validate: "ok",
      Evidence: "ok",
      "Strangers refused": "ok",
      Tenant: "ok",
      "Callback address": "ok",
      "Security headers": "ok",
      "No plain http": "not checked",
    });
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr).toContain("9 of 11 are ok. 2 could not be checked.");
    expect(`${ended.stdout}${ended.stderr}`).not.toContain(system.outputs.apiSecretKey);
  });

  it("writes what it has seen, without names, ids or secrets", async () => {
    const report = join(folder, "report.md");
    const asked = ["--outputs", outputsFile, "--wait", "30", "--report", report];
    const operator = await system.azure.admitOperator();
    const ended = await runAs(operator, "smoke", ...asked, "--log", system.site.logFile);
    expect(ended.stderr).toBe(`\nWhat was seen of docs/open-questions.md is in ${report}\n`);
    const text = await readFile(report, "utf8");
    // These scripts have called, and the platform has not.
    expect(text).toContain("| Which authentication for which call | nothing that says so |");
    expect(text).toMatch(/runs \|$/m);
    expect(text).toMatch(/^\| Package \| ok \|$/m);
    const { host } = new URL(system.outputs.connectorUrl);
    const { apiSecretKey, tenantId, azureAppId, packageHash } = system.outputs;
    for (const word of [host, apiSecretKey, tenantId, azureAppId, packageHash.slice(0, 8)]) {
      expect(text).not.toContain(word);
    }
  });

  it("says what it could not read for that", async () => {
    const { NODE_EXTRA_CA_CERTS = "" } = await system.azure.admitOperator();
    const report = join(folder, "bare.md");
    const asked = ["--outputs", outputsFile, "--wait", "30", "--report", report];
    const ended = await runAs({ NODE_EXTRA_CA_CERTS }, "smoke", ...asked);
    expect(ended.stderr).toMatch(/^ {2}without the log: the Azure CLI \(az\) is not installed$/m);
    expect(ended.stderr).toMatch(/^ {2}without the archive: /m);
    expect(await readFile(report, "utf8")).toContain("| Package | ok |");
  });

  it("fails when the site runs another package than the stack deployed", async () => {
    const other = { ...system.outputs, packageHash: "dead".repeat(16) };
    const file = await writeOutputs("other-package.json", other);
    const ended = await runScript("smoke", "--outputs", file, "--wait", "0");
    expect(ended.stdout).toMatch(/^failed +Package .*the stack deployed deaddeaddeaddead$/m);
    expect(ended.exitCode).toBe(1);
  });

  it("fails when the site has another password than the stack", async () => {
    const apiSecretKey = "another-password-0123456789";
    const portal = { ...system.outputs.portal, Password: apiSecretKey };
    const file = await writeOutputs("other-key.json", { ...system.outputs, apiSecretKey, portal });
    const ended = await runScript("smoke", "--outputs", file, "--json", "--wait", "0");
    expect(resultsOf(ended)).toMatchObject({ Package: "ok", Validate: "failed" });
    expect(ended.exitCode).toBe(1);
  });

  it("fails when the site serves another tenant, or the outputs contradict each other", async () => {
    const tenantId = "22222222-2222-4222-8222-222222222222";
    const other = { ...system.outputs, tenantId, statusUrl: "https://elsewhere.example/" };
    const file = await writeOutputs("other-tenant.json", other);
    const ended = await runScript("smoke", "--outputs", file, "--json", "--wait", "0");
    expect(resultsOf(ended)).toMatchObject({ Outputs: "failed", Tenant: "failed" });
    expect(ended.exitCode).toBe(1);
  });

  it.each<
    [what: string, tampered: (answer: Response, request: Headers) => Response, failing: string]
  >([
    [
      "takes any password",
      (answer, request) =>
        request.has("authorization") ? new Response(answer.body, { status: 200 }) : answer,
      "Strangers refused",
    ],
    ["lets strangers in", (answer) => withStatus(answer, 401, 200), "Strangers refused"],
    [
      "refuses strangers in another way",
      (answer) => withStatus(answer, 401, 403),
      "Strangers refused",
    ],
    [
      "does not say what a stranger could show",
      ({ body, status }) => new Response(body, { status }),
      "Strangers refused",
    ],
    [
      "has lost its security headers",
      (answer) =>
        new Response(answer.body, {
          status: answer.status,
          headers: { "content-type": "text/html" },
        }),
      "Security headers",
    ],
    ["knows no callback address", (answer) => withStatus(answer, 403, 404), "Callback address"],
    ["shows the sign-in page to every tenant", (answer) => withStatus(answer, 400, 200), "Tenant"],
    ["is not ready", missing("the four Twitter values"), "Ready"],
  ])("fails when the site %s", async (_what, tampered, failing) => {
    const send: typeof fetch = async (url, request) =>
      tampered(await fetch(url, request), new Headers(request?.headers));
    const findings = await check(system.outputs, send);
    expect(findings.find(({ what }) => what === failing)).toMatchObject({
      result: "failed",
      remedy: expect.stringMatching(/./) as unknown,
    });
  });

  it("takes it for a refusal that who tries again and again is put off", async () => {
    const wrong = { tenantId: system.outputs.tenantId, password: "wrong" };
    const site = createSite(system.outputs);
    let status = 401;
    for (let tries = 0; tries < 30 && status === 401; tries += 1) {
      status = (await site.validate(wrong)).status;
    }
    expect(status).toBe(429);
    const findings = await check(system.outputs, fetch);
    expect(findings.find(({ what }) => what === "Strangers refused")).toEqual({
      what: "Strangers refused",
      result: "ok",
      detail: "401, 429, 429 for nobody, a wrong password, another tenant",
    });
  });

  it("waits for a site that still runs the package before", async () => {
    const site = createSite(system.outputs);
    const before = { version: "0.0.9", packageHash: "before", missing: [] };
    const answers = [Promise.resolve(before), site.health()];
    const health = () => answers.shift() ?? site.health();
    const checks = smokeChecks({
      outputs: system.outputs,
      site: { ...site, health },
      waitMs: 10_000,
      hashOf,
    });
    const [found] = await runChecks(checks.slice(0, 1), silent);
    expect(found).toMatchObject({ what: "Package", result: "ok" });
    expect(answers).toEqual([]);
  });

  it.each<[what: string, answer: () => Promise<Response>, result: Finding["result"]]>([
    ["sends it to https", async () => redirectTo("https://connector.example/"), "ok"],
    ["does not answer it", () => Promise.reject(new TypeError("fetch failed")), "ok"],
    ["answers it", async () => new Response("hello"), "failed"],
    ["sends it to http again", async () => redirectTo("http://connector.example/x"), "failed"],
  ])("looks at plain http: a site that %s", async (_what, answer, result) => {
    const outputs = { ...system.outputs, connectorUrl: "https://connector.example" };
    const site = createSite(system.outputs);
    const checks = smokeChecks({ outputs, site, waitMs: 0, hashOf, send: answer });
    const findings = await runChecks(checks, silent);
    expect(findings.find(({ what }) => what === "No plain http")?.result).toBe(result);
  });
});

describe("the package's bytes", () => {
  const smokeAs = async (environment: Record<string, string>) => {
    const ran = await runAs(environment, "smoke", "--outputs", outputsFile, "--wait", "30");
    return /^(.+?) +Package bytes +(.*)$/m.exec(ran.stdout)?.slice(1);
  };

  it("are read by the person who may, and are what the stack deployed", async () => {
    const found = await smokeAs(await system.azure.admitOperator());
    expect(found).toEqual(["ok", expect.stringMatching(/^app-\w{16}\.zip is what the stack/)]);
  });

  it("are told from others that say the same of themselves", async () => {
    const { packageUrl, packageHash } = system.outputs;
    const { version } = await createSite(system.outputs).health();
    const about = { name: "m365-twitter-connector-app", version, packageHash, type: "module" };
    const other = zipSync({
      "package.json": Buffer.from(JSON.stringify(about)),
      "server.js": Buffer.from("console.log('somebody else')"),
    });
    const [, container = "", name = ""] =
      /\/([^/]+)\/([^/]+)$/.exec(new URL(packageUrl ?? "").pathname) ?? [];
    await system.azure.overwrite(container, name, Buffer.from(other));
    const found = await smokeAs(await system.azure.admitOperator());
    expect(found).toEqual(["failed", expect.stringMatching(/is not what the stack deployed/)]);
    const doctored = await runAs(
      await system.azure.admitOperator(),
      "doctor",
      "--outputs",
      outputsFile,
    );
    expect(doctored.stdout).toMatch(/^failed +Package bytes /m);
    expect(doctored.stdout).toMatch(/^ok +Package /m);
    expect(doctored.exitCode).toBe(1);
  });
});

describe("npm run doctor", () => {
  it("finds the local system well, and says what it cannot check there", async () => {
    const ended = await runScript("doctor", "--outputs", outputsFile, "--json");
    expect(resultsOf(ended)).toEqual({
      Node: "ok",
      Outputs: "ok",
      "Key Vault references": "not checked",
      Roles: "not checked",
      "Admin consent": "not checked",
      "Package bytes": "not checked",
      Autoscale: "not checked",
      Site: "ok",
      Package: "ok",
      Validate: "ok",
      "X keys accepted": "ok",
      "Callback URL accepted": "ok",
      "Entra token obtainable": "ok",
      "Import service reachable": "ok",
      "Archive writable": "ok",
      "Worker alive": "ok",
    });
    expect(ended.exitCode).toBe(0);
    expect(`${ended.stdout}${ended.stderr}`).not.toContain(system.outputs.apiSecretKey);
  });

  it("goes on from the stack to its site, and ends with 1 when that is not well", async () => {
    const json = (value: unknown) => ({ json: value });
    const findings = await diagnose({
      pulumi: createPulumi(
        createScriptedRun({
          version: { text: "v3" },
          whoami: json({ user: "ada" }),
          "stack --show-name": { text: "local" },
          config: json({ "azure-native:location": { value: "westeurope", secret: false } }),
          "stack output": json({ ...system.outputs, packageHash: "dead".repeat(16) }),
          "stack export": json({ deployment: { resources: [] } }),
        }),
      ),
      az: createAz(async () => undefined),
      outputsFile: undefined,
      mend: false,
      hashOf: async () => system.outputs.packageZipHash ?? "",
      record: async () => [],
      report: silent,
      env: {},
      nodeVersion: "24.21.0",
    });
    expect(findings.filter(({ result }) => result === "failed").map(({ what }) => what)).toEqual([
      "Key Vault references",
      "Package",
    ]);
    expect(findings.find(({ what }) => what === "Worker alive")?.result).toBe("ok");
  });

  it("ends with 1 where the site is gone", async () => {
    const server = createServer();
    const connectorUrl = `http://127.0.0.1:${await listen(server)}`;
    await closeServer(server);
    const file = await writeOutputs("gone.json", { ...system.outputs, connectorUrl });
    const ended = await runScript("doctor", "--outputs", file);
    expect(ended.stdout).toMatch(
      /^failed +Site +http:\/\/127\.0\.0\.1:\d+\/healthz does not answer: nothing listens there$/m,
    );
    expect(ended.exitCode).toBe(1);
  });
});

describe("npm run handoff", () => {
  it("shows what to enter where, the password only on request", async () => {
    const { apiSecretKey, twitterCallbackUrl, azureAppId } = system.outputs;
    const ended = await runScript("handoff", "--outputs", outputsFile);
    expect(ended.stdout).toContain(twitterCallbackUrl);
    expect(ended.stdout).toContain(azureAppId);
    expect(`${ended.stdout}${ended.stderr}`).not.toContain(apiSecretKey);
    expect(ended.exitCode).toBe(0);
    const shown = await runScript("handoff", "--outputs", outputsFile, "--show-secrets");
    expect(shown.stdout).toMatch(new RegExp(`^ +Password +${apiSecretKey}$`, "m"));
  });

  it.each(["sheet.html", "sheet.md"])("writes %s without it, even then", async (name) => {
    const sheet = join(folder, name);
    const asked = ["--outputs", outputsFile, "--show-secrets", "--sheet", sheet];
    expect((await runScript("handoff", ...asked)).exitCode).toBe(0);
    const text = await readFile(sheet, "utf8");
    expect(text).toContain(system.outputs.connectorUrl);
    expect(text).not.toContain(system.outputs.apiSecretKey);
  });

  it("ends with 1 and a remedy where there are no outputs", async () => {
    const ended = await runScript("handoff", "--outputs", join(folder, "none.json"));
    expect(ended.stderr).toMatch(/none\.json cannot be read\. .*npx pulumi stack output/);
    expect(ended).toMatchObject({ exitCode: 1, stdout: "" });
  });
});

const hashOf = async () => system.outputs.packageZipHash ?? "";
const silent = { begin: () => undefined, end: () => undefined };

async function runScript(name: string, ...parameters: string[]): Promise<Ended> {
  await using run = await startScript(join(import.meta.dirname, `${name}.ts`), parameters);
  return await run.ended;
}

const queuesSchema = z.object({ workQueueUrl: z.string(), poisonQueueUrl: z.string() });

/** Runs a script in the environment of a person. */
async function runAs(
  environment: Record<string, string>,
  script: string,
  ...parameters: string[]
): Promise<Ran> {
  const run = createRun({
    file: process.execPath,
    before: [join(import.meta.dirname, `${script}.ts`)],
    env: { PATH: process.env["PATH"], ...environment },
    timeoutMs: 60_000,
  });
  return (await run(parameters)) ?? { exitCode: -1, stdout: "", stderr: "" };
}

const reportSchema = z.object({
  result: z.enum(["ok", "failed"]),
  checks: z.array(z.object({ what: z.string(), result: z.string() })),
});

function resultsOf({ stdout, stderr }: Ended): Record<string, string> {
  expect(stderr).not.toBe("");
  const { checks } = reportSchema.parse(JSON.parse(stdout));
  return Object.fromEntries(checks.map(({ what, result }) => [what, result]));
}

async function writeOutputs(name: string, outputs: StackOutputs): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, JSON.stringify(outputs), { mode: 0o600 });
  return file;
}

async function check(outputs: StackOutputs, send: typeof fetch): Promise<Finding[]> {
  const site = createSite(outputs, send);
  return runChecks(smokeChecks({ outputs, site, waitMs: 0, hashOf }), silent);
}

function withStatus(answer: Response, from: number, to: number): Response {
  const { status, headers, body } = answer;
  return new Response(body, { status: status === from ? to : status, headers });
}

function missing(what: string): (answer: Response) => Response {
  return (answer) =>
    answer.url.endsWith("/healthz")
      ? Response.json(
          { version: "1", packageHash: system.outputs.packageHash, missing: [what] },
          { status: 503 },
        )
      : answer;
}

function redirectTo(location: string): Response {
  return new Response(undefined, { status: 301, headers: { location } });
}
