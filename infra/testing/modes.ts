import { buildPackage, type Package } from "../package/build-package.ts";
import { program } from "../program.ts";
import { type Evaluation, evaluate } from "./mocks.ts";

/** Values for configurations of tests. */
export const TWITTER_CONFIG = {
  twitterApiKey: "key-in-clear-1",
  twitterApiSecretKey: "key-in-clear-2",
  twitterAccessToken: "key-in-clear-3",
  twitterAccessTokenSecret: "key-in-clear-4",
};
export const OTHER_TENANT = "99999999-9999-4999-8999-999999999999";
export const OWN_APP_ID = "88888888-8888-4888-8888-888888888888";

export const OWN_CONTAINER_ID =
  "/subscriptions/s-1/resourceGroups/shared/providers/Microsoft.Storage/storageAccounts/contosopackages/blobServices/default/containers/connector";

const PLATFORM = "/subscriptions/s-1/resourceGroups/platform/providers";
const OWN_NETWORK = `${PLATFORM}/Microsoft.Network/virtualNetworks/spoke`;
export const OWN_SUBNETS = {
  siteSubnetId: `${OWN_NETWORK}/subnets/app`,
  endpointsSubnetId: `${OWN_NETWORK}/subnets/endpoints`,
};
export const OWN_ZONES = {
  blob: `${PLATFORM}/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net`,
  queue: `${PLATFORM}/Microsoft.Network/privateDnsZones/privatelink.queue.core.windows.net`,
  vault: `${PLATFORM}/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net`,
};
export const OWN_WORKSPACE_ID = `${PLATFORM}/Microsoft.OperationalInsights/workspaces/central`;

/** Every way in which the program is meant to be used, as stack configuration. */
export const MODES = {
  "first up": {},
  complete: TWITTER_CONFIG,
  production: { ...TWITTER_CONFIG, environment: "production", sku: "P0v3", instances: "2" },
  "client secret": { ...TWITTER_CONFIG, credential: "secret" },
  "another tenant": { ...TWITTER_CONFIG, tenantId: OTHER_TENANT },
  "own registration": { ...TWITTER_CONFIG, azureAppId: OWN_APP_ID },
  "own registration with a secret": {
    ...TWITTER_CONFIG,
    azureAppId: OWN_APP_ID,
    azureAppSecret: "own-secret-in-clear",
    azureAppSecretEndDate: "2027-06-30",
  },
  "private backend": {
    ...TWITTER_CONFIG,
    environment: "production",
    sku: "P1v3",
    maxInstances: "4",
    alertEmail: "compliance-it@contoso.com",
    network: "private-backend",
    networkRange: "10.1.2.0/24",
    tags: '{"costCenter":"4711"}',
    allowedIpRanges: '["203.0.113.0/24"]',
  },
  "landing zone": {
    ...TWITTER_CONFIG,
    network: "private-backend",
    packageDelivery: "push",
    existing: JSON.stringify({ ...OWN_SUBNETS, dnsZones: "none", workspaceId: OWN_WORKSPACE_ID }),
  },
  "landing zone with its own DNS zones": {
    network: "private-backend",
    existing: JSON.stringify({ ...OWN_SUBNETS, dnsZones: OWN_ZONES }),
  },
  "own subnets": { network: "private-backend", existing: JSON.stringify(OWN_SUBNETS) },
  "own package container": { packageContainerId: OWN_CONTAINER_ID },
  "pushed package": { packageDelivery: "push" },
  "immutable archive": {
    environment: "production",
    immutabilityDays: "2190",
    evidenceAccess: "create-only",
  },
} satisfies Record<string, Record<string, string>>;

export type Mode = keyof typeof MODES;

/** Every value in these evaluations that must stay secret. */
export const SECRET_VALUES = [
  ...Object.values(TWITTER_CONFIG),
  "own-secret-in-clear",
  "generated-client-secret",
  "generated-api-secret-key",
  Buffer.alloc(32, 7).toString("base64url"),
];

const evaluations = new Map<string, Promise<Evaluation>>();
/** One bundle for all: it depends on the source alone. */
let built: Promise<Package> | undefined;
export const buildOnce = () => (built ??= buildPackage());

/** The program as it is evaluated in a mode: once a test file, one evaluation at a time. */
export function evaluateMode(mode: Mode, { preview = false } = {}): Promise<Evaluation> {
  const key = `${mode} ${preview}`;
  const known = evaluations.get(key);
  if (known) {
    return known;
  }
  const evaluation = evaluate(() => program(buildOnce), { config: MODES[mode], preview });
  evaluations.set(key, evaluation);
  return evaluation;
}
