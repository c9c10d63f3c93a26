import { describe, expect, it } from "vitest";
import type { Finding } from "../checks/check.ts";
import { createPulumi, PROJECT } from "../stack/pulumi.ts";
import type { Run } from "../stack/run.ts";
import { type Answer, createScriptedRun } from "../stack/testing/scripted-run.ts";
import { createAz } from "./az.ts";
import { diagnose } from "./diagnose.ts";

const SUBSCRIPTION = "00000000-0000-4000-8000-000000000001";
const TENANT = "11111111-1111-4111-8111-111111111111";
const OTHER_TENANT = "22222222-2222-4222-8222-222222222222";
const APP = "33333333-3333-4333-8333-333333333333";
const GRAPH = "rest --method get --url https://graph.microsoft.com/v1.0";
const PERMISSIONS = `rest --method get --url /subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/permissions?`;
const PROVIDERS = `rest --method get --url /subscriptions/${SUBSCRIPTION}/providers?`;
const LOCATIONS = `rest --method get --url /subscriptions/${SUBSCRIPTION}/locations?`;

/** A machine on which everything is ready for the first `up`. */
const PULUMI: Record<string, Answer> = {
  version: { text: "v3.265.0\n" },
  whoami: { json: { user: "ada", url: "azblob://state?storage_account=a&sig=not-to-be-shown" } },
  "stack --show-name": { text: "production\n" },
  "stack output": { json: {} },
  config: config({}),
};
const AZ: Record<string, Answer> = {
  "account show": {
    json: {
      id: SUBSCRIPTION,
      tenantId: TENANT,
      user: { name: "ada@contoso.example", type: "user" },
    },
  },
  [PERMISSIONS]: { json: { value: [{ actions: ["*"], notActions: [] }] } },
  [PROVIDERS]: providers("Registered"),
  [LOCATIONS]: {
    json: { value: [{ name: "westeurope", availabilityZoneMappings: [{ logicalZone: "1" }] }] },
  },
  [`${GRAPH}/me/transitiveMemberOf/microsoft.graph.directoryRole`]: {
    json: { value: [{ roleTemplateId: "cf1c38e5-3621-4004-a7cb-879624dced7c" }] },
  },
};
const NO_ROLES = {
  [`${GRAPH}/me/transitiveMemberOf/microsoft.graph.directoryRole`]: { json: { value: [] } },
};

describe("before the first up", () => {
  it("everything is ready, and nothing is deployed", async () => {
    expect(await findings()).toEqual([
      { what: "Node", result: "ok", detail: "24.21.0" },
      { what: "Pulumi CLI", result: "ok", detail: "v3.265.0" },
      { what: "Login", result: "ok", detail: "ada at azblob://state" },
      { what: "Stack", result: "ok", detail: "production" },
      {
        what: "Configuration",
        result: "ok",
        detail:
          "development, B1, public network, without the four Twitter values (normal before the X developer app exists)",
      },
      {
        what: "Alerts",
        result: "ok",
        detail: "shown in the Azure portal only, which is enough for a trial",
      },
      {
        what: "Azure permissions",
        result: "ok",
        detail: `ada@contoso.example on subscription ${SUBSCRIPTION}`,
      },
      { what: "Resource providers", result: "ok", detail: "all 6 are registered" },
      { what: "Region", result: "ok", detail: "westeurope, with what Standard_ZRS needs" },
      { what: "Azure Policy", result: "ok", detail: "denies none of 0 kinds of resources" },
      {
        what: "Entra permissions",
        result: "ok",
        detail: "ada@contoso.example: Application Developer",
      },
      {
        what: "Deployed",
        result: "not checked",
        detail: "nothing is deployed yet",
        remedy: "Once no check above fails: npm run up",
      },
    ]);
  });

  it("an old Node is found", async () => {
    const [node] = await findings({ nodeVersion: "20.20.2" });
    expect(node).toMatchObject({
      result: "failed",
      detail: expect.stringMatching(/24/) as unknown,
    });
  });

  it.each<[command: string, fails: string, failing: string, remedy: RegExp]>([
    [
      "version",
      "Downloading pulumi v3.265.0...\npulumi: fetch failed",
      "Pulumi CLI",
      /get\.pulumi\.com/,
    ],
    ["whoami", "error: PULUMI_ACCESS_TOKEN must be set for login", "Login", /pulumi login/],
    ["stack --show-name", "error: no stack selected", "Stack", /stack init/],
    [
      "config",
      "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE",
      "Configuration",
      /PULUMI_CONFIG_PASSPHRASE/,
    ],
  ])(
    "a failing %s stops what needs it, with its remedy",
    async (command, fails, failing, remedy) => {
      const found = await findings({ pulumi: { [command]: { fails } } });
      const failed = found.filter(({ result }) => result === "failed");
      expect(failed).toMatchObject([
        { what: failing, remedy: expect.stringMatching(remedy) as unknown },
      ]);
      expect(resultOf(found, "Azure permissions")).toBe("not checked");
    },
  );
});

