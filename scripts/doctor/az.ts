import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { NotCheckedError } from "../checks/check.ts";
import { createRun, type Run } from "../stack/run.ts";

export type Account = {
  subscriptionId: string;
  tenantId: string;
  /** Sign-in name of a person, application id of a service principal. */
  name: string;
  isPerson: boolean;
};

/** The Azure CLI as far as the doctor uses it. Throws NotCheckedError if it cannot be used. */
export type Az = {
  account(): Promise<Account>;
  /** GET to Azure (a path) or Graph (an address); undefined if it does not exist. */
  get<S extends z.ZodType>(address: string, schema: S): Promise<z.infer<S> | undefined>;
  /** POST without a body: an action. @returns false if the resource does not exist. */
  post(address: string): Promise<boolean>;
  /** POST with a query, to Azure Resource Manager or to the service `resource`. */
  ask<S extends z.ZodType>(
    address: string,
    body: object,
    schema: S,
    resource?: string,
  ): Promise<z.infer<S> | undefined>;
};

const INSTALL = "Install it to have this checked: https://aka.ms/azure-cli, then az login";
const SAID_CHARACTERS = 200;
const TIMEOUT_MS = 60_000;

const accountSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  user: z.object({ name: z.string(), type: z.string() }),
});

/** The installed Azure CLI. */
export const runAz: Run = createRun({
  file: "az",
  timeoutMs: TIMEOUT_MS,
  shell: process.platform === "win32",
});

export function createAz(run: Run): Az {
  const say = async (...args: string[]): Promise<string | undefined> => {
    const ran = await run([...args, "--output", "json", "--only-show-errors"]);
    // The shell that starts az on Windows reports a missing program like this.
    if (!ran || /is not recognized|command not found/.test(ran.stderr)) {
      throw new NotCheckedError("the Azure CLI (az) is not installed", INSTALL);
    }
    if (ran.exitCode === 0) {
      return ran.stdout;
    }
    if (/az login/.test(ran.stderr)) {
      throw new NotCheckedError("the Azure CLI is not signed in", "az login");
    }
    if (/\bnot\s?found\b/i.test(ran.stderr)) {
      return undefined;
    }
    throw new NotCheckedError(`the Azure CLI may not ask: ${firstWords(ran.stderr)}`);
  };
  const parse = <S extends z.ZodType>(text: string, schema: S): z.infer<S> => {
    const parsed = schema.safeParse(parseJson(text));
    if (!parsed.success) {
      throw new NotCheckedError("Azure answers in a form that is not known here");
    }
    return parsed.data;
  };
  return {
    async account() {
      const { id, tenantId, user } = parse((await say("account", "show")) ?? "", accountSchema);
      return { subscriptionId: id, tenantId, name: user.name, isPerson: user.type === "user" };
    },
    async get(address, schema) {
      const text = await say("rest", "--method", "get", "--url", address);
      return text === undefined ? undefined : parse(text, schema);
    },
    async post(address) {
      return (await say("rest", "--method", "post", "--url", address)) !== undefined;
    },
    async ask(address, body, schema, resource) {
      // In a file, because a shell would interpret the body.
      await using folder = await makeFolder();
      const file = join(folder.path, "body.json");
      await writeFile(file, JSON.stringify(body), { mode: 0o600 });
      const to = resource === undefined ? [] : ["--resource", resource];
      const text = await say(
        "rest",
        "--method",
        "post",
        "--url",
        address,
        ...to,
        "--body",
        `@${file}`,
      );
      return text === undefined ? undefined : parse(text, schema);
    },
  };
}

async function makeFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "az-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function firstWords(stderr: string): string {
  const [line = ""] = stderr.trim().split("\n");
  return line.replace(/^ERROR: */, "").slice(0, SAID_CHARACTERS);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
