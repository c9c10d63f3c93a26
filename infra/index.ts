import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as managedidentity from "@pulumi/azure-native/managedidentity/index.js";
import * as resources from "@pulumi/azure-native/resources/index.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { identifyApp } from "./app-identity.ts";
import { autoscale } from "./autoscale.ts";
import { buildPackage } from "./build-package.ts";
import { readConfig } from "./config.ts";
import { chooseCredential } from "./credential.ts";
import { DAILY_LOG_QUOTA_GB, DEFAULT_REPLICATION } from "./defaults.ts";
import { Monitoring } from "./monitoring.ts";
import { ownPackage } from "./own-package.ts";
import { AppPackage } from "./package.ts";
import { PrivateNetwork } from "./private-network.ts";
import { sealingKeys } from "./sealing-keys.ts";
import { lockLater } from "./lock-later.ts";
import { createSettling } from "./settling.ts";
import { Storage } from "./storage.ts";
import { Vault } from "./vault.ts";
import { WebApp } from "./web-app.ts";

const config = readConfig();
const isProduction = config.environment === "production";
const isPrivate = config.network === "private-backend";
const tags = {
  ...config.tags,
  project: pulumi.getProject(),
  stack: pulumi.getStack(),
  environment: config.environment,
};

const deployer = await authorization.getClientConfig();
const { subscriptionId } = deployer;
export const tenantId = config.tenantId ?? deployer.tenantId;
// Refuses what cannot be, and so before there is anything.
const credential = chooseCredential(config, {
  hasAppSecret: config.azureAppSecret !== undefined,
  deployerTenantId: deployer.tenantId,
});

const keep = { protect: isProduction, retainOnDelete: isProduction };
// Azure deletes a group with all that lies in it, the archive too.
const resourceGroup = new resources.ResourceGroup(
  "connector",
  { tags },
  { ...keep, hooks: lockLater(config.immutabilityLocked) },
);
const place = { resourceGroupName: resourceGroup.name, tags };
const identity = new managedidentity.UserAssignedIdentity("connector", place);
const settling = createSettling(config.roleSettlingSeconds);
const holder = { principalId: identity.principalId, subscriptionId, hooks: settling.given };

const app = identifyApp({
  config,
  credential,
  hooks: settling.given,
  deployerTenantId: deployer.tenantId,
  principalId: identity.principalId,
  now: new Date(),
});
const storage = new Storage("archive", {
  place,
  holder,
  skuName: config.archiveReplication ?? DEFAULT_REPLICATION[config.environment],
  isPrivate,
  isProduction,
  retention: config,
});
const built = await buildPackage();
const { packageContainerId: containerId } = config;
const appPackage =
  containerId === undefined
    ? new AppPackage("package", { place, holder, built })
    : ownPackage("package", { containerId, holder, built });

const generatedApiSecretKey = new random.RandomPassword(
  "api-secret-key",
  { length: 48, special: false },
  keep,
);
export const apiSecretKey = pulumi.secret(config.apiSecretKey ?? generatedApiSecretKey.result);
const vault = new Vault("vault", {
  place,
  holder,
  tenantId: deployer.tenantId,
  isPrivate,
  isProduction,
  secrets: {
    API_SECRET_KEY: apiSecretKey,
    AZURE_APP_SECRET: app.clientSecret,
    SEALING_KEYS: sealingKeys("sealing-key", config.sealingKeyGeneration, keep),
    TWITTER_API_KEY: config.twitterApiKey,
    TWITTER_API_SECRET_KEY: config.twitterApiSecretKey,
    TWITTER_ACCESS_TOKEN: config.twitterAccessToken,
    TWITTER_ACCESS_TOKEN_SECRET: config.twitterAccessTokenSecret,
  },
  endDates: { AZURE_APP_SECRET: app.secretEndDate },
});
const privateNetwork = isPrivate
  ? new PrivateNetwork("private", {
      place,
      archiveAccountId: storage.accountId,
      vaultId: vault.vaultId,
      after: [...storage.written, ...vault.written],
      range: config.networkRange,
    })
  : undefined;

