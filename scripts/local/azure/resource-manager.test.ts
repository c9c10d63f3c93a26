import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { createCertificate } from "../certificate.ts";
import type { LocalAzure } from "../contracts.ts";
import { startEntra } from "../entra/entra.ts";
import type { Entra } from "../entra/entra.ts";
import { startLocalAzure } from "./resource-manager.ts";

const TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const GROUP = { resourceGroupName: "g" };
const READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";

let directory: string;
let entra: Entra;
let azure: LocalAzure;
let ids: Record<"account" | "container" | "identity" | "windowsPlan" | "plan", string>;
let principalId: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "resource-manager-"));
  const certificate = await createCertificate(directory);
  entra = await startEntra({ certificate, tenantId: TENANT });
  azure = await startLocalAzure({ certificate, entra, directory });
  await make("resources:ResourceGroup", { resourceGroupName: "g" });
  const identity = await make("managedidentity:UserAssignedIdentity", GROUP);
  principalId = z.string().parse(identity.state["principalId"]);
  ids = {
    identity: identity.id,
    account: (await make("storage:StorageAccount", { ...ACCOUNT, accountName: "keyless" })).id,
    container: (await make("storage:BlobContainer", { ...CONTAINER, containerName: "box" })).id,
    windowsPlan: (await make("web:AppServicePlan", { ...GROUP, sku: { name: "B1" } })).id,
    plan: (await make("web:AppServicePlan", { ...GROUP, sku: { name: "B1" }, reserved: true })).id,
  };
  await make("keyvault:Vault", { ...VAULT, vaultName: "vault" });
});

afterAll(async () => {
  await azure.close();
  await entra.close();
  await rm(directory, { recursive: true, force: true });
});

const ACCOUNT = {
  ...GROUP,
  kind: "StorageV2",
  sku: { name: "Standard_ZRS" },
  minimumTlsVersion: "TLS1_2",
  allowSharedKeyAccess: false,
};
const CONTAINER = { ...GROUP, accountName: "keyless" };
const VAULT = {
  ...GROUP,
  properties: {
    tenantId: TENANT,
    sku: { family: "A", name: "standard" },
    enableRbacAuthorization: true,
  },
};
const SITE = { linuxFxVersion: "NODE|24-lts", appCommandLine: "exec node server.js" };
const BLOB = { ...CONTAINER, containerName: "box", type: "Block" };

describe("A storage account", () => {
  test.each([
    ["a misspelt kind", { kind: "Storagev2" }, "kind"],
    ["a misspelt sku", { sku: { name: "Standard-ZRS" } }, "sku.name"],
    ["a TLS version of another spelling", { minimumTlsVersion: "TLS12" }, "minimumTlsVersion"],
    ["TLS 1.3", { minimumTlsVersion: "TLS1_3" }, "minimumTlsVersion"],
    ["a name with capitals", { accountName: "Archive" }, "accountName"],
    ["no group", { resourceGroupName: undefined }, "resourceGroupName"],
    ["a group that is not there", { resourceGroupName: "h" }, "ResourceGroupNotFound"],
    ["a name that is taken", { accountName: "keyless" }, "StorageAccountAlreadyTaken"],
  ])("with %s is refused", async (_, inputs, message) => {
    await expect(make("storage:StorageAccount", { ...ACCOUNT, ...inputs })).rejects.toThrow(
      message,
    );
  });

  test("is known by its version-suffixed types as well", async () => {
    const { id } = await make("storage/v20240101:StorageAccount", ACCOUNT);
    expect(id).toMatch(
      /^\/subscriptions\/[-\w]{36}\/resourceGroups\/g\/providers\/Microsoft\.Storage\/storageAccounts\/st\w+$/,
    );
  });

  test("without keys takes no blob from the provider", async () => {
    const source = new pulumi.asset.StringAsset("x");
    await expect(make("storage:Blob", { ...BLOB, source })).rejects.toThrow(
      "KeyBasedAuthenticationNotPermitted",
    );
  });

  test("without public access takes no public container", async () => {
    const inputs = { ...CONTAINER, containerName: "open", publicAccess: "Blob" };
    await expect(make("storage:BlobContainer", inputs)).rejects.toThrow("PublicAccessNotPermitted");
  });
});

describe("A role assignment", () => {
  test("on what exists is made", async () => {
    const { id } = await make("authorization:RoleAssignment", assignment({}));
    expect(id.startsWith(`${ids.container}/providers/Microsoft.Authorization/`)).toBe(true);
  });

  test.each([
    ["on what does not exist", { scope: "/subscriptions/s" }, "ResourceNotFound"],
    ["for a user", { principalType: "User" }, "principalType"],
    ["for a stranger", { principalId: TENANT }, "PrincipalNotFound"],
    ["of an unknown role", { roleDefinitionId: roleDefinition(TENANT) }, "is not known"],
    ["by the bare id of a role", { roleDefinitionId: READER }, "is not known"],
    ["with a name that is no uuid", { roleAssignmentName: "reader" }, "roleAssignmentName"],
    ["with a condition", { condition: "true" }, "condition"],
  ])("%s is refused", async (_, inputs, message) => {
    await expect(make("authorization:RoleAssignment", assignment(inputs))).rejects.toThrow(message);
  });

  test("is not made twice", async () => {
    await make("authorization:RoleAssignment", assignment({ scope: ids.account }));
    const again = assignment({ scope: ids.account.toUpperCase() });
    await expect(make("authorization:RoleAssignment", again)).rejects.toThrow(
      "RoleAssignmentExists",
    );
  });
});