describe("Configuration", () => {
  it("is refused by the program's own rules, all problems at once, and shows no secret", async () => {
    const found = await findings({
      pulumi: {
        config: config(
          { sku: "F1", "azure-native:location": "", twitterApikey: "misspelt" },
          { apiSecretKey: "too-short", twitterApiKey: "x-key-in-clear" },
        ),
      },
    });
    const finding = found.find(({ what }) => what === "Configuration");
    expect(finding?.result).toBe("failed");
    expect(finding?.detail.split("\n")).toEqual([
      expect.stringMatching(/^azure-native:location: missing.*westeurope$/),
      expect.stringMatching(/^sku: must be an App Service size that keeps the worker running/),
      expect.stringMatching(/^twitterApiSecretKey: missing/),
      expect.stringMatching(/^twitterAccessToken: missing/),
      expect.stringMatching(/^twitterAccessTokenSecret: missing/),
      expect.stringMatching(/^twitterApikey: the program has no such key.*pulumi config rm/),
      expect.stringMatching(/^apiSecretKey: must have 32 characters/),
    ]);
    expect(JSON.stringify(found)).not.toMatch(/too-short|x-key-in-clear/);
  });

  it("says that all four Twitter values are there", async () => {
    const keys = [
      "twitterApiKey",
      "twitterApiSecretKey",
      "twitterAccessToken",
      "twitterAccessTokenSecret",
    ];
    const secrets = Object.fromEntries(keys.map((key) => [key, "x".repeat(20)]));
    const found = await findings({ pulumi: { config: config({}, secrets) } });
    expect(found.find(({ what }) => what === "Configuration")?.detail).toMatch(
      /with the four Twitter values$/,
    );
  });
});

describe("a production stack", () => {
  const production = { environment: "production" };

  it("is warned of that nobody is told when it needs somebody", async () => {
    const found = await findings({ pulumi: { config: config(production) } });
    expect(found.find(({ what }) => what === "Alerts")).toMatchObject({
      result: "warning",
      remedy: expect.stringMatching(/config set alertEmail/) as unknown,
    });
  });

  it("is not, where somebody is", async () => {
    const told = { ...production, alertEmail: "compliance-it@contoso.example" };
    const found = await findings({ pulumi: { config: config(told) } });
    expect(resultOf(found, "Alerts")).toBe("ok");
  });

  it("is warned of that nobody is told when a client secret of its own ends", async () => {
    const own = { ...production, alertEmail: "compliance-it@contoso.example", azureAppId: APP };
    const secret = { azureAppSecret: "a-secret-of-its-own" };
    const found = await findings({ pulumi: { config: config(own, secret) } });
    expect(found.find(({ what }) => what === "Alerts")).toMatchObject({
      result: "warning",
      remedy: expect.stringMatching(/config set azureAppSecretEndDate/) as unknown,
    });
    const dated = { ...own, azureAppSecretEndDate: "2027-06-30" };
    const again = await findings({ pulumi: { config: config(dated, secret) } });
    expect(resultOf(again, "Alerts")).toBe("ok");
  });

  it("does not get a region that cannot keep its archive", async () => {
    const found = await findings({ pulumi: { config: config(production) } });
    expect(resultOf(found, "Region")).toBe("failed");
  });
});

