import type { Interval } from "../time/intervals.ts";

/** What is archived of a feed, since when, what of it is proved, and what cannot be: for people and lists. */
export type Statement = {
  feed: string;
  isOn: boolean;
  /** Since when it is on, or off: ISO 8601. */
  since: string;
  /** Intervals of a timeline that were read completely, neighbours joined, and those still to be read. */
  read?: Interval[];
  pending?: Interval[];
  gaps?: number;
  /** Versions of a snapshot, and when it was looked at last. */
  versions?: number;
  checkedAt?: string;
  /** What cannot be proved or had. */
  limits: readonly string[];
  /** Why it waits, and until when. */
  reason?: string;
  retryAt?: string;
};
