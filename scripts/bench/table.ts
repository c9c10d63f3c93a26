import { type Figure, type Goal, isMet } from "./measurement.ts";
import { median, spread } from "./statistics.ts";

/** A figure with the value of each repeat. */
export type Row = Figure & { measurement: string; figure: string; values: number[] };

export type Result = Row & { median: number; spread: number; met?: boolean };

export function toResult(row: Row): Result {
  const middle = median(row.values);
  return {
    ...row,
    median: middle,
    spread: spread(row.values),
    ...(row.goal && { met: isMet(row.goal, middle) }),
  };
}

const FIGURE_WIDTH = 58;
const MEDIAN_WIDTH = 12;
const SPREAD_WIDTH = 8;

export const HEAD = `${"".padEnd(FIGURE_WIDTH)}${"median".padStart(MEDIAN_WIDTH)}${"spread".padStart(SPREAD_WIDTH)}  goal`;

export function toLine({ figure, unit, median: middle, spread: part, goal, met }: Result): string {
  const value = `${toFigures(middle)} ${unit}`.trim();
  const judged = goal ? `  ${describe(goal)} ${met ? "met" : "NOT MET"}` : "";
  const spreadText = `${(part * 100).toFixed(0)} %`;
  return `  ${figure.padEnd(FIGURE_WIDTH - 2)}${value.padStart(MEDIAN_WIDTH)}${spreadText.padStart(SPREAD_WIDTH)}${judged}`;
}

function describe({ atLeast, atMost }: Goal): string {
  return [
    ...(atLeast === undefined ? [] : [`>= ${atLeast}`]),
    ...(atMost === undefined ? [] : [`<= ${atMost}`]),
  ].join(", ");
}

/** Three figures that count: a machine gives no more. */
function toFigures(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
