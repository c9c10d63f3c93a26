import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { createPulumi } from "./pulumi.ts";
import { readOutputs } from "./read-outputs.ts";
import { TEST_OUTPUTS } from "./testing/test-outputs.ts";
import { createRun, type Ran } from "./run.ts";

const SCRIPT = join(import.meta.dirname, "../../node_modules/pulumi/run.js");
const NO_NETWORK = 'globalThis.fetch = async () => { throw new TypeError("fetch failed"); };';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pulumi-test-"));
  await writeFile(join(folder, "no-network.mjs"), NO_NETWORK);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the CLI of the npm package", () => {
  it("is used from its cache, without a question to anybody", async () => {
    await installCli('echo "v3.265.0"; echo "$@" >&2');
    expect(await createPulumi(runFrom(folder)).version()).toBe("v3.265.0");
  });

  it("hands its arguments on, and its exit code back", async () => {
    await installCli('echo "error: no stack selected ($*)" >&2; exit 255');
    await expect(createPulumi(runFrom(folder)).stackName()).rejects.toMatchObject({
      message:
        "No stack is selected (no stack selected (stack --show-name --non-interactive --color never))",
    });
  });

  it("says how it can be had when its download host is away", async () => {
    const away = createPulumi(runFrom(join(folder, "empty")));
    await expect(away.version()).rejects.toMatchObject({
      message: "The Pulumi CLI is not on this machine, and its download failed (fetch failed)",
      remedy: expect.stringMatching(/get\.pulumi\.com/) as unknown,
    });
  });
});

describe("what the CLI answers", () => {
  it("is read past the noise of a first download", async () => {
    const pulumi = answering("=== Installing Pulumi v3.265.0 ===\n+ Installed\nv3.265.0\n");
    expect(await pulumi.version()).toBe("v3.265.0");
  });

  it("is no outputs before the first up", async () => {
    expect(await answering("{}").outputs({ showSecrets: false })).toBeUndefined();
    await expect(
      readOutputs(undefined, answering("{}"), { showSecrets: false }),
    ).rejects.toMatchObject({ remedy: "Deploy it: npm run up" });
  });

  it("is refused where it is of another program, with what is missing", async () => {
    const { packageHash: _, portal: __, ...others } = TEST_OUTPUTS;
    const stack = answering(JSON.stringify(others));
    await expect(stack.outputs({ showSecrets: false })).rejects.toMatchObject({
      message: "The stack has not all outputs of this program: packageHash, portal",
    });
  });

  it("is asked for secrets only where they are needed", async () => {
    const asked: string[] = [];
    const pulumi = createPulumi(async (args) => {
      asked.push(args.join(" "));
      return { exitCode: 0, stdout: "{}", stderr: "" };
    });
    await pulumi.outputs({ showSecrets: false });
    await pulumi.outputs({ showSecrets: true });
    expect(asked.map((args) => args.includes("--show-secrets"))).toEqual([false, true]);
  });

  it("leaves out what is only waiting to be deleted", async () => {
    const resource = { type: "t", urn: "u", id: "/i" };
    const state = { deployment: { resources: [resource, { ...resource, delete: true }] } };
    expect(await answering(JSON.stringify(state)).resources()).toEqual([
      { ...resource, delete: false },
    ]);
    expect(await answering('{"deployment":{"manifest":{}}}').resources()).toEqual([]);
  });

  it("is refused where it is no JSON", async () => {
    await expect(answering("hello").whoAmI()).rejects.toThrow("in a form that is not known here");
  });
});

/** Puts a shell script where the npm package looks for the executable. */
async function installCli(script: string): Promise<void> {
  const bin = join(folder, "versions", packageJson.devDependencies.pulumi, "bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "pulumi"), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, "pulumi"), 0o755);
}

function runFrom(home: string) {
  return createRun({
    file: process.execPath,
    before: [SCRIPT],
    env: {
      ...process.env,
      PULUMI_HOME: home,
      NODE_OPTIONS: `--import ${join(folder, "no-network.mjs")}`,
    },
    timeoutMs: 20_000,
  });
}

function answering(stdout: string) {
  return createPulumi(async (): Promise<Ran> => ({ exitCode: 0, stdout, stderr: "" }));
}
