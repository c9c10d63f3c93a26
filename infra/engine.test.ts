import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Command, type Engine, type Outcome, planOf, type Step } from "./testing/engine.ts";
import { startMiniatureEngine } from "./testing/miniature-engine.ts";
import { MODES, OWN_APP_ID, TWITTER_CONFIG } from "./testing/modes.ts";
import { copyProject } from "./testing/project-copy.ts";
import { COMMAND_LIMIT_MS, findCli, startCliEngine } from "./testing/pulumi-cli.ts";
import { type StartedStandIn, startStandIn } from "./testing/start-stand-in.ts";

/** A test runs four commands at most. */
const LIMIT_MS = 4 * COMMAND_LIMIT_MS;
const STACK = "dev";
const PROJECT = "m365-twitter-connector";

const cli = await findCli();

describe("the program on a miniature engine", () => {
  describeStacks(async ({ root, plugins }) =>
    startMiniatureEngine({ root, plugins, project: PROJECT, stack: STACK }),
  );
});

describe.skipIf(cli === undefined)(
  `the program on the real engine (${cli ?? "skipped: no Pulumi CLI on PATH or in PULUMI_BIN"})`,
  () => {
    describeStacks(async ({ root, plugins, directory }) =>
      startCliEngine({ cli: cli ?? "", root, plugins, directory, stack: STACK }),
    );
  },
);

type Places = { root: string; plugins: string; directory: string };

type Start = (places: Places) => Promise<Engine & { close?(): void }>;

function describeStacks(start: Start): void {
  describe("in development", () => {
    describeLife(start);
  });
  describe("in production", () => {
    describeProduction(start);
  });
  describe.each([
    ["another tenant", "destroy"],
    ["own registration", "destroy"],
    ["immutable archive", "destroy"],
    ["private backend", "destroy --exclude-protected"],
  ] as const)("with %s", (mode, end) => {
    describeMode(start, MODES[mode], end);
  });
  describe("with own registration, its secret, and instances that follow the queue", () => {
    describeOwnSecret(start);
  });
}

type Stack = {
  engine: Engine & { close?(): void };
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
function useStack(
  start: Start,
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
    const engine = await start({ root, plugins: azure.plugins, directory });
    await engine.configure(config, {});
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
    const [app, program] = [join(root, "app/server.ts"), join(root, "infra/index.ts")];
    stack = { engine, azure, app, program, shown, run, succeed };
  }, LIMIT_MS);

  afterAll(async () => {
    stack?.engine.close?.();
    await stack?.azure.close();
    await rm(directory, { recursive: true, force: true });
  });
  return used;
}

