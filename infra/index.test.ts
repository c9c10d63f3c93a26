import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { secretSettings, settingsSchema, TWITTER_SETTINGS } from "../app/settings.ts";
import { ROLES } from "./roles.ts";
import { type Evaluation, evaluate, valueOf } from "./testing/mocks.ts";

const TWITTER_CONFIG = {
  twitterApiKey: "key-in-clear-1",
  twitterApiSecretKey: "key-in-clear-2",
  twitterAccessToken: "key-in-clear-3",
  twitterAccessTokenSecret: "key-in-clear-4",
};
/** Every value in these evaluations that must stay secret. */
const SECRET_VALUES = [
  ...Object.values(TWITTER_CONFIG),
  "generated-client-secret",
  "generated-api-secret-key",
  Buffer.alloc(32, 7).toString("base64url"),
];

const program = (): Promise<Record<string, unknown>> => import("./index.ts");

beforeEach(() => {
  vi.resetModules();
});

describe("the whole program", () => {
  it("wires every setting that the app requires, and secrets only as references", async () => {
    const evaluation = await evaluate(program, { config: TWITTER_CONFIG });
    const settings = appSettings(evaluation);
    for (const [name, schema] of Object.entries(settingsSchema.shape)) {
      const isRequired = !schema.safeParse(undefined).success;
      expect(name in settings || !isRequired, name).toBe(true);
    }
    for (const name of Object.keys(secretSettings)) {
      expect(settings[name], name).toMatch(
        /^@Microsoft\.KeyVault\(SecretUri=https:\/\/.+\/secrets\/.+\/version1\)$/,
      );
    }
    const unknown = Object.keys(settings).filter((name) => !(name in settingsSchema.shape));
    expect(unknown).toEqual([
      "WEBSITE_RUN_FROM_PACKAGE",
      "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID",
      "SCM_DO_BUILD_DURING_DEPLOYMENT",
    ]);
  });

  it("works without the four Twitter values, and adds just their secrets with them", async () => {
    const first = await evaluate(program);
    expect(TWITTER_SETTINGS.filter((name) => name in appSettings(first))).toEqual([]);
    vi.resetModules();
    const second = await evaluate(program, { config: TWITTER_CONFIG });
    const added = namesOf(second).filter((name) => !namesOf(first).includes(name));
    expect(added.toSorted()).toEqual(
      TWITTER_SETTINGS.flatMap((name) => {
        const secret = `vault-${name.toLowerCase().replaceAll("_", "-")}`;
        return [secret, `${secret}-role`];
      }).toSorted(),
    );
  });

  it("says what the administrator and the portal need, in the portal's own labels", async () => {
    const { outputs } = await evaluate(program);
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

  it("keeps secrets secret: in no plain output, no setting, and no name", async () => {
    const { resources, outputs } = await evaluate(program, { config: TWITTER_CONFIG });
    expect(await pulumi.isSecret(pulumi.output(outputs["apiSecretKey"]))).toBe(true);
    expect(await pulumi.isSecret(pulumi.output(outputs["portal"]))).toBe(true);
    const elsewhere = resources.filter(({ type }) => !type.endsWith("keyvault:Secret"));
    const shown = JSON.stringify(elsewhere);
    expect(SECRET_VALUES.filter((secret) => shown.includes(secret))).toEqual([]);
    expect(resources.filter(({ type }) => type.endsWith("keyvault:Secret"))).toHaveLength(7);
  });

  it("gives each role on the narrowest scope, and no other", async () => {
    const evaluation = await evaluate(program);
    const assignments = evaluation.all("authorization:RoleAssignment").map(({ name, inputs }) => ({
      name,
      role: String(inputs["roleDefinitionId"]).split("/").at(-1),
      scope: String(inputs["scope"]).split("/").at(-1),
      principal: inputs["principalType"],
    }));
    const principal = "ServicePrincipal";
    const secretRole = (secret: string) => ({
      name: `vault-${secret}-role`,
      role: ROLES.keyVaultSecretsUser,
      scope: `vault-${secret}`,
      principal,
    });
    expect(assignments.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      {
        name: "archive-container-role",
        role: ROLES.storageBlobDataContributor,
        scope: "archive-container",
        principal,
      },
      {
        name: "archive-poison-role",
        role: ROLES.storageQueueDataMessageSender,
        scope: "archive-poison",
        principal,
      },
      {
        name: "archive-work-role",
        role: ROLES.storageQueueDataContributor,
        scope: "archive-work",
        principal,
      },
      {
        name: "package-role",
        role: ROLES.storageBlobDataReader,
        scope: "package-container",
        principal,
      },
      secretRole("api-secret-key"),
      secretRole("azure-app-secret"),
      secretRole("sealing-keys"),
    ]);
  });

  it("creates the site after every role that it needs to start", async () => {
    const { resources } = await evaluate(program, { config: TWITTER_CONFIG });
    const order = resources.map(({ type }) => type);
    const site = order.indexOf("azure-native:web:WebApp");
    const lastRole = order.lastIndexOf("azure-native:authorization:RoleAssignment");
    expect(lastRole).toBeGreaterThan(0);
    expect(site).toBeGreaterThan(lastRole);
  });

  it("previews with everything unknown that a provider computes", async () => {
    const { outputs, find } = await evaluate(program, { config: TWITTER_CONFIG, preview: true });
    expect(find("web:WebApp").inputs["httpsOnly"]).toBe(true);
    expect(await valueOf(pulumi.output(outputs["connectorUrl"]))).toBeUndefined();
  });

  it("runs the package from an address that its content names", async () => {
    const evaluation = await evaluate(program);
    const { packageHash } = evaluation.outputs;
    const blob = evaluation.find("storage:Blob").inputs;
    expect(blob["blobName"]).toBe(`app-${String(packageHash).slice(0, 16)}.zip`);
    expect(appSettings(evaluation)["WEBSITE_RUN_FROM_PACKAGE"]).toMatch(
      new RegExp(`^https://.*/packages/${String(blob["blobName"])}$`),
    );
  });
});

describe("each resource", () => {
  it("hardens the archive account and leaves it without keys", async () => {
    const { find } = await evaluate(program);
    expect(find("storage:StorageAccount", "archiveaccount").inputs).toMatchObject({
      kind: "StorageV2",
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      minimumTlsVersion: "TLS1_2",
      enableHttpsTrafficOnly: true,
      sku: { name: "Standard_LRS" },
    });
    expect(find("storage:BlobContainer", "archive-container").inputs["publicAccess"]).toBe("None");
    expect(find("storage:BlobServiceProperties").inputs).toMatchObject({
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true },
      containerDeleteRetentionPolicy: { enabled: true },
    });
  });

  it("runs the site on Linux, Node 24, with one identity and without publishing passwords", async () => {
    const { find, all } = await evaluate(program);
    const identityId = find("managedidentity:UserAssignedIdentity").name;
    const site = find("web:WebApp").inputs;
    expect(site).toMatchObject({
      kind: "app,linux",
      httpsOnly: true,
      clientAffinityEnabled: false,
      siteConfig: {
        linuxFxVersion: "NODE|24-lts",
        alwaysOn: true,
        healthCheckPath: "/healthz",
        ftpsState: "Disabled",
        minTlsVersion: "1.2",
      },
    });
    expect(String(site["keyVaultReferenceIdentity"]).endsWith(identityId)).toBe(true);
    expect(JSON.stringify(site)).not.toContain("SystemAssigned");
    expect(find("web:AppServicePlan").inputs).toMatchObject({
      reserved: true,
      sku: { name: "B1" },
    });
    const publishing = [...all("web:WebAppFtpAllowed"), ...all("web:WebAppScmAllowed")];
    expect(publishing.map(({ inputs }) => inputs["allow"])).toEqual([false, false]);
  });

  it("protects secrets against purging in production, and can be thrown away in development", async () => {
    const development = await evaluate(program);
    expect(vaultOf(development)).toMatchObject({
      enableRbacAuthorization: true,
      softDeleteRetentionInDays: 7,
    });
    expect(vaultOf(development)).not.toHaveProperty("enablePurgeProtection");
    vi.resetModules();
    const production = await evaluate(program, { config: { environment: "production" } });
    expect(vaultOf(production)).toMatchObject({
      enablePurgeProtection: true,
      softDeleteRetentionInDays: 90,
    });
    expect(production.find("storage:StorageAccount", "archiveaccount").inputs["sku"]).toEqual({
      name: "Standard_GZRS",
    });
  });
});

function vaultOf({ find }: Evaluation): unknown {
  return find("keyvault:Vault").inputs["properties"];
}

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
