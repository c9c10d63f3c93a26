import type { z } from "zod";
import type * as pulumi from "@pulumi/pulumi";
import type { Package } from "./package/build-package.ts";
import type { existingSchema } from "./existing.ts";

/** Optional: the stack may not have a value (yet). */
type Secret = pulumi.Input<string> | undefined;

/** Arguments of a connector; `Pulumi.yaml` has the same keys for a stack's configuration. */
export type TwitterConnectorArgs = {
  /** The deployer: `await authorization.getClientConfig()` of azure-native. */
  deployer: { tenantId: string; subscriptionId: string };
  /** The package to deploy: `await buildPackage()`. */
  package: Package;
  /** `development` (default; disposable) or `production` (evidence outlives the stack). */
  environment?: "development" | "production" | undefined;
  /** Tags for every resource, in addition to project, stack and environment. */
  tags?: Record<string, string> | undefined;

  /** The four values of the X developer app, all or none: creating the app needs `twitterCallbackUrl`. */
  twitterApiKey?: Secret;
  twitterApiSecretKey?: Secret;
  twitterAccessToken?: Secret;
  twitterAccessTokenSecret?: Secret;

  /** Entra tenant of the Microsoft 365 organization. Default: the deployer's. */
  tenantId?: string | undefined;
  /** What the portal calls Password; 32 characters or more. Default: generated. */
  apiSecretKey?: Secret;
  /** Name of the registration in Entra, unique in the tenant. Default: project, stack, name. */
  displayName?: string | undefined;
  /** Client id of an existing registration. Default: the program creates one. */
  azureAppId?: string | undefined;
  /** Its client secret, unless it trusts the site's identity. */
  azureAppSecret?: Secret;
  /** Day on which this secret expires (`2027-06-30`): an alert fires 30 days before. */
  azureAppSecretEndDate?: string | undefined;
  /** `federated` (no secret exists; default within one tenant) or `secret`. */
  credential?: "federated" | "secret" | undefined;
  /** Seconds to wait for a new role or credential before the site is created or changed. Default: 180. */
  roleSettlingSeconds?: number | undefined;
  /** Days after which the next `up` renews a client secret, 30 to 360. Default: 90. */
  rotateDays?: number | undefined;

  /** Generation of the key that seals X tokens and upload addresses, from 1 (default). */
  sealingKeyGeneration?: number | undefined;

  /** Size of the App Service plan, `B1` (default) or larger. */
  sku?: string | undefined;
  /** Instances of the site. Default: 1. */
  instances?: number | undefined;
  /** Upper limit for scaling by the length of the work queue. Default: no scaling. */
  maxInstances?: number | undefined;
  zoneRedundant?: boolean | undefined;

  /** `private-backend`: archive and vault are reached through private endpoints only. */
  network?: "public" | "private-backend" | undefined;
  /** A /24 for that network. Default: 10.77.0.0/24. */
  networkRange?: string | undefined;
  /** What a landing zone has already, and is not made: subnets, DNS zones, Log Analytics workspace. */
  existing?: z.input<typeof existingSchema> | undefined;
  /** CIDR ranges that may call the site. Default: all. */
  allowedIpRanges?: string[] | undefined;

  /** `url` (default): the site fetches the package; `push`: `npm run push` publishes it after each `up`. */
  packageDelivery?: "url" | "push" | undefined;
  /** Resource id of a container that already holds the package. Default: the program creates one, with keys. */
  packageContainerId?: string | undefined;

  archiveReplication?:
    | "Standard_LRS"
    | "Standard_ZRS"
    | "Standard_GRS"
    | "Standard_GZRS"
    | "Standard_RAGZRS"
    | undefined;
  /** Days for which nobody can change or delete evidence (production only). */
  immutabilityDays?: number | undefined;
  /** The site's access to evidence: everything (default), or create and read. */
  evidenceAccess?: "contributor" | "create-only" | undefined;
  /** Days after which evidence moves to a cheaper tier, or is deleted. Default: never. */
  coolAfterDays?: number | undefined;
  archiveAfterDays?: number | undefined;
  deleteAfterDays?: number | undefined;

  /** Minutes between two scheduled captures; `0`: none. Default: 15. */
  captureIntervalMinutes?: string | undefined;
  /** Maximum number of posts read from X in a UTC day and month. */
  readsPerDay?: string | undefined;
  readsPerMonth?: string | undefined;
  /** Whether X's full-archive search may be used. Default: off. */
  fullArchiveSearch?: "on" | "off" | undefined;
  /** Whether each version of the account's own profile is archived. Default: on. */
  profile?: "on" | "off" | undefined;
  /** Whether posts of others that name the account are archived; needs `legalBasis`. Default: off. */
  mentions?: "on" | "off" | undefined;
  /** On what ground others' words are archived; shown on the status page and in every list. */
  legalBasis?: string | undefined;
  /** Vocabulary of field names in requests to X. */
  vocabulary?: "tweet" | "post" | undefined;

  /** Who gets the alerts by mail. Default: nobody; they show in the Azure portal. */
  alertEmail?: string | undefined;
  /** Hours after which an undelivered window fires an alert, 1 to 24. Default: 6. */
  hoursWithoutDelivery?: number | undefined;
  /** Days without a request from Microsoft 365 for a job after which an alert fires, 1 or 2. Default: 2. */
  daysWithoutRequest?: number | undefined;
  /** Days that logs are kept, 30 to 730. Default: 90. */
  logRetentionDays?: number | undefined;

  /** Public address of the site, if it has a custom domain. */
  connectorUrl?: string | undefined;
  /** Addresses of external services, if they are not the public ones. */
  xApiUrl?: string | undefined;
  entraUrl?: string | undefined;
  platformUrl?: string | undefined;
  /** Allowed host names of the platform's upload addresses, comma-separated. */
  sasHosts?: string | undefined;
};