/** The life of a stack, from the first preview to its end. */
function describeLife(start: Start): void {
  // The mode with most to rotate.
  const stack = useStack(start, { credential: "secret" });
  let firstPlan: string[];
  let firstApp: string;
  let firstProgram: string;

  /** What `up` does, which `preview` has told before. */
  async function upAsPlanned(): Promise<Outcome> {
    const preview = await stack().succeed("preview");
    const up = await stack().succeed("up");
    expect(planOf(up)).toEqual(planOf(preview));
    return up;
  }

  it(
    "plans to create everything, and makes nothing yet",
    async () => {
      firstPlan = planOf(await stack().succeed("preview"));
      expect(firstPlan).toContain("create web:WebApp connector-site");
      expect(firstPlan.filter((step) => !step.startsWith("create "))).toEqual([]);
      expect(stack().azure.standIn.resources()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "keeps what was made before a create failed, and makes just the rest the next time",
    async () => {
      stack().azure.standIn.failOnce("create", "azure-native:keyvault:Secret");
      const first = await stack().run("up");
      expect(first.succeeded).toBe(false);
      expect(first.output).toContain("InternalServerError");
      const made = stack().azure.standIn.resources();
      expect(made.length).toBeGreaterThan(5);
      expect(made.filter((id) => id.includes("/sites/"))).toEqual([]);

      const second = await stack().succeed("up");
      const rest = planOf(second);
      expect(rest).toContain("create web:WebApp connector-site");
      expect(rest.length).toBeLessThan(firstPlan.length);
      expect([...new Set([...planOf(first), ...rest])].sort()).toEqual(firstPlan);
      expect(stack().azure.standIn.resources()).toEqual(expect.arrayContaining(made));
    },
    LIMIT_MS,
  );

  it(
    "changes nothing when it is run again",
    async () => {
      const again = await stack().succeed("up");
      expect(new Set(again.steps.map(({ op }) => op))).toEqual(new Set(["same"]));
      expect(again.steps).toHaveLength(firstPlan.length);
    },
    LIMIT_MS,
  );

  it(
    "finds everything as it left it",
    async () => {
      const refresh = await stack().succeed("refresh");
      expect(new Set(refresh.steps.map(({ op }) => op))).toEqual(new Set(["same"]));
      expect(refresh.steps).toHaveLength(firstPlan.length);
      expect(planOf(await stack().succeed("preview"))).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "adds the four Twitter values, and changes just the site for them",
    async () => {
      await stack().engine.configure({}, TWITTER_CONFIG);
      const up = await stack().succeed("up");
      const names = Object.keys(TWITTER_CONFIG).map(toSettingName);
      const secrets = names.map((name) => `vault-${name.toLowerCase().replaceAll("_", "-")}`);
      expect(planOf(up)).toEqual(
        [
          ...secrets.map((name) => `create keyvault:Secret ${name}`),
          ...secrets.map((name) => `create authorization:RoleAssignment ${name}-role`),
          "update web:WebApp connector-site",
        ].sort(),
      );
      expect(changedSettings(up)).toEqual(names.sort());
    },
    LIMIT_MS,
  );

  it(
    "rotates the password of the portal: its secret and the site's reference to it",
    async () => {
      await stack().engine.configure({}, { apiSecretKey: "another-password-in-clear" });
      const up = await upAsPlanned();
      expect(planOf(up)).toEqual([
        "update keyvault:Secret vault-api-secret-key",
        "update web:WebApp connector-site",
      ]);
      expect(changedSettings(up)).toEqual(["API_SECRET_KEY"]);
    },
    LIMIT_MS,
  );

  it(
    "rotates the client secret, and lets go of the old one only when the site has moved",
    async () => {
      await stack().engine.configure({ rotateDays: "45" }, {});
      const up = await stack().succeed("up");
      const passwords = planOf(up).filter((step) => step.includes("azuread:ApplicationPassword"));
      expect(passwords.length).toBeGreaterThan(0);
      expect(planOf(up)).toEqual(
        [
          ...passwords,
          "update keyvault:Secret vault-azure-app-secret",
          "update web:WebApp connector-site",
        ].sort(),
      );
      expect(changedSettings(up)).toEqual(["AZURE_APP_SECRET"]);
      const order = up.steps.map(({ op, type }) => `${op} ${type}`);
      expect(order.indexOf("update azure-native:web:WebApp")).toBeLessThan(
        order.findIndex((step) => step.startsWith("delete-replaced azuread:")),
      );
    },
    LIMIT_MS,
  );

  it(
    "ships a new version: the package and one setting, the old package there until the site has moved",
    async () => {
      firstApp = await readFile(stack().app, "utf8");
      await appendFile(stack().app, '\nprocess.title = "another version";\n');
      const before = await stack().engine.outputs();
      const up = await upAsPlanned();
      expect(planOf(up)).toEqual([
        "replace storage:Blob package-blob",
        "update web:WebApp connector-site",
      ]);
      expect(changedSettings(up)).toEqual(["WEBSITE_RUN_FROM_PACKAGE"]);
      expect((await stack().engine.outputs())["packageHash"]).not.toBe(before["packageHash"]);
      const order = up.steps.map(({ op, name }) => `${op} ${name}`);
      expect(order.filter((step) => /^(create|update|delete)/.test(step))).toEqual([
        "create-replacement package-blob",
        "update connector-site",
        "delete-replaced package-blob",
      ]);
    },
    LIMIT_MS,
  );

  it(
    "goes back to the version before, though the site could not be moved at once",
    async () => {
      const packages = () =>
        stack()
          .azure.standIn.resources()
          .filter((id) => id.includes("/blobs/app-"));
      await writeFile(stack().app, firstApp);
      stack().azure.standIn.failOnce("update", "azure-native:web:WebApp");
      expect((await stack().run("up")).succeeded).toBe(false);
      expect(packages()).toHaveLength(2);
      const second = await stack().succeed("up");
      expect(planOf(second)).toContain("update web:WebApp connector-site");
      expect(packages()).toHaveLength(1);
      expect(planOf(await stack().succeed("preview"))).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "restores what somebody deleted in the portal",
    async () => {
      const queue =
        stack()
          .azure.standIn.resources()
          .find((id) => id.endsWith("/queues/poison")) ?? "";
      await stack().azure.manager.remove(queue);
      const refresh = await stack().succeed("refresh");
      // Azure deletes a role assignment together with its scope.
      const lost = [
        "authorization:RoleAssignment archive-poison-role",
        "storage:Queue archive-poison",
      ];
      expect(planOf(refresh)).toEqual(lost.map((what) => `delete ${what}`));
      const up = await stack().succeed("up");
      expect(planOf(up)).toEqual(lost.map((what) => `create ${what}`));
      expect(stack().azure.standIn.resources()).toContain(queue);
    },
    LIMIT_MS,
  );

  it(
    "would make all of a component anew that is renamed without a word",
    async () => {
      firstProgram = await readFile(stack().program, "utf8");
      await rewrite(stack().program, 'new Storage("archive", {', 'new Storage("evidence", {');
      const plan = planOf(await stack().succeed("preview"));
      expect(plan).toEqual(
        expect.arrayContaining([
          "create storage:StorageAccount evidenceaccount",
          "create storage:BlobContainer evidence-container",
          "delete storage:StorageAccount archiveaccount",
          "delete storage:BlobContainer archive-container",
        ]),
      );
    },
    LIMIT_MS,
  );

  it(
    "changes nothing for a component that is renamed with an alias",
    async () => {
      const made = stack().azure.standIn.resources();
      const end = "retention: config,\n}";
      await rewrite(stack().program, end, `${end}, { aliases: [{ name: "archive" }] }`);
      const up = await stack().succeed("up");
      expect(new Set(up.steps.map(({ op }) => op))).toEqual(new Set(["same"]));
      const names = up.steps.map(({ name }) => name);
      expect(names).toContain("evidence-container");
      expect(names.filter((name) => name.startsWith("archive"))).toEqual([]);
      expect(stack().azure.standIn.resources()).toEqual(made);
    },
    LIMIT_MS,
  );

  it(
    "shows no secret in anything that it keeps or prints",
    async () => {
      const secrets = [...stack().azure.standIn.secrets];
      expect(secrets).toEqual(
        expect.arrayContaining([...Object.values(TWITTER_CONFIG), "another-password-in-clear"]),
      );
      // The generated ones: two client secrets, the first password of the portal, a sealing key.
      expect(secrets.length).toBeGreaterThan(Object.keys(TWITTER_CONFIG).length + 4);
      const outputs = await stack().engine.outputs();
      expect(outputs["apiSecretKey"]).toBe("[secret]");
      expect(outputs["packageHash"]).toMatch(/^[0-9a-f]{64}$/);
      expect(await secretsInClear(stack())).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "goes without a trace, and comes back",
    async () => {
      const destroy = await stack().succeed("destroy");
      expect(planOf(destroy).filter((step) => !step.startsWith("delete "))).toEqual([]);
      expect(stack().azure.standIn.resources()).toEqual([]);
      await writeFile(stack().program, firstProgram);
      const again = await stack().succeed("up");
      expect(planOf(again)).toEqual(expect.arrayContaining(firstPlan));
    },
    LIMIT_MS,
  );
}

/** A stack with evidence in it. */
function describeProduction(start: Start): void {
  const stack = useStack(start, {});
  const resources = () => stack().azure.standIn.resources();

  it(
    "may have been tried out before, without losing what it has",
    async () => {
      await stack().succeed("up");
      const made = resources();
      const production = { environment: "production", sku: "P0v3", instances: "2" };
      await stack().engine.configure(production, TWITTER_CONFIG);
      const kinds = planOf(await stack().succeed("up")).map((step) => step.split(" ")[0]);
      expect(new Set(kinds)).toEqual(new Set(["create", "update"]));
      expect(resources()).toEqual(expect.arrayContaining(made));
      expect(planOf(await stack().succeed("up"))).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "is not destroyed by accident",
    async () => {
      const made = resources();
      const destroy = await stack().run("destroy");
      expect(destroy.succeeded).toBe(false);
      expect(destroy.output).toContain("because it is protected");
      expect(resources()).toEqual(made);
    },
    LIMIT_MS,
  );

  it(
    "leaves the evidence when the rest of it is destroyed",
    async () => {
      const container = resources().find((id) => id.endsWith("/containers/archive")) ?? "";
      const account = container.slice(0, container.indexOf("/blobServices/"));
      const vault = resources().find((id) => /\/vaults\/[^/]+$/.test(id)) ?? "";
      const destroy = await stack().succeed("destroy --exclude-protected");
      expect(planOf(destroy)).toContain("delete web:WebApp connector-site");
      expect(resources()).toEqual(expect.arrayContaining([container, account, vault]));
    },
    LIMIT_MS,
  );
}

/** Every other way in which the program is used, in short. */
function describeMode(start: Start, config: Record<string, string>, end: Command): void {
  const shown = Object.entries(config).filter(([key]) => !(key in TWITTER_CONFIG));
  const stack = useStack(start, Object.fromEntries(shown));

  it(
    "is made at once, stays as it is, and goes in an order that Azure takes",
    async () => {
      expect(planOf(await stack().succeed("up"))).toContain("create web:WebApp connector-site");
      expect(planOf(await stack().succeed("up"))).toEqual([]);
      expect(planOf(await stack().succeed(end))).toContain("delete web:WebApp connector-site");
    },
    LIMIT_MS,
  );
}

/** A stack that changes nothing in Entra: the provider for it is not even there. */
function describeOwnSecret(start: Start): void {
  const config = { azureAppId: OWN_APP_ID, sku: "S1", maxInstances: "3" };
  const stack = useStack(start, config, { without: ["azuread"] });

  it(
    "is not made while the stack's file has a secret in clear",
    async () => {
      await stack().engine.configure({ azureAppSecret: "a-secret-in-clear" }, {});
      const up = await stack().run("up");
      expect(up.succeeded).toBe(false);
      expect(up.output).toContain("azureAppSecret: stands in the stack's file in clear");
      expect(stack().azure.standIn.resources()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "is made without Entra, and stays as it is",
    async () => {
      await stack().engine.configure({}, { azureAppSecret: "own-secret-in-clear" });
      const up = await stack().succeed("up");
      expect(planOf(up)).toEqual(
        expect.arrayContaining([
          "create keyvault:Secret vault-azure-app-secret",
          "create monitor:AutoscaleSetting connector-autoscale",
        ]),
      );
      expect(up.steps.filter(({ type }) => type.startsWith("azuread:"))).toEqual([]);
      expect(planOf(await stack().succeed("up"))).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "takes another client secret, and moves the site to it in the same up",
    async () => {
      await stack().engine.configure({}, { azureAppSecret: "renewed-secret-in-clear" });
      const up = await stack().succeed("up");
      expect(planOf(up)).toEqual([
        "update keyvault:Secret vault-azure-app-secret",
        "update web:WebApp connector-site",
      ]);
      expect(changedSettings(up)).toEqual(["AZURE_APP_SECRET"]);
      expect([...stack().azure.standIn.secrets]).toContain("renewed-secret-in-clear");
      expect(await secretsInClear(stack())).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    "leaves as many instances as the queue has called for, and goes without a trace",
    async () => {
      const { standIn } = stack().azure;
      const plan = standIn.resources().find((id) => /\/serverfarms\/[^/]+$/.test(id)) ?? "";
      standIn.change(plan, { sku: { name: "S1", capacity: 3 } });
      await stack().succeed("refresh");
      expect(planOf(await stack().succeed("up"))).toEqual([]);
      await stack().succeed("destroy");
      expect(standIn.resources()).toEqual([]);
    },
    LIMIT_MS,
  );
}

/** Secrets of everything made so far that stand in what the engine keeps, or in what it showed. */
async function secretsInClear({ engine, azure, shown }: Stack): Promise<string[]> {
  const outputs = JSON.stringify(await engine.outputs());
  const everything = [await engine.kept(), outputs, ...shown].join("\n");
  expect(everything).toContain("connector-site");
  return [...azure.standIn.secrets].filter(
    (secret) => everything.includes(secret) || everything.includes(inJson(secret)),
  );
}

async function rewrite(file: string, before: string, after: string): Promise<void> {
  const text = await readFile(file, "utf8");
  expect(text).toContain(before);
  await writeFile(file, text.replace(before, after));
}

function toSettingName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const siteSchema = z.object({
  siteConfig: z.object({ appSettings: z.array(z.object({ name: z.string(), value: z.string() })) }),
});

/** Names of the app settings that the update of the site changed, added or took away. */
function changedSettings({ steps }: Outcome): string[] {
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
