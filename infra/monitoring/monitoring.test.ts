import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { logAlerts } from "./log-alerts.ts";
import { METRIC_ALERTS } from "./metric-alerts.ts";
import { Monitoring, type MonitoringArgs } from "./monitoring.ts";
import { evaluate, type Evaluation, type Recorded, toRecord, valueOf } from "../testing/mocks.ts";

const ARGS: MonitoringArgs = {
  place: { resourceGroupName: "group", tags: { project: "p" } },
  subscriptionId: "subscription",
  watched: {
    site: "/site",
    plan: "/plan",
    vault: "/vault",
    archiveAccount: "/archive",
    packageAccount: "/package",
    autoscale: "/autoscale",
    network: undefined,
    networkGuard: undefined,
  },
  alertEmail: "operator@example.com",
  hoursWithoutDelivery: 6,
  daysWithoutRequest: 2,
  retentionDays: 90,
  dailyQuotaGb: 5,
  shared: undefined,
  isProduction: false,
  alertsAfter: [],
};
const WORKSPACE: unknown = expect.stringMatching(/\/monitoring-workspace$/);
const ACCESS_WORKSPACE: unknown = expect.stringMatching(/\/monitoring-access$/);
const PEOPLE: unknown = expect.stringMatching(/\/monitoring-people$/);

let evaluation: Evaluation;

beforeAll(async () => {
  evaluation = await monitored();
});

describe("the workspace", () => {
  it("keeps logs as long, and takes as much in a day, as it is told", () => {
    const { find } = evaluation;
    expect(find("operationalinsights:Workspace", "monitoring-workspace").inputs).toMatchObject({
      resourceGroupName: "group",
      sku: { name: "PerGB2018" },
      retentionInDays: 90,
      workspaceCapping: { dailyQuotaGb: 5 },
      features: { disableLocalAuth: true },
      tags: { project: "p" },
    });
  });

  it("is not filled by what strangers have written: their requests go to another", () => {
    const { all, find } = evaluation;
    const open = /HTTPLogs|IPSecAuditLogs/;
    for (const { inputs } of all("monitor:DiagnosticSetting")) {
      const isOpen = collected(inputs).filter((category) => open.test(String(category))).length > 0;
      expect(inputs["workspaceId"]).toEqual(isOpen ? ACCESS_WORKSPACE : WORKSPACE);
    }
    expect(find("operationalinsights:Workspace", "monitoring-access").inputs).toMatchObject({
      retentionInDays: 90,
      workspaceCapping: { dailyQuotaGb: 0.5 },
      features: { disableLocalAuth: true },
    });
  });

  it.each([true, false])("outlives the stack, alone, in production: %s", async (isProduction) => {
    const options = new Map<string, pulumi.CustomResourceOptions>();
    await monitored({ isProduction }, ({ name, opts }) => {
      options.set(name, opts);
      return undefined;
    });
    for (const workspace of ["monitoring-workspace", "monitoring-access"]) {
      expect(options.get(workspace)).toMatchObject({
        protect: isProduction,
        retainOnDelete: isProduction,
      });
    }
    expect(options.get("monitoring-gap")).not.toHaveProperty("protect");
  });
});

