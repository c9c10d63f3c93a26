import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startEngine } from "./engine.ts";
import { planOf } from "./event-log.ts";
import { createLanguageHost } from "./start-language-host.ts";
import { writeScript } from "./write-script.ts";

const NPM_FOLDER = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "engine-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
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
    { diagnosticEvent: { severity: "debug", message: "what the engine answered" } },
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
    expect(calls.split("\n").slice(0, 2)).toEqual([
      "stack init --stack dev --non-interactive",
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
    expect(kept).not.toContain("what the engine answered");
  });

  /** An engine over a script that plays the CLI; `then` is what it does beyond writing the event log. */
  async function start(then: string) {
    const root = join(directory, "project");
    await mkdir(root);
    const events = LOG.map((one) => `${JSON.stringify(one)}\n`).join("");
    await writeFile(join(directory, "log"), events);
    const cli = await writeScript(
      join(directory, "cli/pulumi"),
      `here='${directory}'; echo "$*" >> "$here/calls"; env > "$here/environment"
case "$1" in stack) [ "$2" = export ] && echo the export; exit 0;; config) exit 0;; esac
while [ "$1" != --event-log ]; do shift; done; cp "$here/log" "$2"
${then}`,
    );
    await writeScript(join(directory, "cli/pulumi-language-nodejs"), "exit 1");
    const plugins = join(directory, "plugins");
    const host = createLanguageHost(cli);
    return startEngine({ cli, host, root, plugins, directory, stack: "dev" });
  }
});