const webApp = new WebApp(
  "connector",
  {
    place,
    identityId: identity.id,
    packageUrl: appPackage.url,
    skuName: config.sku,
    instances: config.instances,
    scalesItself: config.maxInstances !== undefined,
    zoneRedundant: config.zoneRedundant,
    allowedIpRanges: config.allowedIpRanges,
    subnetId: privateNetwork?.siteSubnetId,
    hooks: settling.needed,
    settings: {
      ...vault.references,
      TENANT_ID: tenantId,
      AZURE_APP_ID: app.clientId,
      MANAGED_IDENTITY_CLIENT_ID: identity.clientId,
      ARCHIVE_CONTAINER_URL: storage.containerUrl,
      WORK_QUEUE_URL: storage.workQueueUrl,
      POISON_QUEUE_URL: storage.poisonQueueUrl,
      CONNECTOR_URL: config.connectorUrl,
      X_API_URL: config.xApiUrl,
      X_VOCABULARY: config.vocabulary,
      ENTRA_URL: config.entraUrl,
      PLATFORM_URL: config.platformUrl,
      SAS_HOSTS: config.sasHosts,
      CAPTURE_INTERVAL_MINUTES: config.captureIntervalMinutes,
      READS_PER_DAY: config.readsPerDay,
      READS_PER_MONTH: config.readsPerMonth,
      FULL_ARCHIVE_SEARCH: config.fullArchiveSearch,
      TASK_CONCURRENCY: undefined,
      UPLOAD_CONCURRENCY: undefined,
      LOG_LEVEL: undefined,
    },
  },
  {
    dependsOn: [
      ...app.ready,
      ...storage.roleAssignments,
      ...appPackage.roleAssignments,
      ...vault.roleAssignments,
      ...(privateNetwork?.ready ?? []),
    ],
  },
);

const scaling =
  config.maxInstances === undefined
    ? undefined
    : autoscale("connector-autoscale", {
        place,
        planId: webApp.planId,
        archiveAccountId: storage.accountId,
        workQueueName: storage.workQueueName,
        minInstances: config.instances,
        maxInstances: config.maxInstances,
      });

const monitoring = new Monitoring("monitoring", {
  place,
  subscriptionId,
  watched: {
    site: webApp.siteId,
    plan: webApp.planId,
    vault: vault.vaultId,
    archiveAccount: storage.accountId,
    packageAccount: appPackage.accountId,
    autoscale: scaling?.id,
    network: privateNetwork?.networkId,
    networkGuard: privateNetwork?.guardId,
  },
  alertEmail: config.alertEmail,
  hoursWithoutDelivery: config.hoursWithoutDelivery,
  retentionDays: config.logRetentionDays,
  dailyQuotaGb: DAILY_LOG_QUOTA_GB[config.environment],
  isProduction,
  alertsAfter: [webApp],
});

export const connectorUrl = config.connectorUrl ?? webApp.url;
export const azureAppId = app.clientId;
/** To register in the X developer app, letter by letter. */
export const twitterCallbackUrl = pulumi.interpolate`${connectorUrl}/Views/TwitterOAuth`;
export const statusUrl = pulumi.interpolate`${connectorUrl}/`;
/** For `npm run verify`. */
export const archiveUrl = storage.containerUrl;
/** For `npm run requeue`. */
export const { workQueueUrl, poisonQueueUrl } = storage;
export const workbookUrl = monitoring.workbookUrl;
/** What `/healthz` must answer once this package runs. */
export const packageHash = built.hash;
/** What the owner of a registration of one's own has to add to it; null where there is nothing to. */
export const federatedCredential = app.federationToAdd ?? null;
/** What the compliance portal asks for, under its own labels. */
export const portal = {
  Name: pulumi.interpolate`Twitter (${pulumi.getStack()})`,
  "Connector URL": connectorUrl,
  Password: apiSecretKey,
  "Azure App ID": azureAppId,
};
