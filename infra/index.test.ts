import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import {
  PROCESS_ENVIRONMENT,
  secretSettings,
  settingsSchema,
  TWITTER_SETTINGS,
} from "../app/settings.ts";
import { program } from "./program.ts";
import { ROLES } from "./roles.ts";
import { DEPLOYER, evaluate, type Evaluation, valueOf } from "./testing/mocks.ts";
import {
  evaluateMode as run,
  type Mode,
  MODES,
  OTHER_TENANT,
  OWN_APP_ID,
  OWN_CONTAINER_ID,
  SECRET_VALUES,
} from "./testing/modes.ts";
import { reveal } from "./testing/property-values.ts";

const modes = Object.keys(MODES).filter((name): name is Mode => name in MODES);

describe.each(modes)("the whole program, %s", (mode) => {
  it("wires every setting that the app requires, and secrets only as references", async () => {
    const settings = appSettings(await run(mode));
    for (const [name, schema] of Object.entries(settingsSchema.shape)) {
      const isRequired = !schema.safeParse(undefined).success;
      expect(name in settings || !isRequired, name).toBe(true);
    }
    for (const name of Object.keys(secretSettings).filter((one) => one in settings)) {
      expect(settings[name], name).toMatch(
        /^@Microsoft\.KeyVault\(SecretUri=https:\/\/.+\/secrets\/.+\/version1\)$/,
      );
    }
    const unknown = Object.keys(settings).filter((name) => !(name in settingsSchema.shape));
    expect(unknown).toEqual([
      ...Object.keys(PROCESS_ENVIRONMENT),
      "WEBSITE_RUN_FROM_PACKAGE",
      ...("packageDelivery" in MODES[mode] ? [] : ["WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID"]),
      "SCM_DO_BUILD_DURING_DEPLOYMENT",
      "WEBSITES_CONTAINER_STOP_TIME_LIMIT",
    ]);
  });

  it("keeps secrets secret: in no plain output, no setting, and no name", async () => {
    const { resources, outputs } = await run(mode);
    for (const name of ["apiSecretKey", "portal"]) {
      expect(await pulumi.isSecret(pulumi.output(outputs[name])), name).toBe(true);
    }
    const shown = JSON.stringify([
      resources.filter(({ type }) => !type.endsWith("keyvault:Secret")),
      resources.map(({ name }) => name),
      await plainValuesOf(outputs),
    ]);
    expect(SECRET_VALUES.filter((secret) => shown.includes(secret))).toEqual([]);
  });

  it("gives the site's identity roles on parts, never on a whole, and no other role", async () => {
    const assignments = (await run(mode)).all("authorization:RoleAssignment");
    expect(assignments.length).toBeGreaterThanOrEqual(5);
    for (const { name, inputs } of assignments) {
      const role = String(inputs["roleDefinitionId"]).split("/").at(-1);
      expect(Object.values(ROLES), name).toContain(role);
      expect(inputs, name).toMatchObject({ principalType: "ServicePrincipal" });
      expect(String(inputs["scope"]), name).toMatch(
        /\/(azure-native:storage:(BlobContainer|Queue)|azure-native:keyvault:Secret|containers)\//,
      );
    }
  });

  it("creates the site after everything that it needs to start", async () => {
    const evaluation = await run(mode);
    const needed = [
      ...evaluation.all("authorization:RoleAssignment"),
      ...evaluation.all("network:PrivateDnsZoneGroup"),
      ...evaluation.all("privatedns:VirtualNetworkLink"),
      ...evaluation.all("ServicePrincipal"),
      ...evaluation.all("ApplicationFederatedIdentityCredential"),
    ].map(({ name }) => name);
    // The site is registered when its component is, and the component waits for these.
    const before = evaluation.optionsOf("connector", "m365:connector:WebApp").dependsOn;
    expect(needed.filter((name) => !before.includes(name))).toEqual([]);
  });

  it("creates alerts over logs when their workspace is minutes old", async () => {
    const { all, optionsOf } = await run(mode);
    const alerts = all("monitor:ScheduledQueryRule").map(({ name }) => name);
    expect(alerts).not.toEqual([]);
    for (const name of alerts) {
      expect(optionsOf(name).dependsOn, name).toContain("connector-site");
    }
  });

  it("previews with everything unknown that a provider computes", async () => {
    const { outputs, find } = await run(mode, { preview: true });
    expect(find("web:WebApp").inputs["httpsOnly"]).toBe(true);
    expect(await valueOf(pulumi.output(outputs["connectorUrl"]))).toBeUndefined();
  });

  it("tags whatever can be tagged", async () => {
    const { resources } = await run(mode);
    const untagged = resources.filter(
      ({ type, inputs }) => type.startsWith("azure-native:") && !("tags" in inputs),
    );
    const types = new Set(untagged.map(({ type }) => type.split(":").slice(1).join(":")));
    expect([...types].toSorted()).toEqual(
      [...types].filter((type) => UNTAGGABLE.has(type)).toSorted(),
    );
  });
});

