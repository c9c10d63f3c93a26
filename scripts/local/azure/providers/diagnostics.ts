import { z } from "zod";

import { autoname, readInputs, requireExisting } from "../arm.ts";
import type { Made, ResourceRequest, World } from "../world.ts";

const id = z.string().startsWith("/");

/** What each kind of resource can hand over. Groups of sites are not documented, so not known. */
const SOURCES: [pattern: RegExp, known: { categories: string[]; groups: string[] }][] = [
  [
    /\/providers\/Microsoft\.Web\/sites\/[^/]+$/i,
    {
      categories: [
        "AppServiceConsoleLogs",
        "AppServiceHTTPLogs",
        "AppServiceAuditLogs",
        "AppServiceIPSecAuditLogs",
        "AppServicePlatformLogs",
        "AppServiceAppLogs",
        "AppServiceAuthenticationLogs",
      ],
      groups: [],
    },
  ],
  [
    /\/providers\/Microsoft\.Web\/serverfarms\/[^/]+$/i,
    { categories: ["AppServiceConsoleLogs", "AppServicePlatformLogs"], groups: [] },
  ],
  [
    /\/providers\/Microsoft\.KeyVault\/vaults\/[^/]+$/i,
    {
      categories: ["AuditEvent", "AzurePolicyEvaluationDetails"],
      groups: ["audit", "allLogs"],
    },
  ],
  [
    /\/storageAccounts\/[^/]+\/(blob|queue|table|file)Services\/default$/i,
    { categories: ["StorageRead", "StorageWrite", "StorageDelete"], groups: ["audit", "allLogs"] },
  ],
  [/\/storageAccounts\/[^/]+$/i, { categories: [], groups: [] }],
  [
    /\/providers\/Microsoft\.Insights\/autoscalesettings\/[^/]+$/i,
    { categories: ["AutoscaleEvaluations", "AutoscaleScaleActions"], groups: ["allLogs"] },
  ],
  [
    /\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+$/i,
    { categories: ["VMProtectionAlerts"], groups: ["allLogs"] },
  ],
  [
    /\/providers\/Microsoft\.Network\/networkSecurityGroups\/[^/]+$/i,
    {
      categories: ["NetworkSecurityGroupEvent", "NetworkSecurityGroupRuleCounter"],
      groups: ["allLogs"],
    },
  ],
  [
    /\/providers\/Microsoft\.OperationalInsights\/workspaces\/[^/]+$/i,
    { categories: ["Audit", "SummaryLogs", "Jobs"], groups: ["audit", "allLogs"] },
  ],
];

const diagnosticInputs = z.looseObject({
  resourceUri: id,
  workspaceId: id,
  name: z.string().min(1).optional(),
  logAnalyticsDestinationType: z.literal("Dedicated").optional(),
  logs: z
    .array(
      z.looseObject({
        category: z.string().optional(),
        categoryGroup: z.string().optional(),
        enabled: z.boolean(),
      }),
    )
    .default([]),
  metrics: z
    .array(z.looseObject({ category: z.literal("AllMetrics"), enabled: z.boolean() }))
    .default([]),
});

export function makeDiagnosticSetting(request: ResourceRequest, world: World): Made {
  const inputs = readInputs(diagnosticInputs, request);
  requireExisting(world, inputs.resourceUri, "the resource to watch");
  requireExisting(world, inputs.workspaceId, "the workspace");
  const known = SOURCES.find(([pattern]) => pattern.test(inputs.resourceUri))?.[1];
  if (!known) {
    throw new Error(`ResourceTypeNotSupported: ${inputs.resourceUri} has no diagnostic settings`);
  }
  if (inputs.logs.length + inputs.metrics.length === 0) {
    throw new Error("a diagnostic setting must collect something");
  }
  const categories = inputs.logs.flatMap(({ category }) => category ?? []);
  const groups = inputs.logs.flatMap(({ categoryGroup }) => categoryGroup ?? []);
  if (categories.length > 0 && groups.length > 0) {
    throw new Error(
      "Diagnostic setting does not support mix of log category and log category group",
    );
  }
  refuseUnknown("Category", categories, known.categories);
  refuseUnknown("CategoryGroup", groups, known.groups);
  const name = inputs.name ?? autoname(request.name);
  return {
    id: `${inputs.resourceUri}/providers/Microsoft.Insights/diagnosticSettings/${name}`,
    name,
    state: { name, type: "Microsoft.Insights/diagnosticSettings" },
  };
}

function refuseUnknown(what: string, given: string[], known: string[]): void {
  const unknown = given.find((one) => !known.includes(one));
  if (unknown !== undefined) {
    throw new Error(`${what} '${unknown}' is not supported`);
  }
}
