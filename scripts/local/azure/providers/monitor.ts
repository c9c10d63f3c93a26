import { randomUUID } from "node:crypto";

import { WorkspaceSkuNameEnum } from "@pulumi/azure-native/types/enums/operationalinsights/index.js";
import { z } from "zod";

import { checked, requireExisting } from "../arm.ts";
import type { Provider } from "../world.ts";
import { makeActivityLogAlert, makeMetricAlert, makeQueryRule } from "./alerts.ts";
import { makeAutoscaleSetting } from "./autoscale.ts";
import { makeDiagnosticSetting } from "./diagnostics.ts";
import { inGroup } from "./recorded.ts";

const id = z.string().startsWith("/");
const global = z.string().regex(/^global$/i, "must be global");

/** Log Analytics and Azure Monitor: nothing is measured here, but what Azure refuses is refused. */
export const monitor: Provider = {
  "azure-native:operationalinsights:Workspace": checked(
    z.looseObject({
      sku: z.looseObject({ name: z.enum(WorkspaceSkuNameEnum) }),
      retentionInDays: z.int().min(30).max(730),
      workspaceCapping: z
        .looseObject({ dailyQuotaGb: z.literal(-1).or(z.number().min(0.023)) })
        .optional(),
    }),
    () => {},
    inGroup("Microsoft.OperationalInsights/workspaces", "workspaceName", () => ({
      customerId: randomUUID(),
    })),
  ),
  "azure-native:applicationinsights:Workbook": checked(
    z.looseObject({
      resourceName: z.uuid(),
      displayName: z.string().min(1),
      category: z.string().min(1),
      kind: z.literal("shared"),
      serializedData: z.string().refine(isJson, "must be JSON"),
      // The service keeps it in lower case, and a refresh would show a change of any other.
      sourceId: id.lowercase(),
    }),
    ({ sourceId }, world) => requireExisting(world, sourceId, "the workbook's source"),
    inGroup("Microsoft.Insights/workbooks", "resourceName"),
  ),
  "azure-native:monitor:ActionGroup": checked(
    z.looseObject({
      location: global,
      groupShortName: z.string().min(1).max(12),
      enabled: z.boolean(),
      emailReceivers: z
        .array(z.looseObject({ name: z.string().min(1), emailAddress: z.email() }))
        .default([]),
    }),
    () => {},
    inGroup("Microsoft.Insights/actionGroups", "actionGroupName"),
  ),
  "azure-native:monitor:ScheduledQueryRule": makeQueryRule(),
  "azure-native:monitor:MetricAlert": makeMetricAlert(),
  "azure-native:monitor:ActivityLogAlert": makeActivityLogAlert(),
  "azure-native:monitor:AutoscaleSetting": makeAutoscaleSetting(),
  "azure-native:monitor:DiagnosticSetting": makeDiagnosticSetting,
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
