import { floorToSecond } from "../time/intervals.ts";

/** Since then an id holds the time of its post, in milliseconds after this (docs/x-api.md#objects). */
const EPOCH_MS = 1288834974657n;
/** The ids before that were counted up, and say no time. */
const LAST_COUNTED_UP = 29_700_859_247n;

/** When an id was made, which for an edited post is when it was edited; undefined for ids that say no time. */
export function timeOfId(id: string): string | undefined {
  const number = BigInt(id);
  return number > LAST_COUNTED_UP
    ? floorToSecond(new Date(Number((number >> 22n) + EPOCH_MS)))
    : undefined;
}

/** The first id that could be made at an instant: all that are smaller are of posts before it. */
export function firstIdAt(instant: string): string {
  const ms = BigInt(Date.parse(instant)) - EPOCH_MS;
  return String(ms < 0n ? 0n : ms << 22n);
}