describe("the deployer's permissions", () => {
  it("are not checked without the Azure CLI, and nothing has failed", async () => {
    const found = await findings({ runAz: async () => undefined });
    for (const what of ["Azure permissions", "Entra permissions"]) {
      expect(found.find((one) => one.what === what)).toEqual({
        what,
        result: "not checked",
        detail: "the Azure CLI (az) is not installed",
        remedy: expect.stringMatching(/aka\.ms\/azure-cli/) as unknown,
      });
    }
    expect(found.some(({ result }) => result === "failed")).toBe(false);
  });

  it.each<[what: string, az: Record<string, Answer>, detail: RegExp]>([
    [
      "without a login",
      { "account show": { fails: "ERROR: Please run 'az login' to setup account." } },
      /not signed in/,
    ],
    [
      "where Azure does not say",
      { [PERMISSIONS]: { fails: "ERROR: Forbidden({'error': 'x'})\nmore" } },
      /may not ask: Forbidden/,
    ],
    [
      "where Azure has changed its words",
      { [PERMISSIONS]: { json: [] } },
      /form that is not known/,
    ],
  ])("are not checked %s", async (_what, az, detail) => {
    const found = await findings({ az });
    expect(found.find(({ what }) => what === "Azure permissions")).toMatchObject({
      result: "not checked",
      detail: expect.stringMatching(detail) as unknown,
    });
  });

  it("are not those of az where the program signs in by another way", async () => {
    const found = await findings({ env: { ARM_CLIENT_ID: APP } });
    expect(found.find(({ what }) => what === "Azure permissions")).toMatchObject({
      result: "not checked",
      detail: expect.stringContaining("ARM_CLIENT_ID") as unknown,
    });
  });

  it("lack what a Contributor lacks", async () => {
    const contributor = [{ actions: ["*"], notActions: ["Microsoft.Authorization/*/Write"] }];
    const found = await findings({ az: { [PERMISSIONS]: { json: { value: contributor } } } });
    expect(found.find(({ what }) => what === "Azure permissions")).toMatchObject({
      result: "failed",
      detail: expect.stringMatching(
        /\nMicrosoft\.Authorization\/roleAssignments\/write$/,
      ) as unknown,
      remedy: expect.stringMatching(/Role Based Access Control Administrator/) as unknown,
    });
  });

  it("make nothing of a kind that the subscription does not know yet", async () => {
    const found = await findings({ az: { [PROVIDERS]: providers("NotRegistered") } });
    expect(found.find(({ what }) => what === "Resource providers")).toMatchObject({
      result: "failed",
      remedy: expect.stringMatching(/az provider register --wait --namespace/) as unknown,
    });
  });

  it("are asked of the subscription that the stack names", async () => {
    const other = "99999999-0000-4000-8000-000000000001";
    const found = await findings({
      pulumi: { config: config({ "azure-native:subscriptionId": other }) },
      az: {
        [`rest --method get --url /subscriptions/${other}/`]: { fails: "ERROR: Not Found({})" },
      },
    });
    expect(found.find(({ what }) => what === "Azure permissions")?.detail).toContain(
      `has no access to subscription ${other}`,
    );
  });

  it.each<[what: string, options: Partial<Machine>, result: Finding["result"], detail: RegExp]>([
    [
      "all users may register apps",
      { az: { ...NO_ROLES, [`${GRAPH}/policies/authorizationPolicy`]: policy(true) } },
      "ok",
      /all users may/,
    ],
    [
      "nobody without a role may",
      { az: { ...NO_ROLES, [`${GRAPH}/policies/authorizationPolicy`]: policy(false) } },
      "failed",
      /may not register an app/,
    ],
    [
      "an application has the permission",
      { az: servicePrincipal("18a4783c-866b-4cc7-a460-3d5e5662c884") },
      "ok",
      /Application\.ReadWrite\.OwnedBy/,
    ],
    [
      "an application has another permission",
      { az: servicePrincipal("00000000-0000-0000-0000-000000000000") },
      "failed",
      /may not register an app/,
    ],
    [
      "the registration is there already",
      { pulumi: { config: config({ azureAppId: APP }) }, az: NO_ROLES },
      "ok",
      /not needed/,
    ],
    [
      "the registration belongs to another tenant",
      { pulumi: { config: config({ tenantId: OTHER_TENANT }) } },
      "not checked",
      /logged in to/,
    ],
    [
      "the program would refuse a credential of another tenant",
      { pulumi: { config: config({ tenantId: OTHER_TENANT, credential: "federated" }) } },
      "failed",
      /federated needs the site in the registration's tenant/,
    ],
  ])("in Entra are found out where %s", async (_what, machine, result, detail) => {
    const found = await findings(machine);
    expect(found.find(({ what }) => what === "Entra permissions")).toMatchObject({
      result,
      detail: expect.stringMatching(detail) as unknown,
    });
  });
});

