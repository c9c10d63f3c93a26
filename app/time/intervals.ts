import * as z from "zod";

/** An instant as X counts them: UTC, whole seconds, `2020-01-23T04:45:58Z`. Strings sort as times. */
export const instantSchema = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
export const intervalSchema = z.object({ start: instantSchema, end: instantSchema });

/** Half-open: `start` belongs to it, `end` does not. */
export type Interval = z.infer<typeof intervalSchema>;

/** The whole second that a time lies in. */
export function floorToSecond(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** The first whole second at or after a time. */
export function ceilToSecond(time: Date): string {
  return floorToSecond(new Date(Math.ceil(time.getTime() / 1000) * 1000));
}

export function addSeconds(instant: string, seconds: number): string {
  return floorToSecond(new Date(Date.parse(instant) + seconds * 1000));
}

export function contains({ start, end }: Interval, instant: string): boolean {
  return start <= instant && instant < end;
}

/** What of `wanted` lies in none of `others`, in order of time. */
export function subtract(wanted: Interval, others: Interval[]): Interval[] {
  const sorted = others.toSorted((a, b) => compare(a.start, b.start));
  const missing: Interval[] = [];
  let { start } = wanted;
  for (const other of sorted) {
    const isEmpty = other.start >= other.end;
    if (isEmpty || other.end <= start || other.start >= wanted.end) {
      continue;
    }
    if (other.start > start) {
      missing.push({ start, end: other.start });
    }
    start = other.end;
  }
  return start < wanted.end ? [...missing, { start, end: wanted.end }] : missing;
}

/** What of intervals lies within another one. */
export function clip(intervals: Interval[], { start, end }: Interval): Interval[] {
  return intervals
    .map((one) => ({
      start: one.start < start ? start : one.start,
      end: one.end > end ? end : one.end,
    }))
    .filter((one) => one.start < one.end);
}

/** Intervals with neighbours joined, for people to read. */
export function join(intervals: Interval[]): Interval[] {
  const joined: Interval[] = [];
  for (const { start, end } of intervals.toSorted((a, b) => compare(a.start, b.start))) {
    const last = joined.at(-1);
    if (last && start <= last.end) {
      last.end = end > last.end ? end : last.end;
    } else {
      joined.push({ start, end });
    }
  }
  return joined;
}

/** Order of instants. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
