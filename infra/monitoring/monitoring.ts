import * as applicationinsights from "@pulumi/azure-native/applicationinsights/index.js";
import * as monitor from "@pulumi/azure-native/monitor/index.js";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights/index.js";
import * as pulumi from "@pulumi/pulumi";
import { v5 as uuidv5 } from "uuid";
import {
  DIAGNOSTICS,
  type Diagnostics,
  type OptionalResource,
  type WatchedResource,
} from "./diagnostics.ts";
import { DAILY_ACCESS_LOG_QUOTA_GB } from "../defaults.ts";
import { within } from "./kql.ts";
import { type LogAlert, logAlerts } from "./log-alerts.ts";
import { METRIC_ALERTS, type MetricAlert } from "./metric-alerts.ts";
import { workbookOver } from "./workbook.ts";
import type { ResourceScope } from "../scope.ts";

export type MonitoringArgs = {
  place: ResourceScope;
  subscriptionId: pulumi.Input<string>;
  /** Resource ids of the monitored resources. */
  watched: Record<WatchedResource, pulumi.Input<string>> &
    Record<OptionalResource, pulumi.Input<string> | undefined>;
  /** Recipient of alerts. Undefined: alerts show in the Azure portal only. */
  alertEmail: string | undefined;
  /** Hours after which an undelivered window fires an alert: 1 to 24. */
  hoursWithoutDelivery: number;
  /** Days without a request for a job after which an alert fires: 1 or 2. */
  daysWithoutRequest: number;
  /** Days for which logs are kept: 30 to 730. */
  retentionDays: number;
  /** Daily cap; -1: none. Above it, logs are lost and log alerts cannot fire. */
  dailyQuotaGb: number;
  /** A workspace that is there, and the groups of what is ours in it; undefined: two are made. */
  shared: { workspaceId: string; groupIds: pulumi.Input<string>[] } | undefined;
  /** Logs outlive the stack. */
  isProduction: boolean;
  /**
   * Resources that take minutes to create. Alerts are created after them, because in the first minutes
   * Azure may answer that the new workspace does not exist.
   */
  alertsAfter: pulumi.Resource[];
};

/** Logs, alerts and workbook. */
export class Monitoring extends pulumi.ComponentResource {
  readonly workspaceId: pulumi.Output<string>;
  /** Where the Azure portal shows delivery, coverage, reads and lag. */
  readonly workbookUrl: pulumi.Output<string>;

  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:Monitoring", name, {}, opts);
    const { place, alertEmail } = args;
    const parent = { parent: this };
    const made = args.shared === undefined ? createWorkspaces(name, args, parent) : undefined;
    const workspaceId = made?.workspace.id ?? pulumi.output(args.shared?.workspaceId ?? "");
    const accessWorkspaceId = made?.accessWorkspace.id ?? workspaceId;
    const actionGroups =
      alertEmail === undefined ? [] : [createActionGroup(name, { place, alertEmail }, parent)];
    const context = { name, args, workspaceId, accessWorkspaceId, actionGroups, parent };
    const late = { ...context, parent: { ...parent, dependsOn: args.alertsAfter } };
    for (const diagnostics of DIAGNOSTICS) {
      collect(context, diagnostics);
    }
    for (const alert of logAlerts(args)) {
      alertOnLogs(late, alert);
    }
    for (const alert of METRIC_ALERTS) {
      alertOnMetric(context, alert);
    }
    alertOnServiceHealth(context);
    const workbook = createWorkbook(context);
    this.workspaceId = workspaceId;
    this.workbookUrl = pulumi.interpolate`https://portal.azure.com/#resource${workbook.id}/workbook`;
    this.registerOutputs({ workspaceId: this.workspaceId, workbookUrl: this.workbookUrl });
  }
}

type Context = {
  name: string;
  args: MonitoringArgs;
  workspaceId: pulumi.Output<string>;
  /** For what anybody can have written. */
  accessWorkspaceId: pulumi.Output<string>;
  actionGroups: monitor.ActionGroup[];
  parent: pulumi.CustomResourceOptions;
};

/** Location of alerts on metrics and activity; those on logs are in the workspace's region. */
const GLOBAL = "global";

function createWorkspaces(
  name: string,
  args: MonitoringArgs,
  parent: pulumi.CustomResourceOptions,
) {
  // Any caller can cause access log lines. In a separate workspace they can fill only their own cap.
  const open = { ...args, dailyQuotaGb: DAILY_ACCESS_LOG_QUOTA_GB };
  return {
    workspace: createWorkspace(`${name}-workspace`, args, parent),
    accessWorkspace: createWorkspace(`${name}-access`, open, parent),
  };
}

/** A query as it is, or over what is ours in a workspace that is shared. */
function overOurs(query: string, { shared }: MonitoringArgs): pulumi.Input<string> {
  return shared === undefined
    ? query
    : pulumi.all(shared.groupIds).apply((groupIds) => within(query, groupIds));
}