it("tags what it makes with the deployer's own, too", async () => {
  const { resources } = await run("private backend");
  const tagged = resources.flatMap(({ inputs }) => inputs["tags"] ?? []);
  expect(tagged.length).toBeGreaterThan(20);
  for (const tags of tagged) {
    expect(tags).toEqual({
      costCenter: "4711",
      project: "m365-twitter-connector",
      stack: "test",
      environment: "production",
    });
  }
});

/** Azure gives these no tags of their own. */
const UNTAGGABLE = new Set([
  "authorization:RoleAssignment",
  "network:PrivateDnsZoneGroup",
  "storage:Blob",
  "storage:BlobContainer",
  "storage:BlobContainerImmutabilityPolicy",
  "storage:BlobServiceProperties",
  "storage:ManagementPolicy",
  "storage:Queue",
  "monitor:DiagnosticSetting",
  "web:WebAppFtpAllowed",
  "web:WebAppScmAllowed",
]);

describe("the site", () => {
  it.each<[Mode]>([["complete"], ["client secret"]])(
    "waits for access that is new, whether it is made or changed (%s)",
    async (mode) => {
      const { all, optionsOf } = await run(mode);
      const access = [
        ...all("authorization:RoleAssignment"),
        ...all("ApplicationFederatedIdentityCredential"),
        ...all("ApplicationPassword"),
      ];
      expect(access.length).toBeGreaterThan(all("authorization:RoleAssignment").length);
      for (const { name } of access) {
        expect(optionsOf(name).hooks.afterCreate, name).toEqual(["connector-access-given"]);
      }
      expect(optionsOf("connector-site").hooks).toEqual({
        afterCreate: [],
        beforeCreate: ["connector-access-settled"],
        beforeUpdate: ["connector-access-settled"],
      });
    },
  );
});

describe("the example stack files", () => {
  it.each(["development", "production"])("%s makes the whole program", async (name) => {
    const file = new URL(`../examples/Pulumi.${name}.yaml`, import.meta.url);
    const values = exampleSchema.parse(parse(readFileSync(file, "utf8"))).config;
    const own = Object.entries(values).filter(([key]) => key.startsWith("m365-twitter-connector:"));
    const config = Object.fromEntries(
      own.map(([key, value]) => [key.slice(key.indexOf(":") + 1), String(value)]),
    );
    const { find, all } = await evaluate(program, { config });
    expect(find("resources:ResourceGroup", "connector").inputs["tags"]).toMatchObject({
      environment: name,
    });
    expect(all("network:PrivateEndpoint")).toHaveLength(name === "production" ? 3 : 0);
    expect(all("monitor:AutoscaleSetting")).toHaveLength(name === "production" ? 1 : 0);
  });
});

