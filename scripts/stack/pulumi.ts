import { join } from "node:path";
import { z } from "zod";
import { MendableError } from "../checks/check.ts";
import { explainPulumi } from "./explain-pulumi.ts";
import { parseOutputs, type StackOutputs } from "./outputs.ts";
import { createRun, type Run } from "./run.ts";

/** The Pulumi CLI as far as the scripts use it. Every method throws MendableError. */
export type Pulumi = {
  version(): Promise<string>;
  /** The signed-in user, and where the state is kept. */
  whoAmI(): Promise<{ user: string; url: string }>;
  /** Name of the selected stack. */
  stackName(): Promise<string>;
  /** The stack's configuration, keys with their namespace, secrets revealed. */
  config(): Promise<StackConfig>;
  /** Undefined while nothing is deployed. */
  outputs(options: { showSecrets: boolean }): Promise<StackOutputs | undefined>;
  /** The stack's resources. */
  resources(): Promise<StackResource[]>;
};

export type StackConfig = Record<string, { value?: string | undefined; secret: boolean }>;
export type StackResource = { type: string; urn: string; id?: string | undefined };

/** Name of the project in Pulumi.yaml, and so the namespace of its configuration. */
export const PROJECT = "m365-twitter-connector";

const ROOT = join(import.meta.dirname, "../..");
/** The first use downloads the CLI. */
const TIMEOUT_MS = 10 * 60_000;

/** The CLI of the npm package `pulumi`, called without npx, which takes half a second for each call. */
export const runPulumi: Run = createRun({
  file: process.execPath,
  before: [join(ROOT, "node_modules/pulumi/run.js")],
  cwd: ROOT,
  timeoutMs: TIMEOUT_MS,
});

const whoSchema = z.object({ user: z.string(), url: z.string().default("") });
const configSchema = z.record(
  z.string(),
  z.object({ value: z.string().optional(), secret: z.boolean() }),
);
const stateSchema = z.object({
  deployment: z
    .object({
      resources: z
        .array(
          z.object({
            type: z.string(),
            urn: z.string(),
            id: z.string().optional(),
            delete: z.boolean().default(false),
          }),
        )
        .default([]),
    })
    .nullish(),
});

export function createPulumi(run: Run = runPulumi): Pulumi {
  const say = async (...args: string[]): Promise<string> => {
    const ran = await run([...args, "--non-interactive", "--color", "never"]);
    if (!ran || ran.exitCode !== 0) {
      throw explainPulumi(ran?.stderr ?? "npm ci brings the CLI's package", args);
    }
    return ran.stdout;
  };
  const ask = async <S extends z.ZodType>(schema: S, ...args: string[]): Promise<z.infer<S>> => {
    const parsed = schema.safeParse(parseJson(await say(...args)));
    if (!parsed.success) {
      throw new MendableError(
        `pulumi ${args.join(" ")} answers in a form that is not known here`,
        "Use the CLI of package.json: npx pulumi, and not another on this machine",
      );
    }
    return parsed.data;
  };
  return {
    // A download writes lines before the answer.
    version: async () => (await say("version")).trim().split("\n").at(-1) ?? "",
    whoAmI: () => ask(whoSchema, "whoami", "--json"),
    stackName: async () => (await say("stack", "--show-name")).trim(),
    config: () => ask(configSchema, "config", "--json", "--show-secrets"),
    async outputs({ showSecrets }) {
      const flags = showSecrets ? ["--show-secrets"] : [];
      const outputs = await ask(z.looseObject({}), "stack", "output", "--json", ...flags);
      return Object.keys(outputs).length === 0 ? undefined : parseOutputs(outputs, "The stack");
    },
    async resources() {
      const { deployment } = await ask(stateSchema, "stack", "export");
      return (deployment?.resources ?? []).filter((resource) => !resource.delete);
    },
  };
}

/** Text that is not JSON becomes undefined, which no schema accepts. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
