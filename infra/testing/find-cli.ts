import { execFile } from "node:child_process";
import { access, constants, readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { builtCli } from "./cli-sources.ts";

/** A real CLI answers at once; whatever wants to download one first is none. */
const VERSION_LIMIT_MS = 20_000;

const NPM_FOLDER = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));

/**
 * The Pulumi CLI of this machine: PULUMI_BIN or in that folder; else on PATH, what the project's npm package
 * `pulumi` has downloaded, or what `get-cli.ts` has built; undefined: there is none.
 * @throws Error where PULUMI_BIN names none.
 */
export async function findCli(env = process.env): Promise<string | undefined> {
  const { PULUMI_BIN: given, PATH = "", PULUMI_HOME = join(homedir(), ".pulumi") } = env;
  const inFolders = (folders: string[]) => folders.map((folder) => join(folder, "pulumi"));
  const files = given
    ? [given, ...inFolders([given])]
    : [...inFolders([...PATH.split(delimiter), NPM_FOLDER]), builtCli(env)];
  for (const file of files) {
    const cli = await behindWrapper(file, PULUMI_HOME);
    if (await isCli(cli)) {
      return resolve(cli);
    }
  }
  if (given) {
    throw new Error(`PULUMI_BIN: ${given} is no Pulumi CLI that works`);
  }
  return undefined;
}

const packageSchema = z.object({ version: z.string() });

/** npm puts a wrapper on PATH that downloads the CLI, whatever it is asked: where it keeps that one. */
async function behindWrapper(file: string, home: string): Promise<string> {
  const real = await realpath(file).catch(() => file);
  if (!real.endsWith("/pulumi/run.js")) {
    return file;
  }
  const about = await readFile(join(dirname(real), "package.json"), "utf8");
  const { version } = packageSchema.parse(JSON.parse(about));
  return join(home, "versions", version, "bin", "pulumi");
}

async function isCli(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const options = { env, timeout: VERSION_LIMIT_MS, killSignal: "SIGKILL" } as const;
    const { stdout } = await promisify(execFile)(file, ["version"], options);
    return /^v?3\.\d+\.\d+/.test(stdout.trim());
  } catch {
    return false;
  }
}
