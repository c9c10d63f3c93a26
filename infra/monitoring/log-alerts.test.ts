import { describe, expect, it } from "vitest";
import { type EventName, EVENTS } from "../../app/events.ts";
import { problemsIn } from "../testing/kusto.ts";
import { type LogAlert, logAlerts } from "./log-alerts.ts";

const alerts = logAlerts({ hoursWithoutDelivery: 6, daysWithoutRequest: 2 });

describe("each alert over logs", () => {
  it.each(alerts)("$name has a query that Azure can read", ({ query }) => {
    expect(problemsIn(query)).toEqual([]);
  });

  it.each(alerts)("$name looks back further than it waits", (alert) => {
    const every = minutesOf(alert.evaluationFrequency);
    expect(every).toBeGreaterThan(1);
    // An alert that resolves itself may not be evaluated less often than twice a day.
    expect(every).toBeLessThanOrEqual(12 * 60);
    expect(minutesOf(alert.windowSize)).toBeGreaterThan(every);
    expect(minutesOf(alert.windowSize)).toBeLessThanOrEqual(48 * 60);
  });

  it.each(alerts)("$name says what happened and what to do", ({ title, description }) => {
    expect(title.length).toBeLessThan(60);
    expect(description.split(/[.:;] /).length).toBeGreaterThan(1);
    // Azure's limit is 4,096; a person's is lower.
    expect(description.length).toBeLessThan(500);
  });

  it.each(alerts)("$name uses only what queries of alerts may use", ({ query }) => {
    expect(query).not.toMatch(/bag_unpack|pivot|narrow|AggregatedValue/);
    for (const [, argument] of query.matchAll(/ago\(([^)]*)\)/g)) {
      expect(argument).toMatch(/^\d+[dhm]$/);
    }
  });

  it("has a name of its own", () => {
    expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length);
  });
});

describe("the events", () => {
  it("that are errors are all alerted", () => {
    const alerted = new Set(alerts.flatMap(({ events }) => events));
    const errors = names().filter((name) => EVENTS[name] === "error");
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.filter((name) => !alerted.has(name))).toEqual([]);
  });

  it.each<[EventName, string[]]>([
    ["platform.refused", ["platform-refuses"]],
    ["x.credits-spent", ["x-quota"]],
    ["x.usage-capped", ["x-quota"]],
    ["job.needs-sign-in", ["needs-sign-in"]],
    ["gap.recorded", ["gap"]],
    ["capture.failed", ["capture-stopped"]],
    ["delivery.daily-limit-near", ["daily-limit"]],
    ["work.poisoned", ["task-failed"]],
    ["connector.started", ["crash-loop"]],
    ["connector.failed", ["crash-loop"]],
    ["task.accepted", ["undelivered", "no-requests"]],
    ["x.rate-limited", []],
  ])("%s are told by %j", (event, expected) => {
    const telling = alerts.filter(({ events }) => events.includes(event));
    expect(telling.map(({ name }) => name)).toEqual(expected);
    for (const { query } of telling) {
      expect(query).toContain(`"${event}"`);
    }
  });
});

describe("the queries", () => {
  it("read the app's lines as it writes them, also where there is none yet", () => {
    expect(find("gap").query.split("\n")).toEqual([
      "union isfuzzy=true (datatable(TimeGenerated: datetime, _ResourceId: string, Host: string, ResultDescription: string) []), AppServiceConsoleLogs",
      "| extend log = parse_json(ResultDescription)",
      "| extend event = tostring(log.event)",
      '| where event in ("gap.recorded")',
    ]);
  });

  it("wait for a delivery as long as they are told", () => {
    const [late] = logAlerts({ hoursWithoutDelivery: 12, daysWithoutRequest: 2 });
    expect(late?.query).toContain("asked < ago(12h)");
    expect(late?.description).toContain("more than 12 hours ago");
  });

  it("tell a secret's end by the names that Key Vault gives it", () => {
    expect(find("secret-expires").query).toMatch(
      /AZKVAuditLogs, AzureDiagnostics\n.*"SecretNearExpiryEventGridNotification", "SecretExpiredEventGridNotification"/,
    );
  });
});

function find(name: string): LogAlert {
  const found = alerts.find((alert) => alert.name === name);
  if (!found) {
    throw new Error(`no alert ${name}`);
  }
  return found;
}

function names(): EventName[] {
  const isName = (name: string): name is EventName => name in EVENTS;
  return Object.keys(EVENTS).filter(isName);
}

/** PT15M, PT2H, P1D. */
function minutesOf(period: string): number {
  const [, count = "", unit = ""] = /^PT?(\d+)([DHM])$/.exec(period) ?? [];
  return Number(count) * ({ D: 24 * 60, H: 60, M: 1 }[unit] ?? Number.NaN);
}
