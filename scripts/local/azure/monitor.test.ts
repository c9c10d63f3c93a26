import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { createCertificate } from "../certificate.ts";
import type { LocalAzure } from "../contracts.ts";
import { startEntra } from "../entra/entra.ts";
import type { Entra } from "../entra/entra.ts";
import { startLocalAzure } from "./resource-manager.ts";

const TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const GROUP = { resourceGroupName: "g" };

let directory: string;
let entra: Entra;
let azure: LocalAzure;
let ids: Record<"group" | "workspace" | "people" | "plan" | "account", string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "monitor-"));
  const certificate = await createCertificate(directory);
  entra = await startEntra({ certificate, tenantId: TENANT });
  azure = await startLocalAzure({ certificate, entra, directory });
  const group = await make("resources:ResourceGroup", GROUP);
  ids = {
    group,
    workspace: await make("operationalinsights:Workspace", WORKSPACE),
    people: await make("monitor:ActionGroup", PEOPLE),
    plan: await make("web:AppServicePlan", { ...GROUP, sku: { name: "S1" }, reserved: true }),
    account: await make("storage:StorageAccount", ACCOUNT),
  };
  await make("storage:Queue", { ...GROUP, accountName: "archive", queueName: "work" });
});

afterAll(async () => {
  await azure.close();
  await entra.close();
  await rm(directory, { recursive: true, force: true });
});

const ACCOUNT = {
  ...GROUP,
  accountName: "archive",
  kind: "StorageV2",
  sku: { name: "Standard_LRS" },
};
const WORKSPACE = { ...GROUP, sku: { name: "PerGB2018" }, retentionInDays: 30 };
const PEOPLE = { ...GROUP, location: "global", groupShortName: "people", enabled: true };

describe("A workspace", () => {
  test.each([
    ["of an unknown sku", { sku: { name: "PerGB" } }, "sku.name"],
    ["that forgets at once", { retentionInDays: 7 }, "retentionInDays"],
    ["that remembers for ever", { retentionInDays: 4000 }, "retentionInDays"],
    ["that takes nothing", { workspaceCapping: { dailyQuotaGb: 0 } }, "dailyQuotaGb"],
  ])("%s is refused", async (_, inputs, message) => {
    await expect(
      make("operationalinsights:Workspace", { ...WORKSPACE, ...inputs }),
    ).rejects.toThrow(message);
  });
});

describe("An action group", () => {
  test.each([
    ["of a region", { location: "westeurope" }, "location"],
    ["with a long short name", { groupShortName: "the connector" }, "groupShortName"],
    ["that mails to nobody", { emailReceivers: [{ name: "a", emailAddress: "a" }] }, "email"],
  ])("%s is refused", async (_, inputs, message) => {
    await expect(make("monitor:ActionGroup", { ...PEOPLE, ...inputs })).rejects.toThrow(message);
  });
});

describe("A rule over logs", () => {
  const condition = { timeAggregation: "Count", operator: "GreaterThan", threshold: 0 };
  const rule = (changes: object, ofCondition: object = {}) => ({
    ...GROUP,
    kind: "LogAlert",
    displayName: "Rule",
    severity: 1,
    scopes: [ids.workspace],
    evaluationFrequency: "PT15M",
    windowSize: "PT1H",
    autoMitigate: true,
    criteria: { allOf: [{ query: "Operation", ...condition, ...ofCondition }] },
    actions: { actionGroups: [ids.people] },
    ...changes,
  });

  test("as it should be is made", async () => {
    expect(await make("monitor:ScheduledQueryRule", rule({}))).toMatch(
      /\/providers\/Microsoft\.Insights\/scheduledQueryRules\/it\w+$/,
    );
  });

  test.each([
    ["with the operator that the SDK's enum has", {}, { operator: "gt" }, "operator"],
    ["with the operator that the documentation has", {}, { operator: "Equals" }, "operator"],
    ["with a query that alerts may not have", {}, { query: "T | evaluate pivot(a)" }, "query"],
    ["of no severity", { severity: 5 }, {}, "severity"],
    ["that looks back less than it waits", { evaluationFrequency: "PT2H" }, {}, "windowSize"],
    ["that looks back three days", { windowSize: "P3D" }, {}, "windowSize"],
    ["of an odd frequency", { evaluationFrequency: "PT20M" }, {}, "evaluationFrequency"],
    ["that is muted and resolves itself", { muteActionsDuration: "P1D" }, {}, "muteActions"],
    [
      "that resolves itself and is evaluated daily",
      { evaluationFrequency: "P1D", windowSize: "P2D" },
      {},
      "12 hours",
    ],
    ["over what is not there", { scopes: ["/subscriptions/s/w"] }, {}, "ResourceNotFound"],
    ["for people who are not there", { actions: { actionGroups: ["/p"] } }, {}, "ResourceNotFound"],
  ])("%s is refused", async (_, changes, ofCondition, message) => {
    await expect(make("monitor:ScheduledQueryRule", rule(changes, ofCondition))).rejects.toThrow(
      message,
    );
  });
});

