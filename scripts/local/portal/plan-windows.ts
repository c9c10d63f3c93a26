import type { Window } from "./results.ts";

/**
 * Contiguous windows of so many hours over all times from first to last: they start at the full
 * hour at or before the first, and the last one ends after the last.
 */
export function planWindows(first: Date, last: Date, hours: number): Window[] {
  const length = Math.round(hours * HOUR_MS);
  if (!(length >= SECOND_MS) || length % SECOND_MS !== 0) {
    throw new Error(`${hours} hours are not a whole number of seconds: choose another --window.`);
  }
  const start = Math.floor(first.getTime() / HOUR_MS) * HOUR_MS;
  const count = Math.floor((last.getTime() - start) / length) + 1;
  return Array.from({ length: count }, (_, index) => ({
    start: toUtcTime(start + index * length),
    end: toUtcTime(start + (index + 1) * length),
  }));
}

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

/** Seconds are all that X knows. */
function toUtcTime(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}
