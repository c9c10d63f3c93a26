import type { EventName } from "../../app/events.ts";

/**
 * Rows of the tables that exist. The empty leg keeps a query valid in a workspace that has no line of
 * a table yet: Azure refuses a rule whose tables it does not know, and switches one off that has
 * failed for a week (learn.microsoft.com/azure/azure-monitor/alerts/alerts-troubleshoot-log).
 */
export function rowsOf(columns: string[], tables: string[]): string {
  const given = columns.map((column) => `, ${column}: string`).join("");
  const empty = `(datatable(TimeGenerated: datetime${given}) [])`;
  return `union isfuzzy=true ${[empty, ...tables].join(", ")}`;
}

/** What the app logged: the time, the `Host`, `event`, and `log` with the level and the event's fields. */
export const APP_LOG = [
  rowsOf(["Host", "ResultDescription"], ["AppServiceConsoleLogs"]),
  // One JSON line an event (app/log.ts); what else is on the console has no event.
  "| extend log = parse_json(ResultDescription)",
  "| extend event = tostring(log.event)",
].join("\n");

/** What the app logged under these names. */
export function eventsNamed(names: readonly EventName[]): string {
  return `${APP_LOG}\n| where event in (${listOf(names)})`;
}

/** A typed comparison with an event's name within a query. */
export function isEvent(name: EventName): string {
  return `event == "${name}"`;
}

export function listOf(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(", ");
}
