import { addSeconds, type Interval } from "../time/intervals.ts";

/** An interval in windows of so many hours, oldest first; the last one may be shorter. */
export function windowsOf({ start, end }: Interval, hours: number): Interval[] {
  const windows: Interval[] = [];
  for (let at = start; at < end; at = addSeconds(at, hours * 3600)) {
    const next = addSeconds(at, hours * 3600);
    windows.push({ start: at, end: next < end ? next : end });
  }
  return windows;
}