const exampleSchema = z.object({
  config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

describe("the first up", () => {
  it("works without the four Twitter values, and a second one adds just their secrets", async () => {
    const first = await run("first up");
    expect(TWITTER_SETTINGS.filter((name) => name in appSettings(first))).toEqual([]);
    const second = await run("complete");
    const added = namesOf(second).filter((name) => !namesOf(first).includes(name));
    expect(added.toSorted()).toEqual(
      TWITTER_SETTINGS.flatMap((name) => {
        const secret = `connector-vault-${name.toLowerCase().replaceAll("_", "-")}`;
        return [secret, `${secret}-role`];
      }).toSorted(),
    );
  });

  it("says what the administrator and the portal need, in the portal's own labels", async () => {
    const { outputs } = await run("first up");
    expect(await valuesOf(outputs)).toMatchObject({
      connectorUrl: "https://connector-1a2b.azurewebsites.net",
      azureAppId: "22222222-2222-4222-8222-222222222222",
      tenantId: "11111111-1111-4111-8111-111111111111",
      twitterCallbackUrl: "https://connector-1a2b.azurewebsites.net/Views/TwitterOAuth",
      statusUrl: "https://connector-1a2b.azurewebsites.net/",
      portal: {
        Name: "Twitter (test)",
        "Connector URL": "https://connector-1a2b.azurewebsites.net",
        Password: "generated-api-secret-key",
        "Azure App ID": "22222222-2222-4222-8222-222222222222",
      },
    });
  });

  it("runs the package from an address that its content names", async () => {
    const evaluation = await run("first up");
    const { packageHash } = evaluation.outputs;
    const blob = evaluation.find("storage:Blob").inputs;
    expect(blob["blobName"]).toBe(`app-${String(packageHash).slice(0, 16)}.zip`);
    expect(appSettings(evaluation)["WEBSITE_RUN_FROM_PACKAGE"]).toMatch(
      new RegExp(`^https://.*/packages/${String(blob["blobName"])}$`),
    );
  });
});

it("a package of one's own is read where it is, and no account with keys is made", async () => {
  const { all, find, outputs } = await run("own package container");
  expect(all("storage:StorageAccount").map(({ inputs }) => inputs["allowSharedKeyAccess"])).toEqual(
    [false],
  );
  expect(all("storage:Blob")).toEqual([]);
  expect(find("authorization:RoleAssignment", "connectorpackage-role").inputs).toMatchObject({
    scope: OWN_CONTAINER_ID,
    roleDefinitionId: expect.stringContaining(ROLES.storageBlobDataReader) as unknown,
  });
  expect(appSettings(await run("own package container"))["WEBSITE_RUN_FROM_PACKAGE"]).toBe(
    `https://contosopackages.blob.core.windows.net/connector/app-${String(outputs["packageHash"]).slice(0, 16)}.zip`,
  );
});

it("a package that is brought lies in no account, and Kudu is open for it, to tokens alone", async () => {
  const evaluation = await run("pushed package");
  const { all, find, outputs } = evaluation;
  expect(all("storage:Blob")).toEqual([]);
  expect(all("storage:StorageAccount").map(({ inputs }) => inputs["allowSharedKeyAccess"])).toEqual(
    [false],
  );
  expect(appSettings(evaluation)["WEBSITE_RUN_FROM_PACKAGE"]).toBe("1");
  expect(find("web:WebApp").inputs).toMatchObject({
    siteConfig: { scmIpSecurityRestrictionsDefaultAction: "Allow" },
  });
  expect(find("web:WebAppScmAllowed").inputs).toMatchObject({ allow: false });
  expect(await valueOf(pulumi.output(outputs["publishUrl"]))).toBe(
    "https://connector-1a2b.scm.azurewebsites.net/api/publish?type=zip",
  );
  expect((await run("complete")).outputs["publishUrl"]).toBeNull();
});

it("a package that was replaced can be brought back for 90 days", async () => {
  const { find, optionsOf } = await run("production");
  expect(
    find("storage:BlobServiceProperties", "connectorpackage-blob-service").inputs,
  ).toMatchObject({
    deleteRetentionPolicy: { enabled: true, days: 90 },
    containerDeleteRetentionPolicy: { enabled: true, days: 90 },
  });
  expect(optionsOf("connectorpackage-blob").retainOnDelete).toBe(false);
});

it("replaces a package by making the new one first, and a site by deleting the old one, whose name it takes", async () => {
  const { optionsOf } = await run("production");
  expect(optionsOf("connectorpackage-blob").deleteBeforeReplace).toBe(false);
  expect(optionsOf("connector-site").deleteBeforeReplace).toBe(true);
});

describe("the connector in Entra", () => {
  it("has no secret where the site is of the registration's tenant", async () => {
    const evaluation = await run("complete");
    expect(evaluation.all("ApplicationPassword")).toEqual([]);
    expect("AZURE_APP_SECRET" in appSettings(evaluation)).toBe(false);
    expect(evaluation.find("ApplicationFederatedIdentityCredential").inputs).toMatchObject({
      applicationId: "/connector-registration-application/object-id",
      issuer: "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/v2.0",
      subject: "principal-id",
      audiences: ["api://AzureADTokenExchange"],
    });
  });

  it.each<[Mode]>([["client secret"], ["another tenant"]])(
    "has two passwords that take turns otherwise (%s), and the vault knows when the current one ends",
    async (mode) => {
      const evaluation = await run(mode);
      const passwords = evaluation.all("ApplicationPassword");
      expect(passwords.map(({ name }) => name).toSorted()).toEqual([
        "connector-registration-password-even",
        "connector-registration-password-odd",
      ]);
      const ends = passwords.map(({ inputs }) => Date.parse(String(inputs["endDate"])) / 1000);
      const { properties } = secretSchema.parse(
        reveal(evaluation.find("keyvault:Secret", "connector-vault-azure-app-secret").inputs),
      );
      expect(properties.attributes.expires).toBe(Math.max(...ends));
      expect(evaluation.all("ApplicationFederatedIdentityCredential")).toEqual([]);
    },
  );

  it("has its own secret's end told to the vault, which tells of it", async () => {
    const { find } = await run("own registration with a secret");
    const { properties } = secretSchema.parse(
      reveal(find("keyvault:Secret", "connector-vault-azure-app-secret").inputs),
    );
    expect(properties.attributes.expires).toBe(Date.UTC(2027, 5, 30) / 1000);
  });

  it("is its deployer's, who else could not go on with it; whoever deploys later changes nothing", async () => {
    const { find, optionsOf } = await run("complete");
    for (const type of ["Application", "ServicePrincipal"]) {
      const { name, inputs } = find(type);
      expect(inputs["owners"], name).toEqual([DEPLOYER]);
      expect(optionsOf(name).ignoreChanges, name).toContain("owners");
    }
  });

  it("is registered in the organization's tenant, wherever the deployer is signed in", async () => {
    const evaluation = await run("another tenant");
    expect(evaluation.find("providers:azuread").inputs).toMatchObject({ tenantId: OTHER_TENANT });
    expect(evaluation.optionsOf("connector-registration-application").provider).toContain(
      "microsoft-365",
    );
  });

  it.each<[Mode]>([["own registration"], ["own registration with a secret"]])(
    "is left alone where the deployer brings it (%s)",
    async (mode) => {
      const evaluation = await run(mode);
      expect(evaluation.resources.filter(({ type }) => type.includes("azuread"))).toEqual([]);
      expect(appSettings(evaluation)["AZURE_APP_ID"]).toBe(OWN_APP_ID);
    },
  );

  it("tells the owner of such a registration what to add to it", async () => {
    const { outputs } = await run("own registration");
    expect(await valueOf(pulumi.output(outputs["federatedCredential"]))).toEqual({
      issuer: "https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/v2.0",
      subject: "principal-id",
      audience: "api://AzureADTokenExchange",
    });
  });
});

describe("destroying a stack", () => {
  const EVIDENCE = [
    ["connector", "resources:ResourceGroup"],
    ["connectorarchive", "storage:StorageAccount"],
    ["connectorarchive-evidence", "storage:BlobContainer"],
    ["connectorarchive-state", "storage:BlobContainer"],
    // The provider would set it back to Azure's defaults: no versions, no soft delete.
    ["connectorarchive-blob-service", "storage:BlobServiceProperties"],
    ["connector-vault", "keyvault:Vault"],
    ["connectorarchive-work", "storage:Queue"],
    ["connectorarchive-poison", "storage:Queue"],
    // The site's name, and with it what X and the portal were told.
    ["connector-site-id", "RandomId"],
    // What is sealed in the archive opens with this key only.
    ["connector-sealing-key", "RandomBytes"],
  ] as const;

  it("of production leaves the evidence, and what it lies in", async () => {
    const { optionsOf } = await run("production");
    for (const [name, type] of EVIDENCE) {
      expect(optionsOf(name, type), name).toMatchObject({ protect: true, retainOnDelete: true });
    }
  });

  it("takes the site with its own group, apart from the evidence", async () => {
    const { find, optionsOf } = await run("private backend");
    expect(optionsOf("connector-app", "resources:ResourceGroup")).toMatchObject({
      protect: false,
      retainOnDelete: false,
    });
    for (const type of ["web:AppServicePlan", "web:WebApp", "monitor:AutoscaleSetting"]) {
      expect(find(type).inputs["resourceGroupName"], type).toBe("connector-app-rg");
    }
    for (const type of ["keyvault:Vault", "network:VirtualNetwork"]) {
      expect(find(type).inputs["resourceGroupName"], type).toBe("connector-rg");
    }
  });

  it("takes the plan before the network that Azure links it to", async () => {
    const { optionsOf } = await run("private backend");
    expect(optionsOf("connector-plan").dependsOn).toContain("connector-private-network");
  });

  it("of development leaves nothing but secrets, which go with their vault", async () => {
    const { resources, optionsOf } = await run("complete");
    const kept = resources.filter(({ name, type }) => {
      const { protect, retainOnDelete } = optionsOf(name, type);
      return protect || retainOnDelete;
    });
    expect(new Set(kept.map(({ type }) => type))).toEqual(
      new Set(["azure-native:keyvault:Secret"]),
    );
  });
});

const secretSchema = z.object({
  properties: z.object({ attributes: z.object({ expires: z.number() }) }),
});

const siteSchema = z.object({
  siteConfig: z.object({ appSettings: z.array(z.object({ name: z.string(), value: z.string() })) }),
});

function appSettings({ find }: Evaluation): Record<string, string> {
  const { siteConfig } = siteSchema.parse(find("web:WebApp").inputs);
  return Object.fromEntries(siteConfig.appSettings.map(({ name, value }) => [name, value]));
}

function namesOf({ resources }: Evaluation): string[] {
  return resources.map(({ name }) => name);
}

async function valuesOf(outputs: Record<string, unknown>): Promise<Record<string, unknown>> {
  const pairs = Object.entries(outputs).map(
    async ([name, value]) => [name, await valueOf(pulumi.output(value))] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}

async function plainValuesOf(outputs: Record<string, unknown>): Promise<unknown[]> {
  const plain = await Promise.all(
    Object.values(outputs).map(async (value) => {
      const output = pulumi.output(value);
      return (await pulumi.isSecret(output)) ? undefined : valueOf(output);
    }),
  );
  return plain;
}
