import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalSystem, startLocalSystem } from "./local/system.ts";
import { type Ended, startScript } from "./local/testing/local-run.ts";
import { SILENT } from "./local/testing/silent-progress.ts";
import { createSite } from "./site/site.ts";
import { createRun } from "./stack/run.ts";

let folder: string;
let system: LocalSystem;
let outputsFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pushed-test-"));
  outputsFile = join(folder, "outputs.json");
  const config = { packageDelivery: "push" };
  system = await startLocalSystem({ history: false, progress: SILENT, keep: folder, config });
});

afterAll(async () => {
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

describe("a package that is brought to the site", () => {
  it("is what runs there", async () => {
    const { packageHash } = await createSite(system.outputs).health();
    expect(packageHash).toBe(system.outputs.packageHash);
  });

  it("passes npm run smoke", async () => {
    await using run = await startScript(join(import.meta.dirname, "smoke.ts"), [
      "--outputs",
      outputsFile,
      "--wait",
      "30",
    ]);
    const ended: Ended = await run.ended;
    expect(ended.stdout).toMatch(/^ok +Package /m);
    expect(ended.exitCode).toBe(0);
  });

  it("is not brought again while it runs", async () => {
    const ran = await pushAs(await system.azure.admitOperator());
    expect(ran?.stdout).toMatch(/runs package [0-9a-f]{16} already/);
  });

  it("is brought by nobody else: who is not logged in is told what to do", async () => {
    const { NODE_EXTRA_CA_CERTS = "" } = await system.azure.admitOperator();
    const ran = await pushAs({ NODE_EXTRA_CA_CERTS }, "--wait", "0");
    expect(ran?.exitCode).toBe(1);
    expect(ran?.stderr).toContain("az login");
  });
});

function pushAs(env: Record<string, string>, ...more: string[]) {
  const { PATH = "", HOME = "" } = process.env;
  return createRun({
    file: process.execPath,
    before: [join(import.meta.dirname, "push.ts")],
    env: { PATH, HOME, ...env },
    timeoutMs: 60_000,
  })(["--outputs", outputsFile, ...more]);
}
