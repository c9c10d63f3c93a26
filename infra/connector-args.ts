import type * as pulumi from "@pulumi/pulumi";
import type { Package } from "./package/build-package.ts";

/** Optional: the stack may have no value for it (yet). */
type Secret = pulumi.Input<string> | undefined;

/** What a connector is made of; `Pulumi.yaml` has the same keys for a stack's configuration. */
export type TwitterConnectorArgs = {
  /** Who deploys: `await authorization.getClientConfig()` of azure-native. */
  deployer: { tenantId: string; subscriptionId: string };
  /** What is deployed: `await buildPackage()`. */
  package: Package;
  /** `development` (default; can be thrown away) or `production` (evidence outlives the stack). */
  environment?: "development" | "production" | undefined;
  /** Tags that every resource gets beside project, stack and environment. */
  tags?: Record<string, string> | undefined;

  /** The four values of the X developer app: all or none. It needs `twitterCallbackUrl` before. */
  twitterApiKey?: Secret;
  twitterApiSecretKey?: Secret;
  twitterAccessToken?: Secret;
  twitterAccessTokenSecret?: Secret;

  /** Entra tenant of the Microsoft 365 organization. Default: the deployer's. */
  tenantId?: string | undefined;
  /** What the portal calls Password; 32 characters or more. Default: generated. */
  apiSecretKey?: Secret;
  /** Name of the registration in Entra; no other of the tenant has it. Default: project, stack, name. */
  displayName?: string | undefined;
  /** Client id of a registration that is there. Default: one is made. */
  azureAppId?: string | undefined;
  /** Its client secret, where it does not trust the site's identity. */
  azureAppSecret?: Secret;
  /** Day on which that ends, `2027-06-30`: an alert comes 30 days before. */
  azureAppSecretEndDate?: string | undefined;
  /** `federated` (no secret exists; default within one tenant) or `secret`. */
  credential?: "federated" | "secret" | undefined;
  /** Seconds that the site waits for a role or credential that is new. Default: 180. */
  roleSettlingSeconds?: number | undefined;
  /** Days after which the next `up` renews a client secret, 30 to 360. Default: 90. */
  rotateDays?: number | undefined;

  /** How often the key was rotated that X tokens and upload addresses are sealed with, from 1 (default). */
  sealingKeyGeneration?: number | undefined;

  /** Size of the App Service plan, `B1` (default) or larger. */
  sku?: string | undefined;
  /** Instances of the site. Default: 1. */
  instances?: number | undefined;
  /** Up to so many, by the length of the work queue. Default: it does not scale. */
  maxInstances?: number | undefined;
  zoneRedundant?: boolean | undefined;

  /** `private-backend`: archive and vault are reached through private endpoints only. */
  network?: "public" | "private-backend" | undefined;
  /** A /24 for that network. Default: 10.77.0.0/24. */
  networkRange?: string | undefined;
  /** CIDR ranges that may call the site. Default: all. */
  allowedIpRanges?: string[] | undefined;

  /** `url` (default): the site fetches the package; `push`: `npm run push` brings it, after each `up`. */
  packageDelivery?: "url" | "push" | undefined;
  /** Resource id of a container where the package lies already. Default: one is made, with keys. */
  packageContainerId?: string | undefined;

  archiveReplication?:
    | "Standard_LRS"
    | "Standard_ZRS"
    | "Standard_GRS"
    | "Standard_GZRS"
    | "Standard_RAGZRS"
    | undefined;
  /** Days for which no evidence can be changed or deleted by anybody (in production). */
  immutabilityDays?: number | undefined;
  /** What the site may do to evidence: all (default), or create and read. */
  evidenceAccess?: "contributor" | "create-only" | undefined;
  /** Days after which evidence moves to a cheaper tier, or is deleted. Default: never. */
  coolAfterDays?: number | undefined;
  archiveAfterDays?: number | undefined;
  deleteAfterDays?: number | undefined;

  /** Minutes between two scheduled captures; `0`: none. Default: 15. */
  captureIntervalMinutes?: string | undefined;
  /** Posts that may be read from X in a UTC day and month. */
  readsPerDay?: string | undefined;
  readsPerMonth?: string | undefined;
  /** Whether X's full-archive search may be used. Default: off. */
  fullArchiveSearch?: "on" | "off" | undefined;
  /** Names to ask X's fields with. */
  vocabulary?: "tweet" | "post" | undefined;

  /** Who gets the alerts by mail. Default: nobody; they show in the Azure portal. */
  alertEmail?: string | undefined;
  /** Hours that a window may wait for its delivery before somebody is told, 1 to 24. Default: 6. */
  hoursWithoutDelivery?: number | undefined;
  /** Days for which Microsoft 365 may ask for nothing of a job, 1 or 2. Default: 2. */
  daysWithoutRequest?: number | undefined;
  /** Days that logs are kept, 30 to 730. Default: 90. */
  logRetentionDays?: number | undefined;

  /** Public address of the site, where it has a domain name of its own. */
  connectorUrl?: string | undefined;
  /** Where the outside world is, if not at its public addresses. */
  xApiUrl?: string | undefined;
  entraUrl?: string | undefined;
  platformUrl?: string | undefined;
  /** Host names that the platform's upload addresses may have, comma-separated. */
  sasHosts?: string | undefined;
};
