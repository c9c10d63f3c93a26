import * as managedidentity from "@pulumi/azure-native/managedidentity/index.js";
import * as resources from "@pulumi/azure-native/resources/index.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { identifyApp } from "./entra/app-identity.ts";
import { autoscale } from "./autoscale.ts";
import { completeConfig } from "./config.ts";
import type { TwitterConnectorArgs } from "./connector-args.ts";
import { chooseCredential } from "./entra/credential.ts";
import { DAILY_LOG_QUOTA_GB, DEFAULT_REPLICATION } from "./defaults.ts";
import { Monitoring } from "./monitoring/monitoring.ts";
import { deliverPackage } from "./package/package-delivery.ts";
import { PrivateNetwork } from "./network.ts";
import type { Federation } from "./entra/registration.ts";
import { sealingKeys } from "./sealing-keys.ts";
import { createRolePropagation } from "./role-propagation.ts";
import { Storage } from "./storage.ts";
import { Vault } from "./vault.ts";
import { WebApp } from "./web-app.ts";

/** Short, because it is part of child names, some of which Azure limits to 24 characters. */
const NAME = /^[a-z][a-z0-9]{0,8}$/;

/**
 * The connector with everything that it needs. A stack may have several, for other accounts at X or other
 * organizations.
 * @throws pulumi.RunError with all problems of the arguments, before anything is created.
 */
export class TwitterConnector extends pulumi.ComponentResource {
  /** "Connector URL" in the compliance portal. */
  readonly connectorUrl: pulumi.Output<string>;
  /** "Azure App ID" in the compliance portal. */
  readonly azureAppId: pulumi.Output<string>;
  readonly tenantId: string;
  /** "Password" in the compliance portal and on the sign-in pages; secret. */
  readonly apiSecretKey: pulumi.Output<string>;
  /** Callback URL to register in the X developer app, exactly as it is. */
  readonly twitterCallbackUrl: pulumi.Output<string>;
  readonly statusUrl: pulumi.Output<string>;
  /** For `npm run verify`. */
  readonly archiveUrl: pulumi.Output<string>;
  /** For `npm run requeue`. */
  readonly workQueueUrl: pulumi.Output<string>;
  readonly poisonQueueUrl: pulumi.Output<string>;
  /** Workbook in the Azure portal: delivery, coverage, reads, lag. */
  readonly workbookUrl: pulumi.Output<string>;
  /** Resource id of the workspace with the connector's log. */
  readonly workspaceId: pulumi.Output<string>;
  /** Where the site fetches its package from; undefined if it is published to the site. */
  readonly packageUrl: pulumi.Output<string> | undefined;
  /** Where `npm run push` publishes the package; undefined if the site fetches it. */
  readonly publishUrl: pulumi.Output<string> | undefined;
  /** What the owner of an existing registration has to add to it; else undefined. */
  readonly federatedCredential: Federation | undefined;

