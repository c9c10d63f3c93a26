import { z } from "zod";
import { logAlerts } from "../monitoring/log-alerts.ts";
import { type Row, runKusto, type Tables } from "./kusto-run.ts";

const PATIENCE = { hoursWithoutDelivery: 6, daysWithoutRequest: 2 };
const lineSchema = z.object({ time: z.iso.datetime() });

/** Lines of the connector's log as App Service hands them over, from one of its hosts. */
export function toRows(text: string, host = "host-1"): Row[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({
      TimeGenerated: new Date(lineSchema.parse(JSON.parse(line)).time),
      Host: host,
      Level: "Informational",
      ResultDescription: line,
    }));
}

/** The rows of a log that grows, each read once however often they are asked for. */
export function followRows(text: () => string): () => Row[] {
  const rows: Row[] = [];
  let length = 0;
  return () => {
    const all = text();
    rows.push(...toRows(all.slice(length)));
    ({ length } = all);
    return rows;
  };
}

/** Names of the alerts over logs (of these, or of all) that fire at a moment, sorted. */
export function firingAlerts(tables: Tables, now: Date, among?: readonly string[]): string[] {
  return logAlerts(PATIENCE)
    .filter(({ name }) => among?.includes(name) ?? true)
    .filter(({ query, threshold, windowSize }) => {
      const since = now.getTime() - toMilliseconds(windowSize);
      const isSeen = ({ TimeGenerated: time }: Row) =>
        Number(time) > since && Number(time) <= now.getTime();
      const seen: Tables = {};
      for (const [name, rows] of Object.entries(tables)) {
        seen[name] = rows.filter(isSeen);
      }
      return runKusto(query, seen, now).length > threshold;
    })
    .map(({ name }) => name)
    .toSorted();
}

/** PT15M, PT2H, P1D. */
function toMilliseconds(period: string): number {
  const [, count = "", unit = ""] = /^PT?(\d+)([DHM])$/.exec(period) ?? [];
  return Number(count) * ({ D: 24 * 60, H: 60, M: 1 }[unit] ?? Number.NaN) * 60_000;
}
