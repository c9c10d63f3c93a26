/** How a resource of azure-native stands in an ARM template. */
export type Kind = {
  /** Resource type: `Microsoft.Storage/storageAccounts`. */
  type: string;
  /** API version that azure-native 3.28 speaks: `scripts/arm/template.test.ts` holds it to the SDK. */
  api: string;
  /** Inputs that its name is made of, parents first; a fixed step stands as `=default`. */
  name: readonly string[];
  /** It lies somewhere: `location` is the group's where the program names none. */
  isTracked?: true;
  /** The input that says which resource it belongs to, of whatever type. */
  scopeInput?: "scope" | "resourceUri";
  /** Inputs that have another name at Azure (x-ms-client-name of its specification). */
  renamed?: Readonly<Record<string, string>>;
  /** Lists whose entries have a name, and all else below `properties`, at Azure. */
  lists?: readonly string[];
  /** What is named by its id alone: the SDK adds members of the resource that it is. */
  references?: readonly string[];
  /** What stands beside `properties` elsewhere, and within them here. */
  within?: readonly string[];
};

const STORAGE = "2024-01-01";
const WEB = "2025-05-01";
const NETWORK = "2024-05-01";
const DNS = "2024-06-01";
const VAULT = "2024-11-01";

/** Everything of Azure's that the program makes by the resource manager. */
export const KINDS: Readonly<Record<string, Kind>> = {
  "applicationinsights:Workbook": {
    type: "Microsoft.Insights/workbooks",
    api: "2023-06-01",
    name: ["resourceName"],
    isTracked: true,
  },
  "authorization:RoleAssignment": {
    type: "Microsoft.Authorization/roleAssignments",
    api: "2022-04-01",
    name: ["roleAssignmentName"],
    scopeInput: "scope",
  },
  "keyvault:Secret": {
    type: "Microsoft.KeyVault/vaults/secrets",
    api: VAULT,
    name: ["vaultName", "secretName"],
    renamed: { expires: "exp" },
  },
  "keyvault:Vault": {
    type: "Microsoft.KeyVault/vaults",
    api: VAULT,
    name: ["vaultName"],
    isTracked: true,
  },
  "managedidentity:UserAssignedIdentity": {
    type: "Microsoft.ManagedIdentity/userAssignedIdentities",
    api: "2023-01-31",
    name: ["resourceName"],
    isTracked: true,
  },
  "monitor:ActionGroup": {
    type: "Microsoft.Insights/actionGroups",
    api: "2024-10-01-preview",
    name: ["actionGroupName"],
  },
  "monitor:ActivityLogAlert": {
    type: "Microsoft.Insights/activityLogAlerts",
    api: "2020-10-01",
    name: ["activityLogAlertName"],
  },
  "monitor:AutoscaleSetting": {
    type: "Microsoft.Insights/autoscalesettings",
    api: "2021-05-01-preview",
    name: ["autoscaleSettingName"],
    isTracked: true,
  },
  "monitor:DiagnosticSetting": {
    type: "Microsoft.Insights/diagnosticSettings",
    api: "2021-05-01-preview",
    name: ["name"],
    scopeInput: "resourceUri",
  },
  "monitor:MetricAlert": {
    type: "Microsoft.Insights/metricAlerts",
    api: "2018-03-01",
    name: ["ruleName"],
    renamed: { odataType: "odata.type" },
  },
  "monitor:ScheduledQueryRule": {
    type: "Microsoft.Insights/scheduledQueryRules",
    api: "2025-01-01-preview",
    name: ["ruleName"],
    isTracked: true,
  },
  "network:NetworkSecurityGroup": {
    type: "Microsoft.Network/networkSecurityGroups",
    api: NETWORK,
    name: ["networkSecurityGroupName"],
    isTracked: true,
  },
  "network:PrivateDnsZoneGroup": {
    type: "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
    api: NETWORK,
    name: ["privateEndpointName", "privateDnsZoneGroupName"],
    lists: ["privateDnsZoneConfigs"],
  },
  "network:PrivateEndpoint": {
    type: "Microsoft.Network/privateEndpoints",
    api: NETWORK,
    name: ["privateEndpointName"],
    isTracked: true,
    lists: ["privateLinkServiceConnections"],
    references: ["subnet"],
  },
  "network:VirtualNetwork": {
    type: "Microsoft.Network/virtualNetworks",
    api: NETWORK,
    name: ["virtualNetworkName"],
    isTracked: true,
    lists: ["subnets", "delegations"],
  },
  "operationalinsights:Workspace": {
    type: "Microsoft.OperationalInsights/workspaces",
    api: "2023-09-01",
    name: ["workspaceName"],
    isTracked: true,
    within: ["sku"],
  },
  "privatedns:PrivateZone": {
    type: "Microsoft.Network/privateDnsZones",
    api: DNS,
    name: ["privateZoneName"],
  },
  "privatedns:VirtualNetworkLink": {
    type: "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
    api: DNS,
    name: ["privateZoneName", "virtualNetworkLinkName"],
  },
  "storage:BlobContainer": {
    type: "Microsoft.Storage/storageAccounts/blobServices/containers",
    api: STORAGE,
    name: ["accountName", "=default", "containerName"],
  },
  "storage:BlobContainerImmutabilityPolicy": {
    type: "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies",
    api: STORAGE,
    name: ["accountName", "=default", "containerName", "immutabilityPolicyName"],
  },
  "storage:BlobServiceProperties": {
    type: "Microsoft.Storage/storageAccounts/blobServices",
    api: STORAGE,
    name: ["accountName", "blobServicesName"],
  },
  "storage:ManagementPolicy": {
    type: "Microsoft.Storage/storageAccounts/managementPolicies",
    api: STORAGE,
    name: ["accountName", "managementPolicyName"],
  },
  "storage:Queue": {
    type: "Microsoft.Storage/storageAccounts/queueServices/queues",
    api: STORAGE,
    name: ["accountName", "=default", "queueName"],
  },
  "storage:StorageAccount": {
    type: "Microsoft.Storage/storageAccounts",
    api: STORAGE,
    name: ["accountName"],
    isTracked: true,
    renamed: {
      enableHttpsTrafficOnly: "supportsHttpsTrafficOnly",
      networkRuleSet: "networkAcls",
    },
  },
  "web:AppServicePlan": {
    type: "Microsoft.Web/serverfarms",
    api: WEB,
    name: ["name"],
    isTracked: true,
  },
  "web:WebApp": {
    type: "Microsoft.Web/sites",
    api: WEB,
    name: ["name"],
    isTracked: true,
  },
  "web:WebAppFtpAllowed": {
    type: "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
    api: WEB,
    name: ["name", "=ftp"],
  },
  "web:WebAppScmAllowed": {
    type: "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
    api: WEB,
    name: ["name", "=scm"],
  },
};

/** Of a type token, `azure-native:storage:StorageAccount`; undefined: not made by the resource manager. */
export function kindOf(token: string): Kind | undefined {
  const [provider, ...rest] = token.split(":");
  const key = rest.join(":");
  return provider === "azure-native" && Object.hasOwn(KINDS, key) ? KINDS[key] : undefined;
}
