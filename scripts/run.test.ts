import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";

const LOCKED = {
  "": {},
  "node_modules/a": { version: "1.0.0" },
  "node_modules/b": { version: "2.0.0" },
};
const OTHER_SYSTEM = { "node_modules/c": { version: "3.0.0", optional: true } };

const readJson = (file: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8"));
const HASHES = z
  .record(z.string(), z.record(z.string(), z.string()))
  .parse(readJson("node-hashes.json"));
const VERSION = z
  .object({ devDependencies: z.object({ node: z.string() }) })
  .parse(readJson("../package.json")).devDependencies.node;

const roots: string[] = [];
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "run-test-"));
  roots.push(root);
  await mkdir(join(root, "scripts"));
  await mkdir(join(root, "bin"));
  await copyFile(join(import.meta.dirname, "run.js"), join(root, "scripts/run.js"));
  await copyFile(
    join(import.meta.dirname, "node-hashes.json"),
    join(root, "scripts/node-hashes.json"),
  );
  await writeFile(join(root, "package.json"), '{"type":"module"}');
  await writeLock("package-lock.json", { ...LOCKED, ...OTHER_SYSTEM });
  await writeScript(
    "args",
    "console.log(process.execPath, ...process.argv.slice(2)); process.exitCode = 7;",
  );
});
afterAll(() => Promise.all(roots.map((one) => rm(one, { recursive: true, force: true }))));

describe("node scripts/run.js NAME", () => {
  it("starts scripts/NAME.ts under the installed Node, and ends with its exit code", async () => {
    await install(LOCKED);
    const node = join(root, "node_modules/node/bin/node");
    await mkdir(dirname(node), { recursive: true });
    await symlink(process.execPath, node);
    expect(await ended(run("args", "--a", "b c"))).toEqual({
      code: 7,
      stdout: `${process.execPath} --a b c\n`,
      stderr: "",
    });
  });

  it("starts no Node that is another than was published", async () => {
    const locked = { ...LOCKED, "node_modules/node": { version: VERSION } };
    await writeLock("package-lock.json", locked);
    await install(locked);
    await mkdir(join(root, "node_modules/node/bin"), { recursive: true });
    await writeProgram("node_modules/node/bin/node", "echo somebody else");
    const { code, stdout, stderr } = await ended(run("args"));
    expect(stderr).toMatch(/^node_modules\/node\/bin\/node is not the Node that was published as /);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  it("knows what was published as the Node of package.json", async () => {
    expect(Object.keys(HASHES)).toEqual([VERSION]);
    const [known] = Object.values(HASHES);
    const node = join(import.meta.dirname, "../node_modules/node/bin/node");
    const platform = `${process.platform}-${process.arch}`;
    const hash = createHash("sha256").update(await readFile(node));
    expect(known?.[platform]).toBe(hash.digest("hex"));
  });

  it("starts the tool NAME where there is no such script, with its arguments", async () => {
    await install(LOCKED);
    await mkdir(join(root, "node_modules/.bin"));
    await writeProgram("node_modules/.bin/tool", 'echo "tool $*"; exit 3');
    expect(await ended(run("tool", "up"))).toMatchObject({ code: 3, stdout: "tool up\n" });
  });

  it("says which name it does not know", async () => {
    await install(LOCKED);
    const { code, stderr } = await ended(run("nothing-of-that-name"));
    expect(stderr).toMatch(/^nothing-of-that-name cannot be started: .*\n$/);
    expect(code).toBe(1);
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("hands %s on", async (signal) => {
    await install(LOCKED);
    await writeScript(
      "waits",
      `setInterval(() => {}, 1000); process.on("${signal}", () => process.exit(5)); console.log("up");`,
    );
    const child = run("waits");
    await once(child.stdout ?? child, "data");
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([5, null]);
  });

  it("ends by the signal that ended what it started", async () => {
    await install(LOCKED);
    await writeScript("dies", 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000);');
    expect(await once(run("dies"), "exit")).toEqual([null, "SIGTERM"]);
  });

  it("installs everything on a fresh clone, and says how much that is", async () => {
    await writeProgram(
      "bin/npm",
      `echo "$*" >> ${join(root, "asked")}; mkdir -p node_modules/a; echo {} > node_modules/a/package.json`,
    );
    const { code, stderr } = await ended(run("args"));
    expect(await readFile(join(root, "asked"), "utf8")).toMatch(/^ci /);
    expect(stderr).toMatch(/^Installing the packages of package-lock\.json: \d+ MB, .* minutes/);
    expect(stderr).toMatch(/\n\.\.\. \d+ s: 1 of 2 packages\n$/);
    expect(code).toBe(7);
  });

  it("installs tools and all that they need, whatever npm's settings on this machine are", async () => {
    await writeProgram("bin/npm", `echo "$*" >> ${join(root, "asked")}`);
    await ended(run("args"));
    const asked = await readFile(join(root, "asked"), "utf8");
    expect(asked.trim().split(" ")).toEqual(
      expect.arrayContaining(["--include=dev", "--include=optional", "--engine-strict=false"]),
    );
  });

  it("installs only what is missing, and names it", async () => {
    await install({ ...LOCKED, "node_modules/b": { version: "1.9.0" } });
    await writeProgram("bin/npm", `echo "$*" >> ${join(root, "asked")}`);
    const { stderr } = await ended(run("args"));
    expect(await readFile(join(root, "asked"), "utf8")).toMatch(/^install --no-save /);
    expect(stderr).toMatch(/^Installing what is new in package-lock\.json: b \.\.\.\n/);
  });

  it("starts nothing where the installation fails", async () => {
    await writeProgram("bin/npm", "echo 'no network' >&2; exit 1");
    expect(await ended(run("args"))).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/no network\nnpm ci failed: see above/) as unknown,
    });
  });
});

function run(...parameters: string[]): ChildProcess {
  return spawn(process.execPath, ["scripts/run.js", ...parameters], {
    cwd: root,
    env: { ...process.env, PATH: [join(root, "bin"), process.env["PATH"]].join(delimiter) },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function ended(child: ChildProcess) {
  const exited = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  const said = [child.stdout, child.stderr].map(async (stream) => (stream ? text(stream) : ""));
  const [stdout, stderr] = await Promise.all(said);
  return { code: await exited, stdout, stderr };
}

/** What npm notes of an installation. */
async function install(packages: object): Promise<void> {
  await mkdir(join(root, "node_modules"), { recursive: true });
  await writeLock("node_modules/.package-lock.json", packages);
}

async function writeLock(file: string, packages: object): Promise<void> {
  await writeFile(join(root, file), JSON.stringify({ packages }));
}

async function writeScript(name: string, code: string): Promise<void> {
  await writeFile(join(root, "scripts", `${name}.ts`), code);
}

async function writeProgram(file: string, script: string): Promise<void> {
  await writeFile(join(root, file), `#!/bin/sh\n${script}\n`);
  await chmod(join(root, file), 0o755);
}