describe("A rule over a metric", () => {
  const criterion = {
    criterionType: "StaticThresholdCriterion",
    name: "below",
    metricName: "Availability",
    timeAggregation: "Average",
    operator: "LessThan",
    threshold: 99,
  };
  const odataType = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria";
  const rule = (changes: object, ofCriterion: object = {}) => ({
    ...GROUP,
    location: "global",
    severity: 1,
    enabled: true,
    scopes: [ids.account],
    evaluationFrequency: "PT5M",
    windowSize: "PT1H",
    criteria: { odataType, allOf: [{ ...criterion, ...ofCriterion }] },
    actions: [{ actionGroupId: ids.people }],
    ...changes,
  });

  test("as it should be is made", async () => {
    expect(await make("monitor:MetricAlert", rule({}))).toContain(
      "Microsoft.Insights/metricAlerts",
    );
  });

  test.each([
    ["of a region", { location: "westeurope" }, {}, "location"],
    ["of an odd window", { windowSize: "PT2H" }, {}, "windowSize"],
    ["that looks back less than it waits", { windowSize: "PT1M" }, {}, "windowSize"],
    ["with an unknown operator", {}, { operator: "lt" }, "operator"],
    ["over what is not there", { scopes: ["/subscriptions/s/a"] }, {}, "ResourceNotFound"],
  ])("%s is refused", async (_, changes, ofCriterion, message) => {
    await expect(make("monitor:MetricAlert", rule(changes, ofCriterion))).rejects.toThrow(message);
  });
});

describe("A rule over the activity log", () => {
  const rule = (changes: object) => ({
    ...GROUP,
    location: "Global",
    scopes: [ids.group.slice(0, ids.group.indexOf("/resourceGroups"))],
    condition: { allOf: [{ field: "category", equals: "ServiceHealth" }] },
    actions: { actionGroups: [{ actionGroupId: ids.people }] },
    ...changes,
  });

  test("of the subscription is made", async () => {
    expect(await make("monitor:ActivityLogAlert", rule({}))).toContain("activityLogAlerts");
  });

  test.each([
    ["of a region", { location: "westeurope" }, "location"],
    ["of no category", { condition: { allOf: [{ field: "level", equals: "a" }] } }, "category"],
    ["of two subscriptions", { scopes: ["/a", "/b"] }, "scopes"],
  ])("%s is refused", async (_, changes, message) => {
    await expect(make("monitor:ActivityLogAlert", rule(changes))).rejects.toThrow(message);
  });
});

