import type { DiagnosticSettingArgs } from "@pulumi/azure-native/monitor/index.js";

export type WatchedResource = "site" | "plan" | "vault" | "archiveAccount";
/** Resources that only some stacks have. */
export type OptionalResource = "packageAccount" | "autoscale" | "network" | "networkGuard";

/** Logs and metrics that a resource sends to the workspace. */
export type Diagnostics = Pick<
  DiagnosticSettingArgs,
  "logs" | "metrics" | "logAnalyticsDestinationType"
> & {
  name: string;
  resource: WatchedResource | OptionalResource | "workspace";
  /** Path of a service of the resource, below the resource's id. */
  path?: string;
  /** Log lines that any caller of the site can cause: they go to a separate workspace. */
  isOpenToStrangers?: boolean;
};

const categories = (...names: string[]) =>
  names.map((category) => ({ category, enabled: true as const }));

/**
 * Categories by name where a group might not do. Sites: the built-in policy for groups leaves them
 * out (github.com/Azure/azure-policy/issues/1587), and a category that the plan's tier lacks, such
 * as AppServiceFileAuditLogs below Premium, fails the whole setting
 * (github.com/Azure/Azure-AppServices-Diagnostics/issues/726). Storage: not in that policy either
 * (github.com/Azure/Azure-Landing-Zones/issues/4215).
 */
const SITE_LOGS = categories(
  "AppServiceConsoleLogs",
  "AppServiceAuditLogs",
  "AppServicePlatformLogs",
);
/** One line for each request, and for each decision of the site's network rules. */
const ACCESS_LOGS = categories("AppServiceHTTPLogs", "AppServiceIPSecAuditLogs");
const STORAGE_LOGS = categories("StorageRead", "StorageWrite", "StorageDelete");
const METRICS = [{ category: "AllMetrics", enabled: true }];

/** Includes tables and files, which the connector does not use: any access is somebody else's. */
const STORAGE_SERVICES = ["blob", "queue", "table", "file"];

/** Azure keeps metrics for 93 days; the plan's are copied to compare them with the logs. */
export const DIAGNOSTICS: Diagnostics[] = [
  { name: "site", resource: "site", logs: SITE_LOGS },
  { name: "access", resource: "site", logs: ACCESS_LOGS, isOpenToStrangers: true },
  { name: "plan", resource: "plan", metrics: METRICS },
  {
    name: "vault",
    resource: "vault",
    logs: [{ categoryGroup: "audit", enabled: true }],
    logAnalyticsDestinationType: "Dedicated",
  },
  ...STORAGE_SERVICES.flatMap((service) => [
    storageLogs("archive", service),
    storageLogs("package", service),
  ]),
  // Without AutoscaleEvaluations, which logs every rule each minute.
  { name: "autoscale", resource: "autoscale", logs: categories("AutoscaleScaleActions") },
  { name: "network", resource: "network", logs: categories("VMProtectionAlerts") },
  { name: "guard", resource: "networkGuard", logs: categories("NetworkSecurityGroupEvent") },
  // Shows who read the logs.
  { name: "workspace", resource: "workspace", logs: categories("Audit") },
];

function storageLogs(account: "archive" | "package", service: string): Diagnostics {
  return {
    name: `${account}-${service}s`,
    resource: `${account}Account`,
    path: `/${service}Services/default`,
    logs: STORAGE_LOGS,
  };
}
