import type { EventName } from "../../app/events.ts";

/**
 * Rows of those tables that exist. The empty table in the union keeps a query valid in a workspace that
 * has no row of a table yet: Azure rejects a rule with unknown tables, and disables one that has failed
 * for a week (learn.microsoft.com/azure/azure-monitor/alerts/alerts-troubleshoot-log).
 */
export function rowsOf(columns: string[], tables: string[]): string {
  const given = columns.map((column) => `, ${column}: string`).join("");
  const empty = `(datatable(TimeGenerated: datetime, _ResourceId: string${given}) [])`;
  return `union isfuzzy=true ${[empty, ...tables].join(", ")}`;
}

/** The app's log: time, `Host`, `event`, and `log` with level and fields of the event. */
export const APP_LOG = [
  rowsOf(["Host", "ResultDescription"], ["AppServiceConsoleLogs"]),
  // One JSON line for each event (app/log.ts); other console output has no `event`.
  "| extend log = parse_json(ResultDescription)",
  "| extend event = tostring(log.event)",
].join("\n");

/** The app's log lines of these events. */
export function eventsNamed(names: readonly EventName[]): string {
  return `${APP_LOG}\n| where event in (${listOf(names)})`;
}

/** A comparison with an event's name, checked by the compiler. */
export function isEvent(name: EventName): string {
  return `event == "${name}"`;
}

export function listOf(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(", ");
}

/**
 * The same query over what lies in these resource groups alone: a workspace that others use, too, has
 * logs of theirs. Every query of ours begins with its rows.
 */
export function within(query: string, groupIds: readonly string[]): string {
  const [rows = "", ...rest] = query.split("\n");
  const isOurs = groupIds.map((id) => `_ResourceId contains "${id}/"`).join(" or ");
  return [rows, `| where ${isOurs}`, ...rest].join("\n");
}
