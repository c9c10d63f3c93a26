import type { PlainConfig } from "./config-schema.ts";
import { DEFAULT_REPLICATION } from "./defaults.ts";
import { tierOf } from "./tiers.ts";

/**
 * Finds values that are valid alone and not together, so that the program refuses them before it creates
 * anything. Rules of Azure: docs/azure.md. @returns problems, each with its remedy.
 */
export function findConfigProblems(config: PlainConfig, hasAppSecret: boolean): string[] {
  return [
    ...sizeProblems(config),
    ...networkProblems(config),
    ...packageProblems(config),
    ...credentialProblems(config, hasAppSecret),
    ...retentionProblems(config),
    ...feedProblems(config),
  ];
}

function feedProblems({ mentions, legalBasis, captureIntervalMinutes }: PlainConfig): string[] {
  return problemsIn([
    [
      mentions === "on" && legalBasis === undefined,
      "mentions: archives what others wrote, for which a legal basis is needed. Say it: pulumi config set legalBasis TEXT, or set mentions to off",
    ],
    [
      mentions === "on" && captureIntervalMinutes === "0",
      "mentions: X gives only the newest 800, which scheduled captures read in time. Set captureIntervalMinutes to 1 or more, or set mentions to off",
    ],
  ]);
}

function sizeProblems({ sku, instances, maxInstances, zoneRedundant }: PlainConfig): string[] {
  const tier = tierOf(sku);
  if (!tier) {
    return [];
  }
  return problemsIn([
    [
      instances > tier.maxInstances || (maxInstances ?? 0) > tier.maxInstances,
      `instances: a ${tier.name} plan (${sku}) has at most ${tier.maxInstances}. Lower it, or choose a larger sku`,
    ],
    [
      maxInstances !== undefined && !tier.canAutoscale,
      `maxInstances: a ${tier.name} plan (${sku}) has no autoscale. Choose S1 or larger, or remove it: pulumi config rm maxInstances`,
    ],
    [
      maxInstances !== undefined && maxInstances < instances,
      `maxInstances: is lower than instances (${instances}). Raise it, or remove it: pulumi config rm maxInstances`,
    ],
    [
      zoneRedundant && !tier.hasZones,
      `zoneRedundant: a ${tier.name} plan (${sku}) runs in one zone. Choose P0v3 or larger, or set it to false`,
    ],
    [
      zoneRedundant && instances < 2,
      "zoneRedundant: needs two instances at least: pulumi config set instances 2",
    ],
  ]);
}

function networkProblems({ network, networkRange, existing }: PlainConfig): string[] {
  const { siteSubnetId, endpointsSubnetId, dnsZones } = existing;
  const subnets = [siteSubnetId, endpointsSubnetId].filter((id) => id !== undefined);
  return problemsIn([
    [
      subnets.length === 1,
      "existing: siteSubnetId and endpointsSubnetId belong together: the site reaches the endpoints through its subnet. Name both, or neither: pulumi config rm --path existing.siteSubnetId",
    ],
    [
      subnets.length === 2 && siteSubnetId?.toLowerCase() === endpointsSubnetId?.toLowerCase(),
      "existing: a subnet that is delegated to App Service takes no endpoints. Name another one: pulumi config set --path existing.endpointsSubnetId ID",
    ],
    [
      (subnets.length > 0 || dnsZones !== undefined) && network === "public",
      "existing: subnets and zones are used with private endpoints only. Set network to private-backend, or remove them: pulumi config rm --path existing.dnsZones",
    ],
    [
      dnsZones !== undefined && subnets.length === 0 && network !== "public",
      "existing.dnsZones: zones of yours answer in networks of yours. Name siteSubnetId and endpointsSubnetId, too, or remove it: pulumi config rm --path existing.dnsZones",
    ],
    [
      networkRange !== undefined && subnets.length > 0,
      "networkRange: no network is made where existing names subnets. Remove it: pulumi config rm networkRange",
    ],
    [
      networkRange !== undefined && network === "public",
      "networkRange: network public has no virtual network. Set network to private-backend, or remove it: pulumi config rm networkRange",
    ],
  ]);
}

function packageProblems({ packageDelivery, packageContainerId }: PlainConfig): string[] {
  return problemsIn([
    [
      packageContainerId !== undefined && packageDelivery === "push",
      "packageContainerId: packageDelivery push uses no container. Set packageDelivery to url, or remove it: pulumi config rm packageContainerId",
    ],
  ]);
}

function credentialProblems(
  { azureAppId, azureAppSecretEndDate, credential }: PlainConfig,
  hasAppSecret: boolean,
): string[] {
  return problemsIn([
    [
      hasAppSecret && azureAppId === undefined,
      "azureAppSecret: belongs to a registration of your own. Set its client id: pulumi config set azureAppId VALUE",
    ],
    [
      azureAppSecretEndDate !== undefined && !hasAppSecret,
      "azureAppSecretEndDate: azureAppSecret is not set. Set it, or remove the date: pulumi config rm azureAppSecretEndDate",
    ],
    [
      hasAppSecret && credential === "federated",
      "azureAppSecret: is not used with credential federated. Remove one of them: pulumi config rm azureAppSecret",
    ],
    [
      azureAppId !== undefined && credential === "secret" && !hasAppSecret,
      "azureAppSecret: missing. Set the client secret of the registration: pulumi config set --secret azureAppSecret",
    ],
  ]);
}

function retentionProblems({
  archiveReplication,
  environment,
  immutabilityDays,
  coolAfterDays = 0,
  archiveAfterDays,
  deleteAfterDays,
}: PlainConfig): string[] {
  const deleteAfter = deleteAfterDays ?? Number.POSITIVE_INFINITY;
  const archiveAfter = archiveAfterDays ?? Number.POSITIVE_INFINITY;
  return problemsIn([
    [
      immutabilityDays !== undefined && environment === "development",
      "immutabilityDays: a development stack must be deletable, and Azure deletes no account with immutable evidence. Set environment to production, or remove it: pulumi config rm immutabilityDays",
    ],
    [
      deleteAfter < (immutabilityDays ?? 0),
      `deleteAfterDays: evidence is immutable for ${immutabilityDays} days. Set deleteAfterDays to at least that, or remove it`,
    ],
    [
      archiveAfterDays !== undefined &&
        (archiveReplication ?? DEFAULT_REPLICATION[environment]).endsWith("ZRS"),
      "archiveAfterDays: Azure has no archive tier on zone-redundant accounts. Set archiveReplication to Standard_GRS before the first up, or remove archiveAfterDays",
    ],
    [
      archiveAfter <= coolAfterDays,
      "archiveAfterDays: must be later than coolAfterDays. Raise it, or remove one of them",
    ],
    [
      deleteAfter <= Math.max(coolAfterDays, archiveAfterDays ?? 0),
      "deleteAfterDays: must be later than coolAfterDays and archiveAfterDays. Raise it, or remove it",
    ],
  ]);
}

function problemsIn(rules: [isBroken: boolean, problem: string][]): string[] {
  return rules.flatMap(([isBroken, problem]) => (isBroken ? [problem] : []));
}