type Machine = {
  pulumi: Record<string, Answer>;
  az: Record<string, Answer>;
  runAz: Run;
  env: NodeJS.ProcessEnv;
  nodeVersion: string;
};

async function findings({
  pulumi = {},
  az = {},
  runAz = createScriptedRun({ ...AZ, ...az }),
  env = {},
  nodeVersion = "24.21.0",
}: Partial<Machine> = {}): Promise<Finding[]> {
  return diagnose({
    pulumi: createPulumi(createScriptedRun({ ...PULUMI, ...pulumi })),
    az: createAz(runAz),
    outputsFile: undefined,
    mend: false,
    hashOf: async () => "",
    record: async () => [],
    report: { begin: () => undefined, end: () => undefined },
    env,
    nodeVersion,
  });
}

function resultOf(found: Finding[], name: string): string | undefined {
  return found.find(({ what }) => what === name)?.result;
}

/** `pulumi config --json --show-secrets`; keys without a namespace are the program's own. */
function config(plain: Record<string, string>, secrets: Record<string, string> = {}): Answer {
  const entries = (values: Record<string, string>, secret: boolean) =>
    Object.entries(values).map(([key, value]) => [
      key.includes(":") ? key : `${PROJECT}:${key}`,
      { value, secret },
    ]);
  const all = [
    ...entries({ "azure-native:location": "westeurope", ...plain }, false),
    ...entries(secrets, true),
  ];
  return { json: Object.fromEntries(all) };
}

function providers(registrationState: string): Answer {
  const names = [
    "Insights",
    "KeyVault",
    "ManagedIdentity",
    "OperationalInsights",
    "Storage",
    "Web",
  ];
  const value = names.map((name) => ({ namespace: `Microsoft.${name}`, registrationState }));
  return { json: { value } };
}

function policy(allowedToCreateApps: boolean): Answer {
  return { json: { defaultUserRolePermissions: { allowedToCreateApps } } };
}

function servicePrincipal(appRoleId: string): Record<string, Answer> {
  return {
    "account show": {
      json: { id: SUBSCRIPTION, tenantId: TENANT, user: { name: APP, type: "servicePrincipal" } },
    },
    [`${GRAPH}/servicePrincipals(appId='${APP}')/appRoleAssignments`]: {
      json: { value: [{ appRoleId }] },
    },
  };
}
