import { execFile, spawn } from "node:child_process";
import { access, constants, mkdir, readdir, readFile, realpath } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { Command, Engine, Step } from "./engine.ts";
import { blind, isObject, mapValues, type Properties } from "./property-values.ts";

/** A real CLI answers at once; whatever wants to download one first is none. */
const VERSION_LIMIT_MS = 20_000;
/** An `up` of all takes half a minute; on a machine with much else to do, ten times as long. */
export const COMMAND_LIMIT_MS = 600_000;

const NPM_FOLDER = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));

/**
 * The Pulumi CLI of this machine: PULUMI_BIN or in that folder, else on PATH, else what the project's npm
 * package `pulumi` has downloaded; undefined: there is none.
 */
export async function findCli(env = process.env): Promise<string | undefined> {
  const { PULUMI_BIN: given, PATH = "", PULUMI_HOME = join(homedir(), ".pulumi") } = env;
  const folders = given ? [given] : [...PATH.split(delimiter), NPM_FOLDER];
  for (const file of [...(given ? [given] : []), ...folders.map((one) => join(one, "pulumi"))]) {
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

export type CliOptions = {
  cli: string;
  /** Folder of Pulumi.yaml; the stack's file is written there. */
  root: string;
  /** Folder of the plugins' executables. */
  plugins: string;
  /** Where the CLI keeps what it keeps. */
  directory: string;
  stack: string;
};

/** The real engine, through its CLI, with a file back end and a stack that has nothing in it. */
export async function startCliEngine(options: CliOptions): Promise<Engine> {
  const { root, directory, stack } = options;
  const state = join(directory, "state");
  const logs: string[] = [];
  await mkdir(state, { recursive: true });
  const env = environment(options, state);
  const pulumi = async (...parameters: string[]) =>
    runCli(options.cli, [...parameters, "--stack", stack, "--non-interactive"], { root, env });
  const must = async (...parameters: string[]) => {
    const { code, stdout, stderr } = await pulumi(...parameters);
    if (code !== 0) {
      throw new Error(`pulumi ${parameters[0]} ended with ${code}:\n${stdout}\n${stderr}`);
    }
    return stdout;
  };
  await must("stack", "init");
  await must("config", "set-all", "--plaintext", "azure-native:location=westeurope");
  return {
    configure: async (plain, secret) => {
      const pairs = [...flags("--plaintext", plain), ...flags("--secret", secret)];
      await must("config", "set-all", "--path", ...pairs);
    },
    run: async (command) => {
      const log = join(directory, `events-${logs.length}.json`);
      const { code, stdout, stderr } = await pulumi(...COMMANDS[command], "--event-log", log);
      const events = await readFile(log, "utf8").catch(() => "");
      logs.push(withoutDebugLines(events));
      const steps = stepsOf(events, command);
      return { succeeded: code === 0, steps, output: `${stdout}\n${stderr}` };
    },
    unprotect: async () => void (await must("state", "unprotect", "--all", "--yes")),
    outputs: async () => {
      const outputs: unknown = JSON.parse(await must("stack", "output", "--json"));
      return isObject(outputs) ? outputs : {};
    },
    kept: async () => {
      const files = [...(await filesBelow(state)), join(root, `Pulumi.${stack}.yaml`)];
      const texts = await Promise.all(files.map(async (file) => readFile(file, "utf8")));
      return [...texts, ...logs, await must("stack", "export")].join("\n");
    },
  };
}

const COMMANDS: Record<Command, string[]> = {
  preview: ["preview", "--color", "never"],
  up: ["up", "--yes", "--skip-preview", "--color", "never"],
  refresh: ["refresh", "--yes", "--skip-preview", "--color", "never"],
  // With its preview, which is what stops at a protected resource before anything is deleted.
  destroy: ["destroy", "--yes", "--color", "never"],
  "destroy --exclude-protected": ["destroy", "--yes", "--exclude-protected", "--color", "never"],
};

/** A list, or an object, is set one item after the other: as a text it is none to the CLI. */
function flags(flag: string, values: Record<string, string>): string[] {
  return Object.entries(values)
    .flatMap(([key, value]) => partsOf(value).map(([path, item]) => `${key}${path}=${item}`))
    .flatMap((pair) => [flag, pair]);
}

function partsOf(value: string): [path: string, item: string][] {
  if (value.startsWith("[")) {
    return listSchema.parse(JSON.parse(value)).map((item, index) => [`[${index}]`, item]);
  }
  if (value.startsWith("{")) {
    const members = Object.entries(objectSchema.parse(JSON.parse(value)));
    return members.map(([name, item]) => [`.${name}`, item]);
  }
  return [["", value]];
}

const listSchema = z.array(z.string());
const objectSchema = z.record(z.string(), z.string());

/** Nothing of the person's own Pulumi: no log-in, no plugins, no look for updates. */
function environment({ cli, plugins, directory }: CliOptions, state: string) {
  const inherited = (process.env["PATH"] ?? "").split(delimiter);
  // The npm package's wrapper and its kin are left out. This process's own Node comes before one that
  // lies beside the CLI, which may be too old for the program.
  const path = inherited.filter((folder) => !folder.includes("node_modules"));
  return {
    PATH: [plugins, dirname(process.execPath), dirname(cli), ...path].join(delimiter),
    HOME: directory,
    TMPDIR: tmpdir(),
    PULUMI_HOME: join(directory, "home"),
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase of the tests",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Without it there is no --event-log.
    PULUMI_DEBUG_COMMANDS: "true",
  };
}

type Ended = { code: number | null; stdout: string; stderr: string };

async function runCli(
  cli: string,
  parameters: string[],
  { root, env }: { root: string; env: Record<string, string> },
): Promise<Ended> {
  const child = spawn(cli, parameters, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  // The first interrupt lets it end its plugins; the second is for one that hangs.
  const timers = [
    setTimeout(() => child.kill("SIGINT"), COMMAND_LIMIT_MS),
    setTimeout(() => child.kill("SIGKILL"), COMMAND_LIMIT_MS + VERSION_LIMIT_MS),
  ];
  try {
    const code = await new Promise<number | null>((end, fail) => {
      child.once("error", fail);
      child.once("close", end);
    });
    return { code, ...output };
  } finally {
    timers.forEach((timer) => clearTimeout(timer));
  }
}

const stateSchema = z.object({
  custom: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).nullish(),
});

const stepSchema = z.object({
  planning: z.boolean().optional(),
  metadata: z.object({
    op: z.string(),
    urn: z.string(),
    type: z.string(),
    old: stateSchema.nullish(),
    new: stateSchema.nullish(),
  }),
});

/** One line of the event log, as far as it matters here. */
const eventSchema = z.object({
  resourcePreEvent: stepSchema.optional(),
  resOutputsEvent: stepSchema.optional(),
});

/**
 * The event log without what the SDK prints at severity `debug`, the answers of the engine among it: the
 * CLI shows and keeps none of that unless it is told to (`--debug`).
 */
function withoutDebugLines(log: string): string {
  return log
    .split("\n")
    .filter((line) => line !== "" && !isDebug(JSON.parse(line)))
    .join("\n");
}

const debugSchema = z.object({ diagnosticEvent: z.object({ severity: z.literal("debug") }) });

function isDebug(event: unknown): boolean {
  return debugSchema.safeParse(event).success;
}

/** What became of a resource is known when it is refreshed, of all others when it is begun. */
function stepsOf(log: string, command: Command): Step[] {
  return log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => eventSchema.parse(JSON.parse(line)))
    .map((event) => (command === "refresh" ? event.resOutputsEvent : event.resourcePreEvent))
    .filter((event) => event !== undefined)
    .filter(({ planning = false }) => planning === (command === "preview"))
    .map(({ metadata }) => metadata)
    .filter((step) => (step.new ?? step.old)?.custom && !step.type.startsWith("pulumi:"))
    .map(({ op, type, urn, ...states }) => ({
      op,
      type,
      name: urn.split("::").at(-1) ?? "",
      ...(states.old?.inputs && { old: shown(states.old.inputs) }),
      ...(states.new?.inputs && { new: shown(states.new.inputs) }),
    }));
}

function shown(inputs: Properties): Properties {
  return mapValues(inputs, blind);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}