describe("A diagnostic setting", () => {
  const logs = (...categories: string[]) =>
    categories.map((category) => ({ category, enabled: true }));
  const group = { categoryGroup: "allLogs", enabled: true };
  const metrics = [{ category: "AllMetrics", enabled: true }];
  const of = (path: string, settings: object) =>
    make("monitor:DiagnosticSetting", {
      resourceUri: path,
      workspaceId: ids.workspace,
      ...settings,
    });

  test("of a service of a storage account is made", async () => {
    const made = await of(`${ids.account}/blobServices/default`, { logs: logs("StorageRead") });
    expect(made).toMatch(/blobServices\/default\/providers\/Microsoft\.Insights\/diagnosticSett/);
    await expect(of(ids.plan, { metrics })).resolves.toContain("serverfarms");
  });

  test.each([
    ["of an unknown category", { logs: logs("StorageReads") }, "'StorageReads' is not supported"],
    ["of categories and groups", { logs: [...logs("StorageRead"), group] }, "does not support mix"],
    ["of nothing", { logs: [] }, "must collect something"],
    ["to nowhere", { logs: logs("StorageRead"), workspaceId: undefined }, "workspaceId"],
    ["to what is not there", { logs: logs("StorageRead"), workspaceId: "/w" }, "ResourceNotFound"],
  ])("%s is refused", async (_, settings, message) => {
    await expect(of(`${ids.account}/blobServices/default`, settings)).rejects.toThrow(message);
  });

  test("of what has none is refused", async () => {
    await expect(of(ids.people, { metrics })).rejects.toThrow("has no diagnostic settings");
  });
});

describe("A workbook", () => {
  const workbook = (changes: object) => ({
    ...GROUP,
    resourceName: TENANT,
    displayName: "Connector",
    category: "workbook",
    kind: "shared",
    serializedData: "{}",
    sourceId: ids.workspace.toLowerCase(),
    ...changes,
  });

  test("as it should be is made", async () => {
    expect(await make("applicationinsights:Workbook", workbook({}))).toContain(TENANT);
  });

  test.each([
    ["without a uuid", { resourceName: undefined }, "resourceName"],
    ["named by what is none", { resourceName: "connector" }, "resourceName"],
    ["of no JSON", { serializedData: "{" }, "serializedData"],
    ["of what is not there", { sourceId: "/w" }, "ResourceNotFound"],
  ])("%s is refused", async (_, changes, message) => {
    await expect(make("applicationinsights:Workbook", workbook(changes))).rejects.toThrow(message);
  });
});

describe("An autoscale setting", () => {
  const metricTrigger = (metricResourceUri: string) => ({
    metricName: "ApproximateMessageCount",
    metricResourceUri,
    operator: "GreaterThan",
    statistic: "Average",
    timeAggregation: "Average",
    timeGrain: "PT1M",
    timeWindow: "PT10M",
    threshold: 10,
  });
  const scaleAction = { direction: "Increase", type: "ChangeCount", value: "1", cooldown: "PT10M" };
  const setting = (capacity: object, queue = "services/queue/queues/work") => {
    const rules = [{ metricTrigger: metricTrigger(`${ids.account}/${queue}`), scaleAction }];
    return {
      ...GROUP,
      enabled: true,
      targetResourceUri: ids.plan,
      profiles: [
        {
          name: "queue",
          capacity: { minimum: "1", maximum: "3", default: "1", ...capacity },
          rules,
        },
      ],
    };
  };

  test("on a queue's length is made", async () => {
    expect(await make("monitor:AutoscaleSetting", setting({}))).toContain("autoscaleSettings");
  });

  test.each([
    ["with a default above its maximum", { default: "4" }, undefined, "capacity"],
    ["that counts in numbers", { minimum: 1 }, undefined, "minimum"],
    ["on the queue's own id", {}, "queueServices/default/queues/work", "is not measured"],
    ["on a queue that is not there", {}, "services/queue/queues/play", "is not measured"],
  ])("%s is refused", async (_, capacity, queue, message) => {
    await expect(make("monitor:AutoscaleSetting", setting(capacity, queue))).rejects.toThrow(
      message,
    );
  });
});

async function make(type: string, inputs: Record<string, unknown>): Promise<string> {
  const made = await azure.mocks.newResource({ type: `azure-native:${type}`, name: "it", inputs });
  return z.object({ id: z.string() }).parse(made).id;
}
