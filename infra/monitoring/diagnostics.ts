import type { DiagnosticSettingArgs } from "@pulumi/azure-native/monitor/index.js";

export type WatchedResource = "site" | "plan" | "vault" | "archiveAccount";
/** What is there in some stacks only. */
export type OptionalResource = "packageAccount" | "autoscale" | "network" | "networkGuard";

/** What a resource hands over to the workspace. */
export type Diagnostics = Pick<
  DiagnosticSettingArgs,
  "logs" | "metrics" | "logAnalyticsDestinationType"
> & {
  name: string;
  resource: WatchedResource | OptionalResource | "workspace";
  /** Of a service of the resource: its place below the resource's id. */
  path?: string;
  /** Anybody who can reach the site can have lines written: they go to a workspace of their own. */
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
/** A line for each request, and for each that the site's network rules judge. */
const ACCESS_LOGS = categories("AppServiceHTTPLogs", "AppServiceIPSecAuditLogs");
const STORAGE_LOGS = categories("StorageRead", "StorageWrite", "StorageDelete");
const METRICS = [{ category: "AllMetrics", enabled: true }];

/** Tables and files, too, which nothing of ours uses: whoever does is somebody else. */
const STORAGE_SERVICES = ["blob", "queue", "table", "file"];

/** Metrics are kept by Azure itself for 93 days; the plan's are copied, to be seen beside the logs. */
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
  // Not why it decided to do nothing, a line for each rule and minute.
  { name: "autoscale", resource: "autoscale", logs: categories("AutoscaleScaleActions") },
  { name: "network", resource: "network", logs: categories("VMProtectionAlerts") },
  { name: "guard", resource: "networkGuard", logs: categories("NetworkSecurityGroupEvent") },
  // Who read the logs.
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
