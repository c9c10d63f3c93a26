import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import npmWrapper from "pulumi/package.json" with { type: "json" };
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { builtCli } from "./cli-sources.ts";
import { findCli } from "./find-cli.ts";
import { writeScript } from "./write-script.ts";

const NPM_FOLDER = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "find-cli-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("findCli", () => {
  it("takes what answers with a version, and not npm's wrapper, which would download", async () => {
    const other = await script("other/pulumi", "exit 1");
    const cli = await script("cli/pulumi", "echo v3.259.0");
    const folders = [NPM_FOLDER, dirname(other), dirname(cli)];
    expect(await findCli({ ...empty(), PATH: folders.join(delimiter) })).toBe(cli);
  });

  it("finds none where there is only npm's wrapper", async () => {
    expect(await findCli({ ...empty(), PATH: NPM_FOLDER })).toBeUndefined();
  });

  it.each([
    ["on PATH", { PATH: NPM_FOLDER }],
    ["in PULUMI_BIN", { PULUMI_BIN: NPM_FOLDER }],
    ["of the project", {}],
  ])("takes what npm's wrapper %s has downloaded", async (_, env) => {
    const cli = await script(`versions/${npmWrapper.version}/bin/pulumi`, "echo v3.259.0");
    expect(await findCli({ ...empty(), ...env })).toBe(cli);
  });

  it("takes what Go has built here", async () => {
    const cli = await writeScript(builtCli(empty()), "echo v3.259.0");
    expect(await findCli({ ...empty(), PATH: NPM_FOLDER })).toBe(cli);
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

/** A machine on which nothing was downloaded or built. */
const empty = () => ({ PULUMI_HOME: directory, XDG_CACHE_HOME: join(directory, "cache") });

async function script(name: string, text: string): Promise<string> {
  return writeScript(join(directory, name), text);
}
