import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import npmWrapper from "pulumi/package.json" with { type: "json" };
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planOf } from "./engine.ts";
import { findCli, startCliEngine } from "./pulumi-cli.ts";

const NPM_FOLDER = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pulumi-cli-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("findCli", () => {
  it("takes what answers with a version, and not npm's wrapper, which would download", async () => {
    const other = await script("other/pulumi", "exit 1");
    const cli = await script("cli/pulumi", "echo v3.259.0");
    const folders = [NPM_FOLDER, dirname(other), dirname(cli)];
    expect(await findCli({ PATH: folders.join(delimiter), PULUMI_HOME: directory })).toBe(cli);
  });

  it("finds none where there is only npm's wrapper", async () => {
    expect(await findCli({ PATH: NPM_FOLDER, PULUMI_HOME: directory })).toBeUndefined();
  });

  it.each([
    ["on PATH", { PATH: NPM_FOLDER }],
    ["in PULUMI_BIN", { PULUMI_BIN: NPM_FOLDER }],
    ["of the project", {}],
  ])("takes what npm's wrapper %s has downloaded", async (_, env) => {
    const cli = await script(`versions/${npmWrapper.version}/bin/pulumi`, "echo v3.259.0");
    expect(await findCli({ ...env, PULUMI_HOME: directory })).toBe(cli);
  });

  it("takes the one that PULUMI_BIN names, or that lies in the folder that it names", async () => {
    const cli = await script("given/pulumi", "echo v3.259.0");
    const found = [findCli({ PULUMI_BIN: cli }), findCli({ PULUMI_BIN: dirname(cli) })];
    expect(await Promise.all(found)).toEqual([cli, cli]);
  });

  it("does not go on without the one that PULUMI_BIN names", async () => {
    const wrong = await script("wrong", "echo 2.0.0");
    await expect(findCli({ PULUMI_BIN: wrong })).rejects.toThrow("PULUMI_BIN");
  });
});

describe("an engine by its CLI", () => {
  const secret = { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig };
  const event = (op: string, type: string, { planning = false, custom = true } = {}) => ({
    planning,
    metadata: {
      op,
      urn: `urn:pulumi:dev::project::m365:Some$${type}::it`,
      type,
      old: null,
      new: { type, custom, inputs: { a: "1", b: { ...secret, ciphertext: "[secret]" } } },
    },
  });
  const LOG = [
    { preludeEvent: { config: {} } },
    { resourcePreEvent: event("create", "azure-native:web:WebApp", { planning: true }) },
    { resourcePreEvent: event("create", "pulumi:providers:random") },
    { resourcePreEvent: event("create", "m365:connector:WebApp", { custom: false }) },
    { resourcePreEvent: event("create", "azure-native:web:WebApp") },
    { resourcePreEvent: event("refresh", "azure-native:storage:Blob") },
    { resOutputsEvent: event("update", "azure-native:storage:Blob") },
    { summaryEvent: { resourceChanges: { create: 1 } } },
  ];

  it.each([
    ["up", ["create web:WebApp it"]],
    ["preview", ["create web:WebApp it"]],
    ["refresh", ["update storage:Blob it"]],
  ] as const)("tells what %s does from the event log", async (command, plan) => {
    const engine = await start("");
    const outcome = await engine.run(command);
    expect(outcome.succeeded).toBe(true);
    expect(planOf(outcome)).toEqual(plan);
    expect(outcome.steps[0]?.new).toEqual({ a: "1", b: "[secret]" });
  });

  it("tells of a failure with all that the CLI said", async () => {
    const engine = await start('echo out; echo "error: no" >&2; exit 255');
    const { succeeded, output } = await engine.run("up");
    expect(succeeded).toBe(false);
    expect(output).toContain("out");
    expect(output).toContain("error: no");
  });

  it("keeps to itself: its own home, state and stack file, and no plugin but the stand-ins", async () => {
    const engine = await start("");
    const plain = {
      sku: "B1",
      allowedIpRanges: '["203.0.113.0/24","2001:db8::/32"]',
      tags: '{"costCenter":"4711"}',
    };
    await engine.configure(plain, { apiSecretKey: "hush" });
    const calls = await readFile(join(directory, "calls"), "utf8");
    expect(calls.split("\n").slice(0, 3)).toEqual([
      "stack init --stack dev --non-interactive",
      "config set-all --plaintext azure-native:location=westeurope --stack dev --non-interactive",
      "config set-all --path --plaintext sku=B1 --plaintext allowedIpRanges[0]=203.0.113.0/24 " +
        "--plaintext allowedIpRanges[1]=2001:db8::/32 --plaintext tags.costCenter=4711 --secret apiSecretKey=hush --stack dev " +
        "--non-interactive",
    ]);
    const environment = await readFile(join(directory, "environment"), "utf8");
    expect(environment).toContain(`PULUMI_HOME=${directory}/home\n`);
    expect(environment).toContain(`PULUMI_BACKEND_URL=file://${directory}/state\n`);
    const folders = [`${directory}/plugins`, dirname(process.execPath), `${directory}/cli`];
    expect(environment).toContain(`\nPATH=${folders.join(delimiter)}${delimiter}`);
    expect(environment).not.toContain(NPM_FOLDER);
  });

  it("shows for inspection whatever is kept on disk", async () => {
    const engine = await start("");
    await mkdir(join(directory, "state/.pulumi/history/dev"), { recursive: true });
    await writeFile(join(directory, "state/.pulumi/history/dev/one.json"), "in the history");
    await writeFile(join(directory, "project/Pulumi.dev.yaml"), "in the stack's file");
    await engine.run("up");
    const kept = await engine.kept();
    expect(kept).toContain("in the history");
    expect(kept).toContain("in the stack's file");
    expect(kept).toContain("preludeEvent");
    expect(kept).toContain("the export");
  });

  /** An engine over a script that plays the CLI; `then` is what it does beyond writing the event log. */
  async function start(then: string) {
    const root = join(directory, "project");
    await mkdir(root);
    const events = LOG.map((one) => `${JSON.stringify(one)}\n`).join("");
    await writeFile(join(directory, "log"), events);
    const cli = await script(
      "cli/pulumi",
      `here='${directory}'; echo "$*" >> "$here/calls"; env > "$here/environment"
case "$1" in stack) [ "$2" = export ] && echo the export; exit 0;; config) exit 0;; esac
while [ "$1" != --event-log ]; do shift; done; cp "$here/log" "$2"
${then}`,
    );
    const plugins = join(directory, "plugins");
    return startCliEngine({ cli, root, plugins, directory, stack: "dev" });
  }
});

async function script(name: string, text: string): Promise<string> {
  const file = join(directory, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
  return file;
}