  /** @param name 1 to 9 lower-case letters and digits. */
  constructor(name: string, args: TwitterConnectorArgs, opts?: pulumi.ComponentResourceOptions) {
    const config = completeConfig(args);
    const { deployer } = args;
    const tenantId = config.tenantId ?? deployer.tenantId;
    const credential = chooseCredential(config, {
      hasAppSecret: config.azureAppSecret !== undefined,
      deployerTenantId: deployer.tenantId,
    });
    if (!NAME.test(name)) {
      throw new pulumi.RunError(
        `The name of a connector has 1 to 9 lower-case letters and digits: "${name}" cannot be one`,
      );
    }
    super("m365:connector:TwitterConnector", name, {}, opts);
    this.tenantId = tenantId;
    const { subscriptionId } = deployer;
    const isProduction = config.environment === "production";
    const isPrivate = config.network === "private-backend";
    const tags = {
      ...config.tags,
      project: pulumi.getProject(),
      stack: pulumi.getStack(),
      environment: config.environment,
    };
    const parent = { parent: this };
    const keep = { protect: isProduction, retainOnDelete: isProduction };
    // Azure deletes a group with everything in it, including the archive.
    const resourceGroup = new resources.ResourceGroup(name, { tags }, { ...parent, ...keep });
    const place = { resourceGroupName: resourceGroup.name, tags };
    // A separate group: it can be deleted with the site while the evidence stays, and a group whose
    // first plan was small may not allow larger ones (learn.microsoft.com/azure/app-service/app-service-configure-premium-v3-tier).
    const siteGroup = new resources.ResourceGroup(`${name}-app`, { tags }, parent);
    const sitePlace = { resourceGroupName: siteGroup.name, tags };
    const siteId = new random.RandomId(
      `${name}-site-id`,
      { byteLength: 4 },
      { ...parent, ...keep },
    );
    const identity = new managedidentity.UserAssignedIdentity(name, place, parent);
    const rolePropagation = createRolePropagation(name, config.roleSettlingSeconds);
    const holder = {
      principalId: identity.principalId,
      subscriptionId,
      hooks: rolePropagation.given,
    };

    const app = identifyApp(
      `${name}-registration`,
      {
        config,
        displayName: args.displayName ?? `${pulumi.getProject()}-${pulumi.getStack()}-${name}`,
        credential,
        hooks: rolePropagation.given,
        deployerTenantId: deployer.tenantId,
        principalId: identity.principalId,
        now: new Date(),
      },
      parent,
    );
    const storage = new Storage(
      `${name}archive`,
      {
        place,
        holder,
        skuName: config.archiveReplication ?? DEFAULT_REPLICATION[config.environment],
        isPrivate,
        isProduction,
        retention: config,
        evidenceAccess: config.evidenceAccess,
      },
      parent,
    );
    const appPackage = deliverPackage(
      `${name}package`,
      config,
      { place, holder, built: args.package },
      parent,
    );

    const generatedApiSecretKey = new random.RandomPassword(
      `${name}-api-secret-key`,
      { length: 48, special: false },
      { ...parent, ...keep },
    );
    this.apiSecretKey = pulumi.secret(config.apiSecretKey ?? generatedApiSecretKey.result);
    const vault = new Vault(
      `${name}-vault`,
      {
        place,
        holder,
        tenantId: deployer.tenantId,
        isPrivate,
        isProduction,
        secrets: {
          API_SECRET_KEY: this.apiSecretKey,
          AZURE_APP_SECRET: app.clientSecret,
          SEALING_KEYS: sealingKeys(`${name}-sealing-key`, config.sealingKeyGeneration, {
            ...parent,
            ...keep,
          }),
          TWITTER_API_KEY: config.twitterApiKey,
          TWITTER_API_SECRET_KEY: config.twitterApiSecretKey,
          TWITTER_ACCESS_TOKEN: config.twitterAccessToken,
          TWITTER_ACCESS_TOKEN_SECRET: config.twitterAccessTokenSecret,
        },
        endDates: { AZURE_APP_SECRET: app.secretEndDate },
      },
      parent,
    );
    const privateNetwork = isPrivate
      ? new PrivateNetwork(
          `${name}-private`,
          {
            place,
            archiveAccountId: storage.accountId,
            vaultId: vault.vaultId,
            after: [...storage.written, ...vault.written],
            range: config.networkRange,
            existing: config.existing,
          },
          parent,
        )
      : undefined;

    const webApp = new WebApp(
      name,
      {
        place: sitePlace,
        siteName: pulumi.interpolate`${name}-${siteId.hex}`,
        identityId: identity.id,
        packageUrl: appPackage.url,
        skuName: config.sku,
        instances: config.instances,
        scalesItself: config.maxInstances !== undefined,
        zoneRedundant: config.zoneRedundant,
        allowedIpRanges: config.allowedIpRanges,
        subnet: privateNetwork && {
          id: privateNetwork.siteSubnetId,
          network: privateNetwork.network,
        },
        hooks: rolePropagation.needed,
        settings: {
          ...vault.references,
          TENANT_ID: tenantId,
          AZURE_APP_ID: app.clientId,
          MANAGED_IDENTITY_CLIENT_ID: identity.clientId,
          EVIDENCE_CONTAINER_URL: storage.evidenceUrl,
          STATE_CONTAINER_URL: storage.stateUrl,
          EVIDENCE_ACCESS: config.evidenceAccess,
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
          PROFILE: config.profile,
          MENTIONS: config.mentions,
          LEGAL_BASIS: config.legalBasis,
          TASK_CONCURRENCY: undefined,
          UPLOAD_CONCURRENCY: undefined,
          LOG_LEVEL: undefined,
        },
      },
      {
        ...parent,
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
        : autoscale(
            `${name}-autoscale`,
            {
              place: sitePlace,
              planId: webApp.planId,
              archiveAccountId: storage.accountId,
              workQueueName: storage.workQueueName,
              minInstances: config.instances,
              maxInstances: config.maxInstances,
            },
            parent,
          );

    const monitoring = new Monitoring(
      `${name}-monitoring`,
      {
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
        daysWithoutRequest: config.daysWithoutRequest,
        retentionDays: config.logRetentionDays,
        dailyQuotaGb: DAILY_LOG_QUOTA_GB[config.environment],
        shared: config.existing.workspaceId
          ? {
              workspaceId: config.existing.workspaceId,
              groupIds: [resourceGroup.id, siteGroup.id],
            }
          : undefined,
        isProduction,
        alertsAfter: [webApp],
      },
      parent,
    );

    this.connectorUrl = pulumi.output(config.connectorUrl ?? webApp.url);
    this.azureAppId = pulumi.output(app.clientId);
    this.twitterCallbackUrl = pulumi.interpolate`${this.connectorUrl}/Views/TwitterOAuth`;
    this.statusUrl = pulumi.interpolate`${this.connectorUrl}/`;
    this.archiveUrl = storage.blobUrl;
    this.workQueueUrl = storage.workQueueUrl;
    this.poisonQueueUrl = storage.poisonQueueUrl;
    this.workbookUrl = monitoring.workbookUrl;
    this.workspaceId = monitoring.workspaceId;
    this.packageUrl = appPackage.url === undefined ? undefined : pulumi.output(appPackage.url);
    this.publishUrl = webApp.publishUrl;
    this.federatedCredential = app.federationToAdd;
    this.registerOutputs({ connectorUrl: this.connectorUrl, azureAppId: this.azureAppId });
  }
}
