import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { z } from "zod";
import {
  type Command,
  COMMAND_LIMIT_MS,
  type Engine,
  type Outcome,
  startEngine,
} from "./engine.ts";
import type { Step } from "./event-log.ts";
import { findCli } from "./find-cli.ts";
import { copyProject } from "./project-copy.ts";
import { createLanguageHost, type LanguageHost } from "./start-language-host.ts";
import { type StartedStandIn, startStandIn } from "./start-stand-in.ts";
import { CLI_IS_REQUIRED, NOT_PROVED } from "./tell-skipped.ts";

/** What runs the stacks of a test file. */
export type Pulumi = { cli: string; host: LanguageHost };

/** Describes stacks on Pulumi's engine, or skips them where there is no CLI. */
export async function onEngine(describeStacks: (pulumi: Pulumi) => void): Promise<void> {
  const cli = await findCli();
  if (!cli && CLI_IS_REQUIRED) {
    throw new Error(NOT_PROVED);
  }
  // A test runs four commands at most.
  const options = { timeout: 4 * COMMAND_LIMIT_MS };
  describe.skipIf(cli === undefined)("the program on Pulumi's engine", options, () => {
    const host = createLanguageHost(cli ?? "");
    describeStacks({ cli: cli ?? "", host });
    afterAll(() => host.forget());
  });
}

export type Stack = {
  engine: Engine;
  host: LanguageHost;
  azure: StartedStandIn;
  /** Main files of app and program, which tests change. */
  app: string;
  program: string;
  /** All that the engine ever showed. */
  shown: string[];
  run(command: Command): Promise<Outcome>;
  succeed(command: Command): Promise<Outcome>;
};

/** A stack of its own for the tests around; each of them goes on where the last one ended. */
export function useStack(
  pulumi: Pulumi,
  config: Record<string, string>,
  { without = [] }: { without?: string[] } = {},
): () => Stack {
  let stack: Stack | undefined;
  let directory: string;
  const used = (): Stack => {
    if (!stack) {
      throw new Error("the stack was not started");
    }
    return stack;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "engine-"));
    const root = join(directory, "project");
    await copyProject(root);
    const azure = await startStandIn(directory);
    for (const name of without) {
      await rm(join(azure.plugins, `pulumi-resource-${name}`));
    }
    const { plugins } = azure;
    const engine = await startEngine({ ...pulumi, root, plugins, directory, stack: "dev" });
    // The stand-ins heed a role at once.
    const always = { "azure-native:location": "westeurope", roleSettlingSeconds: "0" };
    await engine.configure({ ...always, ...config }, {});
    const shown: string[] = [];
    const run = async (command: Command) => {
      const outcome = await engine.run(command);
      shown.push(outcome.output);
      return outcome;
    };
    const succeed = async (command: Command) => {
      const outcome = await run(command);
      expect(outcome.succeeded, outcome.output).toBe(true);
      return outcome;
    };
    const [app, program] = [join(root, "app/server.ts"), join(root, "infra/twitter-connector.ts")];
    stack = { engine, host: pulumi.host, azure, app, program, shown, run, succeed };
  }, COMMAND_LIMIT_MS);

  afterAll(async () => {
    await stack?.azure.close();
    await rm(directory, { recursive: true, force: true });
  });
  return used;
}

/** Secrets of everything made so far that stand in what the engine keeps, or in what it showed. */
export async function secretsInClear({ engine, azure, shown }: Stack): Promise<string[]> {
  const outputs = JSON.stringify(await engine.outputs());
  const everything = [await engine.kept(), outputs, ...shown].join("\n");
  expect(everything).toContain("connector-site");
  return [...azure.standIn.secrets].filter(
    (secret) => everything.includes(secret) || everything.includes(inJson(secret)),
  );
}

/** Changes the program, for the next command. */
export async function rewrite(stack: Stack, before: string, after: string): Promise<void> {
  const text = await readFile(stack.program, "utf8");
  expect(text).toContain(before);
  await writeFile(stack.program, text.replace(before, after));
  stack.host.forget();
}

export function toSettingName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const siteSchema = z.object({
  siteConfig: z.object({ appSettings: z.array(z.object({ name: z.string(), value: z.string() })) }),
});

/** Names of the app settings that the update of the site changed, added or took away. */
export function changedSettings({ steps }: Outcome): string[] {
  const site = steps.find(({ op, name }) => op === "update" && name === "connector-site");
  const [before, after] = [settingsOf(site?.old), settingsOf(site?.new)];
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

function settingsOf(inputs: Step["old"]): Map<string, string> {
  const { appSettings } = siteSchema.parse(inputs).siteConfig;
  return new Map(appSettings.map(({ name, value }) => [name, value]));
}

/** As it stands within a JSON text. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
