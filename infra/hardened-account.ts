import type * as storage from "@pulumi/azure-native/storage/index.js";

type Hardening = Omit<storage.StorageAccountArgs, "resourceGroupName" | "sku">;

const SERVICE = { enabled: true, keyType: "Account" };

/** Settings of every storage account in the program (docs/security-decisions.md). */
export function hardenedAccount(isPrivate: boolean) {
  return {
    kind: "StorageV2",
    accessTier: "Hot",
    enableHttpsTrafficOnly: true,
    minimumTlsVersion: "TLS1_2",
    allowBlobPublicAccess: false,
    allowCrossTenantReplication: false,
    allowedCopyScope: "AAD",
    isLocalUserEnabled: false,
    isSftpEnabled: false,
    isHnsEnabled: false,
    defaultToOAuthAuthentication: true,
    encryption: {
      keySource: "Microsoft.Storage",
      requireInfrastructureEncryption: true,
      services: { blob: SERVICE, file: SERVICE, queue: SERVICE, table: SERVICE },
    },
    sasPolicy: { expirationAction: "Block", sasExpirationPeriod: "1.00:00:00" },
    publicNetworkAccess: isPrivate ? "Disabled" : "Enabled",
    networkRuleSet: {
      defaultAction: isPrivate ? "Deny" : "Allow",
      bypass: isPrivate ? "None" : "AzureServices",
    },
  } as const satisfies Hardening;
}
