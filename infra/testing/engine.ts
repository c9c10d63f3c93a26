import { spawn } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { readSteps, type Step, withoutDebugLines } from "./event-log.ts";
import { isObject, type Properties } from "./property-values.ts";
import type { LanguageHost } from "./start-language-host.ts";

/** An `up` of all takes some seconds; on a machine with much else to do, twenty times as long. */
export const COMMAND_LIMIT_MS = 300_000;
/** From the first interrupt, which lets the CLI end its plugins, to the end of one that hangs. */
const GRACE_MS = 20_000;

/** Pulumi's engine with a stack of its own. */
export type Engine = {
  /** Plain and secret values, added to the stack's configuration; the project's keys need no namespace. */
  configure(plain: Record<string, string>, secret: Record<string, string>): Promise<void>;
  run(command: Command): Promise<Outcome>;
  /** `pulumi state unprotect --all` */
  unprotect(): Promise<void>;
  /** The stack's outputs; secrets are not shown. */
  outputs(): Promise<Properties>;
  /** All that the engine keeps of the stack, as text: state, history, backups, the stack's file, event logs. */
  kept(): Promise<string>;
};

export type Command = keyof typeof COMMANDS;

export type Outcome = {
  succeeded: boolean;
  /** In order. */
  steps: Step[];
  /** All that a person sees. */
  output: string;
};

const COMMANDS = {
  preview: ["preview"],
  up: ["up", "--yes", "--skip-preview"],
  refresh: ["refresh", "--yes", "--skip-preview"],
  // With its preview, which is what stops at a protected resource before anything is deleted.
  destroy: ["destroy", "--yes"],
  "destroy --exclude-protected": ["destroy", "--yes", "--exclude-protected"],
};

export type EngineOptions = {
  cli: string;
  host: LanguageHost;
  /** Folder of Pulumi.yaml; the stack's file is written there. */
  root: string;
  /** Folder of the plugins' executables. */
  plugins: string;
  /** Where the CLI keeps what it keeps. */
  directory: string;
  stack: string;
};

/** Pulumi's engine through its CLI, with a back end of files and a stack that has nothing in it. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { cli, host, root, directory, stack } = options;
  const state = join(directory, "state");
  const logs: string[] = [];
  await mkdir(state, { recursive: true });
  const env = environment(options, state);
  const pulumi = async (...parameters: string[]) =>
    runCli(cli, [...parameters, "--stack", stack, "--non-interactive"], { root, env });
  const must = async (...parameters: string[]) => {
    const { code, stdout, stderr } = await pulumi(...parameters);
    if (code !== 0) {
      throw new Error(`pulumi ${parameters[0]} ended with ${code}:\n${stdout}\n${stderr}`);
    }
    return stdout;
  };
  await must("stack", "init");
  return {
    configure: async (plain, secret) => {
      const pairs = [...flags("--plaintext", plain), ...flags("--secret", secret)];
      await must("config", "set-all", "--path", ...pairs);
    },
    run: async (command) => {
      const log = join(directory, `events-${logs.length}.json`);
      const parameters = [...COMMANDS[command], ...(await host.flags()), "--color", "never"];
      const { code, stdout, stderr } = await pulumi(...parameters, "--event-log", log);
      const events = await readFile(log, "utf8").catch(() => "");
      logs.push(withoutDebugLines(events));
      const output = [stdout, stderr, host.takePrinted()].join("\n");
      if (code !== 0) {
        host.forget();
      }
      return { succeeded: code === 0, steps: readSteps(events, command), output };
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

/** A list, or an object, is set one item after the other: as a text it is none to the CLI. */
function flags(flag: string, values: Record<string, string>): string[] {
  return Object.entries(values)
    .flatMap(([key, value]) => partsOf(/^[[{]/.test(value) ? JSON.parse(value) : value, key))
    .flatMap((pair) => [flag, pair]);
}

/** `path=value` of every text within a value of the configuration. */
function partsOf(value: unknown, path: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => partsOf(item, `${path}[${index}]`));
  }
  return isObject(value)
    ? Object.entries(value).flatMap(([name, item]) => partsOf(item, `${path}.${name}`))
    : [`${path}=${String(value)}`];
}

/** Nothing of the person's own Pulumi: no log-in, no plugins, no look for updates. */
function environment({ cli, plugins, directory }: EngineOptions, state: string) {
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
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const timers = [
    setTimeout(() => child.kill("SIGINT"), COMMAND_LIMIT_MS),
    setTimeout(() => child.kill("SIGKILL"), COMMAND_LIMIT_MS + GRACE_MS),
  ];
  try {
    const code = await new Promise<number | null>((end, fail) => {
      child.once("error", fail);
      child.once("close", end);
    });
    const [stdout, stderr] = await said;
    return { code, stdout, stderr };
  } finally {
    timers.forEach((timer) => clearTimeout(timer));
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}