describe("the diagnostic settings", () => {
  it("cover every resource, and each service of a storage account", () => {
    const { all } = evaluation;
    const settings = all("monitor:DiagnosticSetting").map(({ inputs }) => [
      inputs["resourceUri"],
      ...collected(inputs),
    ]);
    const storage = ["StorageRead", "StorageWrite", "StorageDelete"];
    const byUri = settings.toSorted((a, b) => String(a[0]).localeCompare(String(b[0])));
    expect(byUri).toEqual([
      ["/archive/blobServices/default", ...storage],
      ["/archive/fileServices/default", ...storage],
      ["/archive/queueServices/default", ...storage],
      ["/archive/tableServices/default", ...storage],
      ["/autoscale", "AutoscaleScaleActions"],
      ["/package/blobServices/default", ...storage],
      ["/package/fileServices/default", ...storage],
      ["/package/queueServices/default", ...storage],
      ["/package/tableServices/default", ...storage],
      ["/plan", "AllMetrics"],
      ["/site", "AppServiceConsoleLogs", "AppServiceAuditLogs", "AppServicePlatformLogs"],
      ["/site", "AppServiceHTTPLogs", "AppServiceIPSecAuditLogs"],
      [WORKSPACE, "Audit"],
      ["/vault", "audit"],
    ]);
  });

  it("send to the workspaces, and nowhere else", () => {
    const { all } = evaluation;
    for (const { inputs } of all("monitor:DiagnosticSetting")) {
      expect([WORKSPACE, ACCESS_WORKSPACE]).toContainEqual(inputs["workspaceId"]);
      expect(Object.keys(inputs)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/storageAccountId|eventHub|marketplace/)]),
      );
    }
  });
});

describe("the alerts over logs", () => {
  it.each(logAlerts(ARGS))("$name is made as it is described", (alert) => {
    const { find } = evaluation;
    const { inputs } = find("monitor:ScheduledQueryRule", `monitoring-${alert.name}`);
    expect(inputs).toEqual({
      resourceGroupName: "group",
      kind: "LogAlert",
      displayName: alert.title,
      description: alert.description,
      severity: alert.severity,
      enabled: true,
      scopes: [WORKSPACE],
      evaluationFrequency: alert.evaluationFrequency,
      windowSize: alert.windowSize,
      criteria: {
        allOf: [
          {
            query: alert.query,
            timeAggregation: "Count",
            operator: "GreaterThan",
            threshold: alert.threshold,
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
          },
        ],
      },
      autoMitigate: true,
      actions: { actionGroups: [PEOPLE] },
      tags: { project: "p" },
    });
  });

  it("are made, all of them, and no other", () => {
    const { all } = evaluation;
    expect(namesOf(all("monitor:ScheduledQueryRule"))).toEqual(
      logAlerts(ARGS)
        .map(({ name }) => `monitoring-${name}`)
        .toSorted(),
    );
  });
});

describe("the alerts over metrics", () => {
  it.each([
    ["unhealthy", "/site", "Microsoft.Web/sites", "HealthCheckStatus", "Average", "LessThan", 100],
    ["server-errors", "/site", "Microsoft.Web/sites", "Http5xx", "Total", "GreaterThan", 20],
    ["refused-requests", "/site", "Microsoft.Web/sites", "Http4xx", "Total", "GreaterThan", 3000],
    [
      "overloaded",
      "/plan",
      "Microsoft.Web/serverfarms",
      "CpuPercentage",
      "Average",
      "GreaterThan",
      90,
    ],
    [
      "archive-unavailable",
      "/archive",
      "Microsoft.Storage/storageAccounts",
      "Availability",
      "Average",
      "LessThan",
      99,
    ],
  ])(
    "%s fires by %s's %s %s: %s %s %i",
    (name, scope, namespace, metric, timeAggregation, operator, threshold) => {
      const { find } = evaluation;
      const { inputs } = find("monitor:MetricAlert", `monitoring-${name}`);
      expect(inputs).toMatchObject({
        location: "global",
        enabled: true,
        scopes: [scope],
        criteria: {
          odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
          allOf: [
            {
              criterionType: "StaticThresholdCriterion",
              metricNamespace: namespace,
              metricName: metric,
              timeAggregation,
              operator,
              threshold,
            },
          ],
        },
        autoMitigate: true,
        actions: [{ actionGroupId: PEOPLE }],
      });
    },
  );

  it.each(METRIC_ALERTS)("$name says what happened and what to do", ({ title, description }) => {
    expect(title.length).toBeLessThan(60);
    expect(description.split(/[.:;] /).length).toBeGreaterThan(1);
    expect(description.length).toBeLessThan(500);
  });

  it("are made, all of them, and no other", () => {
    const { all } = evaluation;
    expect(namesOf(all("monitor:MetricAlert"))).toEqual(
      METRIC_ALERTS.map(({ name }) => `monitoring-${name}`).toSorted(),
    );
  });
});

