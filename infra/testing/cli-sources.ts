import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const MODULE = "github.com/pulumi/pulumi";
const VERSION = "v3.274.1";
/** Characters of what a program said last that an error shows. */
const SHOWN = 500;

/** Has the npm package `pulumi` download its CLI. @throws Error where that fails, or is not done within `limitMs`. */
export async function downloadCli(limitMs: number): Promise<void> {
  const wrapper = createRequire(import.meta.url).resolve("pulumi/run.js");
  const signal = AbortSignal.timeout(limitMs);
  await run([process.execPath, wrapper, "version"], { cwd: ".", env: process.env, signal });
}

/** Where the CLI lies once it was built on this machine, for all checkouts. */
export function builtCli(env = process.env): string {
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "m365-twitter-connector", `pulumi-${VERSION}`, "pulumi");
}

/**
 * Builds the CLI from Pulumi's own Go module, whose bytes Go holds to its public record of checksums. What a
 * build that took too long has compiled stays in Go's cache: the next one goes on from there.
 * @throws Error where there is no Go, or the build fails, or is not done within `limitMs`.
 */
export async function buildCli(limitMs: number, env = process.env): Promise<void> {
  const [cli, signal] = [builtCli(env), AbortSignal.timeout(limitMs)];
  await mkdir(dirname(cli), { recursive: true });
  const cwd = await mkdtemp(join(dirname(cli), "build-"));
  const go = async (...parameters: string[]) => run(["go", ...parameters], { cwd, env, signal });
  const [program, made] = [`${MODULE}/pkg/v3/cmd/pulumi`, join(cwd, "made")];
  const version = `-X ${MODULE}/sdk/v3/go/common/version.Version=${VERSION}`;
  try {
    await go("mod", "init", "engine");
    await go("get", `${program}@${VERSION}`);
    await go("build", "-ldflags", `-s -w ${version}`, "-o", made, program);
    await rename(made, cli);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

type Surroundings = { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal };

async function run(command: string[], { signal, ...options }: Surroundings): Promise<void> {
  signal.throwIfAborted();
  const [file = "", ...parameters] = command;
  // A process group of its own: what it has started is ended with it.
  const child = spawn(file, parameters, {
    ...options,
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const end = () => {
    try {
      process.kill(-(child.pid ?? Number.NaN), "SIGKILL");
    } catch {
      // It has ended by itself, or never begun.
    }
  };
  signal.addEventListener("abort", end);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    signal.throwIfAborted();
    if (code !== 0) {
      throw new Error(`${command.join(" ")} ended with ${code}: ${said.trim().slice(-SHOWN)}`);
    }
  } finally {
    signal.removeEventListener("abort", end);
  }
}
