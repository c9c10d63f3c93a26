import { addSeconds, join } from "../time/intervals.ts";
import type { Coverage } from "./coverage.ts";

/**
 * How far a capture that nobody asked for looks back: a post can be edited for an hour, and then has a
 * new id and perhaps its old time (docs/x-api.md#edits); others become visible late. X bills a post
 * once a UTC day, so that this costs nothing but the posts of as many seconds before midnight, which
 * are billed once more.
 */
export const LOOK_BACK_SECONDS = 75 * 60;

/** Where to begin, so that so much is read again of what is known right before an interval. */
export function lookBackFrom(start: string, seconds: number, { intervals }: Coverage): string {
  const known = join(intervals).find((one) => one.start < start && start <= one.end);
  const wanted = addSeconds(start, -seconds);
  return known ? (known.start > wanted ? known.start : wanted) : start;
}