describe("the people who are told", () => {
  it("get a mail, of Azure's incidents too", () => {
    const { find } = evaluation;
    expect(find("monitor:ActionGroup").inputs).toMatchObject({
      location: "global",
      enabled: true,
      emailReceivers: [
        { name: "mail", emailAddress: "operator@example.com", useCommonAlertSchema: true },
      ],
    });
    const { groupShortName } = find("monitor:ActionGroup").inputs;
    expect(String(groupShortName).length).toBeLessThanOrEqual(12);
    expect(find("monitor:ActivityLogAlert").inputs).toMatchObject({
      location: "global",
      scopes: ["/subscriptions/subscription"],
      condition: {
        allOf: [
          { field: "category", equals: "ServiceHealth" },
          { field: "properties.incidentType", equals: "Incident" },
        ],
      },
      actions: { actionGroups: [{ actionGroupId: PEOPLE }] },
    });
  });

  it("are nobody without an address, and the alerts are still there", async () => {
    const { all, resources } = await monitored({ alertEmail: undefined });
    expect(all("monitor:ActionGroup")).toEqual([]);
    expect(JSON.stringify(resources)).not.toMatch(/monitoring-people/);
    expect(all("monitor:ScheduledQueryRule")).toHaveLength(logAlerts(ARGS).length);
    for (const { inputs } of all("monitor:ScheduledQueryRule")) {
      expect(inputs["actions"]).toEqual({ actionGroups: [] });
    }
  });
});

describe("the workbook", () => {
  it("is a page of the workspace, under a name that every up gives it", async () => {
    const { inputs } = evaluation.find("applicationinsights:Workbook");
    expect(inputs).toMatchObject({ displayName: "Twitter connector", category: "workbook" });
    expect(inputs["sourceId"]).toMatch(/\/monitoring-workspace$/);
    expect(inputs["sourceId"]).toBe(String(inputs["sourceId"]).toLowerCase());
    const again = (await monitored()).find("applicationinsights:Workbook").inputs;
    expect(again["resourceName"]).toBe(inputs["resourceName"]);
    expect(again["resourceName"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-/);
  });

  it("asks the workspace, and has an address in the portal", async () => {
    const { serializedData } = evaluation.find("applicationinsights:Workbook").inputs;
    expect(JSON.parse(String(serializedData))).toMatchObject({
      version: "Notebook/1.0",
      fallbackResourceIds: [WORKSPACE],
    });
    const { workbookUrl } = toRecord(evaluation.outputs["monitoring"]);
    expect(await valueOf(pulumi.output(workbookUrl))).toMatch(
      /^https:\/\/portal\.azure\.com\/#resource\/subscriptions\/.*\/monitoring-workbook\/workbook$/,
    );
  });
});

async function monitored(
  changes: Partial<MonitoringArgs> = {},
  transformation: pulumi.ResourceTransformation = () => undefined,
): Promise<Evaluation> {
  return evaluate(async () => ({
    monitoring: new Monitoring(
      "monitoring",
      { ...ARGS, ...changes },
      { transformations: [transformation] },
    ),
  }));
}

function namesOf(resources: Recorded[]): string[] {
  return resources.map(({ name }) => name).toSorted();
}

/** Categories and groups that a diagnostic setting switches on. */
function collected({ logs = [], metrics = [] }: Record<string, unknown>): unknown[] {
  return [logs, metrics].flat().flatMap((entry) => {
    const { category, categoryGroup, enabled } = toRecord(entry);
    return enabled === true ? [category ?? categoryGroup] : [];
  });
}
