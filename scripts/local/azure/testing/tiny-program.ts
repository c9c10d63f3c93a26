/** A small program of the shape that the real one has: an identity, storage, a vault and a site. */

import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as keyvault from "@pulumi/azure-native/keyvault/index.js";
import * as managedidentity from "@pulumi/azure-native/managedidentity/index.js";
import * as resources from "@pulumi/azure-native/resources/index.js";
import * as storage from "@pulumi/azure-native/storage/index.js";
import * as web from "@pulumi/azure-native/web/index.js";
import * as azuread from "@pulumi/azuread";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { ROLES } from "../roles.ts";

/** Reading, and creating what is not there. */
const CREATE_ONLY = ["write", "delete"]
  .map(
    (action) =>
      `!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/${action}'})`,
  )
  .join(" AND ");

const config = new pulumi.Config();
const { tenantId, subscriptionId } = await authorization.getClientConfig();
const group = new resources.ResourceGroup("group");
const resourceGroupName = group.name;

const component = new pulumi.ComponentResource("m365:infra:Tiny", "tiny");
const identity = new managedidentity.UserAssignedIdentity(
  "app",
  { resourceGroupName },
  { parent: component },
);

// It has every right but one: it is not attached to the site.
const other = new managedidentity.UserAssignedIdentity("other", { resourceGroupName });

const archive = createAccount("archive", false);
const packages = createAccount("packages", true);
const records = createContainer("records", archive);
const secrets = createContainer("secrets", archive);
const evidence = createContainer("evidence", archive);
const kept = createContainer("kept", archive);
const zips = createContainer("zips", packages);
const work = new storage.Queue("work", { resourceGroupName, accountName: archive.name });
const zip = new storage.Blob("app-0123.zip", {
  resourceGroupName,
  accountName: packages.name,
  containerName: zips.name,
  type: "Block",
  source: new pulumi.asset.FileAsset(config.require("package")),
});

const vault = new keyvault.Vault("vault", {
  resourceGroupName,
  properties: { tenantId, sku: { family: "A", name: "standard" }, enableRbacAuthorization: true },
});
const password = new random.RandomPassword("password", { length: 24, special: false });
const open = createSecret("open", password.result);
const shut = createSecret("shut", config.requireSecret("shut"));

assign("records", "Storage Blob Data Contributor", records.id);
assign("evidence", "Storage Blob Data Contributor", evidence.id, identity, CREATE_ONLY);
assign("kept", "Storage Blob Data Contributor", kept.id);
export const retention = new storage.BlobContainerImmutabilityPolicy("kept", {
  resourceGroupName,
  accountName: archive.name,
  containerName: kept.name,
  immutabilityPeriodSinceCreationInDays: 7,
}).name;
assign("other", "Storage Blob Data Reader", records.id, other);
assign("work", "Storage Queue Data Contributor", work.id);
assign("zips", "Storage Blob Data Reader", zips.id);
assign("open", "Key Vault Secrets User", open.id);

const application = new azuread.Application("connector", { displayName: "Connector" });
const principal = new azuread.ServicePrincipal("connector", { clientId: application.clientId });
const clientSecret = new azuread.ApplicationPassword("connector", {
  applicationId: application.id,
});

const plan = new web.AppServicePlan("plan", {
  resourceGroupName,
  kind: "linux",
  reserved: true,
  sku: { name: "B1" },
});
const site = new web.WebApp("site", {
  resourceGroupName,
  serverFarmId: plan.id,
  identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
  keyVaultReferenceIdentity: identity.id,
  siteConfig: {
    linuxFxVersion: "NODE|24-lts",
    appCommandLine: "exec node server.js",
    healthCheckPath: "/healthz",
    appSettings: [
      { name: "WEBSITE_RUN_FROM_PACKAGE", value: zip.url },
      { name: "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID", value: identity.id },
      { name: "OPEN", value: reference(open.properties.secretUriWithVersion) },
      { name: "SHUT", value: reference(shut.properties.secretUri) },
      { name: "RECORDS_URL", value: pulumi.interpolate`${archive.primaryEndpoints.blob}` },
      { name: "CLIENT_ID", value: identity.clientId },
    ],
  },
});

export const secrecy = {
  password: pulumi.isSecret(password.result),
  clientSecret: pulumi.isSecret(clientSecret.value),
  clientId: pulumi.isSecret(identity.clientId),
};
export const siteUrl = pulumi.interpolate`http://${site.defaultHostName}`;
export const otherClientId = other.clientId;
export const clientId = identity.clientId;
export const openSecret = password.result;
export const blobUrl = archive.primaryEndpoints.blob;
export const queueUrl = archive.primaryEndpoints.queue;
export const packagesUrl = packages.primaryEndpoints.blob;
export const names = { records: records.name, secrets: secrets.name, work: work.name };
export const registration = {
  clientId: application.clientId,
  secret: clientSecret.value,
  principalId: principal.objectId,
};

function createAccount(name: string, allowSharedKeyAccess: boolean): storage.StorageAccount {
  return new storage.StorageAccount(name, {
    resourceGroupName,
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
    minimumTlsVersion: "TLS1_2",
    allowSharedKeyAccess,
    allowBlobPublicAccess: false,
  });
}

function createContainer(name: string, account: storage.StorageAccount): storage.BlobContainer {
  const containerName = name;
  return new storage.BlobContainer(name, {
    resourceGroupName,
    accountName: account.name,
    containerName,
  });
}

function createSecret(secretName: string, value: pulumi.Input<string>): keyvault.Secret {
  return new keyvault.Secret(secretName, {
    resourceGroupName,
    vaultName: vault.name,
    secretName,
    properties: { value },
  });
}

function assign(
  name: string,
  role: string,
  scope: pulumi.Input<string>,
  to = identity,
  condition?: string,
): pulumi.Resource {
  const roleId = Object.keys(ROLES).find((id) => ROLES[id]?.name === role);
  return new authorization.RoleAssignment(name, {
    principalId: to.principalId,
    principalType: "ServicePrincipal",
    roleDefinitionId: `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
    scope,
    ...(condition !== undefined && { condition, conditionVersion: "2.0" }),
  });
}

function reference(uri: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.interpolate`@Microsoft.KeyVault(SecretUri=${uri})`;
}