describe("A vault", () => {
  test.each([
    ["that leaves RBAC open", { enableRbacAuthorization: undefined }, "enableRbacAuthorization"],
    ["of another tenant", { tenantId: READER }, "is not the deployer's"],
    ["of an unknown sku", { sku: { family: "A", name: "Standard" } }, "sku.name"],
  ])("%s is refused", async (_, properties, message) => {
    const inputs = { ...VAULT, properties: { ...VAULT.properties, ...properties } };
    await expect(make("keyvault:Vault", inputs)).rejects.toThrow(message);
  });

  test("keeps a secret and says where, not what", async () => {
    const inputs = { ...GROUP, vaultName: "vault", secretName: "s", properties: { value: "hush" } };
    const { state } = await make("keyvault:Secret", inputs);
    const properties = z.record(z.string(), z.string()).parse(state["properties"]);
    expect(Object.keys(properties).sort()).toEqual(["secretUri", "secretUriWithVersion"]);
    expect(properties["secretUri"]).toBe("https://vault.vault.azure.net/secrets/s");
    expect(properties["secretUriWithVersion"]).toMatch(/\/secrets\/s\/[0-9a-f]{32}$/);
  });

  test("that is not there keeps no secret", async () => {
    const inputs = { ...GROUP, vaultName: "other", secretName: "s", properties: { value: "hush" } };
    await expect(make("keyvault:Secret", inputs)).rejects.toThrow("ResourceNotFound");
  });
});

describe("A site", () => {
  test.each([
    ["on another Node", { linuxFxVersion: "NODE|22-lts" }, "must be NODE|24-lts"],
    ["without a runtime", { linuxFxVersion: undefined }, "must be NODE|24-lts"],
    ["with a setting twice", { appSettings: settings("A", "a") }, "given twice"],
    ["with a space after a setting's name", { appSettings: settings("A ") }, 'App setting "A "'],
    ["with a path that is none", { healthCheckPath: "healthz" }, "healthCheckPath"],
  ])("%s is refused", async (_, siteConfig, message) => {
    const inputs = { ...GROUP, serverFarmId: ids.plan, siteConfig: { ...SITE, ...siteConfig } };
    await expect(make("web:WebApp", inputs)).rejects.toThrow(message);
  });

  test("on a Windows plan is refused", async () => {
    const inputs = { ...GROUP, serverFarmId: ids.windowsPlan, siteConfig: SITE };
    await expect(make("web:WebApp", inputs)).rejects.toThrow("a Linux plan has reserved: true");
  });

  test("that reads secrets with an identity of others is refused", async () => {
    const inputs = { ...GROUP, serverFarmId: ids.plan, siteConfig: SITE };
    const keyVaultReferenceIdentity = ids.identity;
    await expect(make("web:WebApp", { ...inputs, keyVaultReferenceIdentity })).rejects.toThrow(
      "is not attached to the site",
    );
  });
});

describe("An application", () => {
  test.each([
    ["api://", true],
    [`api://${TENANT}/`, true],
    ["api://connector/", true],
    ["https://connector.example.com/", false],
  ])("may be known as %s<client id>: %s", async (prefix, expected) => {
    const { id, state } = await make("azuread:index/application:Application", APPLICATION);
    const identifierUri = `${prefix}${z.string().parse(state["clientId"])}`;
    const type = "azuread:index/applicationIdentifierUri:ApplicationIdentifierUri";
    const made = await make(type, { applicationId: id, identifierUri }).catch(() => undefined);
    expect(made !== undefined).toBe(expected);
  });

  test.each(["http://connector.example.com/cb", "https://*.example.com/cb"])(
    "may not send people back to %s",
    async (uri) => {
      const inputs = { ...APPLICATION, web: { redirectUris: [uri] } };
      await expect(make("azuread:index/application:Application", inputs)).rejects.toThrow("web");
    },
  );
});

const APPLICATION = { displayName: "Connector" };

test("an unknown resource is refused by name", async () => {
  await expect(make("batch:Pool", GROUP)).rejects.toThrow(
    "Resource type azure-native:batch:Pool is not known to the local Azure",
  );
});

test("an unknown function is refused by name", () => {
  const token = "azure-native:storage:listStorageAccountKeys";
  expect(() => azure.mocks.call({ token, inputs: {} })).toThrow(token);
});

test("inputs that come as secrets are read and go back as secrets", async () => {
  const secret = { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig, value: "n" };
  const { id, state } = await make("storage:Queue", {
    ...CONTAINER,
    queueName: "queue",
    metadata: secret,
  });
  expect(id).toBe(`${ids.account}/queueServices/default/queues/queue`);
  expect(state["metadata"]).toBe(secret);
});

function assignment(inputs: Record<string, unknown>): Record<string, unknown> {
  const role = { roleDefinitionId: roleDefinition(READER), principalId, scope: ids.container };
  return { ...role, principalType: "ServicePrincipal", ...inputs };
}

function roleDefinition(roleId: string): string {
  return `/providers/Microsoft.Authorization/roleDefinitions/${roleId}`;
}

function settings(...names: string[]) {
  return names.map((name) => ({ name, value: "1" }));
}

async function make(type: string, inputs: Record<string, unknown>) {
  const full = type.includes(":index/") ? type : `azure-native:${type}`;
  const made = await azure.mocks.newResource({ type: full, name: "it", inputs });
  return z.object({ id: z.string(), state: z.record(z.string(), z.unknown()) }).parse(made);
}