function createWorkspace(
  name: string,
  { place, retentionDays, dailyQuotaGb, isProduction }: MonitoringArgs,
  parent: pulumi.CustomResourceOptions,
): operationalinsights.Workspace {
  return new operationalinsights.Workspace(
    name,
    {
      ...place,
      sku: { name: "PerGB2018" },
      retentionInDays: retentionDays,
      workspaceCapping: { dailyQuotaGb },
      // Read access to a resource includes its logs; keys can neither send nor read.
      features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true },
      publicNetworkAccessForIngestion: "Enabled",
      publicNetworkAccessForQuery: "Enabled",
    },
    { ...parent, protect: isProduction, retainOnDelete: isProduction },
  );
}

function createActionGroup(
  name: string,
  { place, alertEmail }: { place: ResourceScope; alertEmail: string },
  parent: pulumi.CustomResourceOptions,
): monitor.ActionGroup {
  return new monitor.ActionGroup(
    `${name}-people`,
    {
      ...place,
      location: GLOBAL,
      groupShortName: "connector",
      enabled: true,
      emailReceivers: [{ name: "mail", emailAddress: alertEmail, useCommonAlertSchema: true }],
    },
    parent,
  );
}

function createWorkbook({
  name,
  args,
  workspaceId,
  parent,
}: Context): applicationinsights.Workbook {
  return new applicationinsights.Workbook(
    `${name}-workbook`,
    {
      ...args.place,
      // Azure requires a UUID; this one is the same at every `up`.
      resourceName: pulumi
        .output(args.shared?.groupIds[0] ?? workspaceId)
        .apply((id) => uuidv5(id, uuidv5.URL)),
      displayName: "Twitter connector",
      category: "workbook",
      kind: "shared",
      // Azure stores it in lower case.
      sourceId: workspaceId.apply((id) => id.toLowerCase()),
      serializedData: pulumi
        .all([workspaceId, pulumi.all(args.shared?.groupIds ?? [])])
        .apply(([id, groupIds]) => JSON.stringify(workbookOver(id, groupIds))),
    },
    parent,
  );
}

function collect(
  { name, args, workspaceId: id, accessWorkspaceId, parent }: Context,
  { name: what, resource, path = "", isOpenToStrangers = false, ...settings }: Diagnostics,
): void {
  const workspaceId = isOpenToStrangers ? accessWorkspaceId : id;
  // Who reads a workspace of somebody else's is theirs to watch.
  const workspace = args.shared === undefined ? id : undefined;
  const watched = { ...args.watched, workspace }[resource];
  if (watched === undefined) {
    return;
  }
  new monitor.DiagnosticSetting(
    `${name}-${what}-logs`,
    {
      resourceUri: pulumi.interpolate`${watched}${path}`,
      workspaceId,
      ...settings,
    },
    parent,
  );
}

function alertOnLogs(
  { name, args, workspaceId, actionGroups, parent }: Context,
  alert: LogAlert,
): void {
  const { title, description, severity, evaluationFrequency, windowSize, query, threshold } = alert;
  new monitor.ScheduledQueryRule(
    `${name}-${alert.name}`,
    {
      ...args.place,
      kind: "LogAlert",
      displayName: title,
      description,
      severity,
      enabled: true,
      scopes: [workspaceId],
      evaluationFrequency,
      windowSize,
      criteria: {
        allOf: [
          {
            query: alert.isOfWorkspace ? query : overOurs(query, args),
            timeAggregation: "Count",
            // Not `gt` as in the SDK's enum, which belongs to another service.
            operator: "GreaterThan",
            threshold,
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
          },
        ],
      },
      autoMitigate: true,
      actions: { actionGroups: actionGroups.map(({ id }) => id) },
    },
    parent,
  );
}

function alertOnMetric({ name, args, actionGroups, parent }: Context, alert: MetricAlert): void {
  const { title, description, severity, evaluationFrequency, windowSize } = alert;
  const { metricNamespace, metricName, timeAggregation, operator, threshold } = alert;
  new monitor.MetricAlert(
    `${name}-${alert.name}`,
    {
      ...args.place,
      location: GLOBAL,
      description: `${title}. ${description}`,
      severity,
      enabled: true,
      scopes: [args.watched[alert.resource]],
      evaluationFrequency,
      windowSize,
      criteria: {
        odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        allOf: [
          {
            criterionType: "StaticThresholdCriterion",
            name: "threshold",
            metricNamespace,
            metricName,
            timeAggregation,
            operator,
            threshold,
          },
        ],
      },
      autoMitigate: true,
      actions: actionGroups.map(({ id }) => ({ actionGroupId: id })),
    },
    parent,
  );
}

/** An incident at Azure explains other alerts. Azure allows no narrower scope than the subscription. */
function alertOnServiceHealth({ name, args, actionGroups, parent }: Context): void {
  new monitor.ActivityLogAlert(
    `${name}-service-health`,
    {
      ...args.place,
      location: GLOBAL,
      description:
        "Azure has an incident with a service that this subscription uses. See Service Health in the " +
        "portal; the connector goes on by itself when it is over.",
      enabled: true,
      scopes: [pulumi.interpolate`/subscriptions/${args.subscriptionId}`],
      condition: {
        allOf: [
          { field: "category", equals: "ServiceHealth" },
          { field: "properties.incidentType", equals: "Incident" },
        ],
      },
      actions: { actionGroups: actionGroups.map(({ id }) => ({ actionGroupId: id })) },
    },
    parent,
  );
}
