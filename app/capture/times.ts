import type { Interval } from "../time/intervals.ts";

/** X has no posts of before (docs/x-api.md#search). */
export const FIRST_POST_TIME = "2006-03-21T00:00:00Z";
/** X knows no time parameters before this (docs/x-api.md#search). */
export const FIRST_TIME = "2010-11-06T00:00:00Z";
/** The ids of most of its posts say no time. So it is read as a whole, by the first id after it. */
export const BEFORE_TIMES: Interval = { start: FIRST_POST_TIME, end: FIRST_TIME };
