import * as z from "zod";
import { type FeedKey, names } from "../archive/names.ts";
import { type RecordOf, recordType } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { dayOf } from "./capture-id.ts";
import { compare, instantSchema, intervalSchema, type Interval } from "../time/intervals.ts";

const coveredSchema = intervalSchema.extend({
  /** The capture, or the day of captures, whose pages prove that the interval was read completely. */
  captureId: z.string(),
  posts: z.number(),
  newestId: z.string().optional(),
  /** What X did not give, although all pages are there: its search gives no reposts. */
  without: z.literal("reposts").optional(),
  /** When the oldest of its posts was made, if that was before the interval. */
  from: instantSchema.optional(),
});
/** So many posts at least were made between two instants: the account's count has grown by them. */
const growthSchema = z.object({
  since: instantSchema,
  until: instantSchema,
  posts: z.number(),
});
const gapSchema = intervalSchema.extend({
  reason: z.string(),
  tried: z.string(),
  recordedAt: instantSchema,
  /** X's full-archive search has not been asked for it. */
  unsearched: z.boolean().optional(),
  /** Up to when no post was found by which it could be told whether X's search shows the account. */
  noPostUntil: instantSchema.optional(),
  /** A capture that holds what could be had near the gap. */
  captureId: z.string().optional(),
  /** The one post that is missing: nothing is said of the rest of the interval. */
  postId: z.string().optional(),
  /** When X is to be asked again: it contradicted itself, which time may mend. */
  readAgainAt: instantSchema.optional(),
  /** The growth of the account's count that says that posts are missing, although X gave none. */
  grown: growthSchema.optional(),
  /** Captures that were made since, and have not closed it. */
  readings: z.array(z.string()).optional(),
});
/** X counts so many posts of the account, and its timeline ended after fewer. */
const claimSchema = z.object({ posts: z.number(), given: z.number(), notedAt: instantSchema });
const coverageRecord = recordType(
  z.object({
    intervals: z.array(coveredSchema),
    gaps: z.array(gapSchema),
    /** X's timeline has so many posts that are newer than this that it gives no older ones. */
    outOfReachBefore: instantSchema.optional(),
    /** Where X counts far more posts than it gives. */
    claim: claimSchema.optional(),
  }),
);

export type Claim = z.infer<typeof claimSchema>;
export type Growth = z.infer<typeof growthSchema>;
export type Covered = z.infer<typeof coveredSchema>;
/** Posts of this interval are out of reach, for a reason that a person is told. */
export type Gap = z.infer<typeof gapSchema>;
/** What is known of an account's timeline: read completely, or missing with a reason. */
export type Coverage = RecordOf<typeof coverageRecord>;

export async function readCoverage(store: Store, of: FeedKey): Promise<Coverage> {
  const document = await readDocument(store, names.coverage(of), coverageRecord);
  return document?.value ?? { intervals: [], gaps: [] };
}

/**
 * Adds what was found out; a second time changes nothing. Neighbours of one day become one, so that
 * a timeline that is read every few minutes does not make the document grow every few minutes.
 * @returns the gaps that nobody had recorded yet.
 */
export async function addToCoverage(
  store: Store,
  of: FeedKey,
  { intervals = [], gaps = [], outOfReachBefore }: Partial<Coverage>,
): Promise<Gap[]> {
  const name = names.coverage(of);
  let added: Gap[] = [];
  await createDocument(store, name, coverageRecord, { intervals: [], gaps: [] });
  await changeDocument(store, {
    name,
    type: coverageRecord,
    change: (coverage) => {
      added = gaps.filter(isNewGap(coverage.gaps));
      return {
        ...coverage,
        ...(outOfReachBefore !== undefined && { outOfReachBefore }),
        intervals: joinDays([
          ...coverage.intervals,
          ...intervals.filter(isNew(coverage.intervals)),
        ]),
        gaps: joinGaps([...coverage.gaps, ...added]),
      };
    },
  });
  return added;
}

/** Notes what X counts beyond what it gives, or takes that back. */
export async function noteClaim(
  store: Store,
  of: FeedKey,
  claim: Claim | undefined,
): Promise<void> {
  await changeDocument(store, {
    name: names.coverage(of),
    type: coverageRecord,
    change: ({ claim: before, ...coverage }) =>
      before?.posts === claim?.posts && before?.given === claim?.given
        ? undefined
        : { ...coverage, ...(claim && { claim }) },
  });
}

/** Notes of a gap up to when no post was found to search with. */
export async function noteNoPost(
  store: Store,
  of: FeedKey,
  { gap, noPostUntil }: { gap: Gap; noPostUntil: string },
): Promise<void> {
  await changeDocument(store, {
    name: names.coverage(of),
    type: coverageRecord,
    change: (coverage) => ({
      ...coverage,
      gaps: coverage.gaps.map((one) => (isSameGap(one, gap) ? { ...one, noPostUntil } : one)),
    }),
  });
}

/** Puts what was found out about a gap in its place. */
export async function replaceGap(
  store: Store,
  of: FeedKey,
  { gap, intervals, gaps }: Coverage & { gap: Gap },
): Promise<void> {
  await changeDocument(store, {
    name: names.coverage(of),
    type: coverageRecord,
    change: (coverage) => {
      const others = coverage.gaps.filter((one) => !isSameGap(one, gap));
      return {
        ...coverage,
        intervals: joinDays([
          ...coverage.intervals,
          ...intervals.filter(isNew(coverage.intervals)),
        ]),
        gaps: joinGaps([...others, ...gaps.filter(isNewGap(others))]),
      };
    },
  });
}

/** What need not be read any more: it was, or is out of reach. */
export function settledIntervals({ intervals, gaps }: Coverage): Interval[] {
  return [...intervals, ...gaps.filter(({ postId }) => postId === undefined)];
}

/**
 * The captures that may hold posts of a window, in order of time: those that overlap it, and those
 * that touch it, because X may have returned the very second of an interval's end with it.
 */
export function capturesOf({ start, end }: Interval, coverage: Coverage): string[] {
  const parts = [
    ...coverage.intervals.map((part) => ({ ...part, captureIds: [part.captureId] })),
    ...coverage.gaps.map((part) => ({ ...part, from: part.start, captureIds: captureIdsOf(part) })),
  ];
  const near = parts
    .filter((part) => (part.from ?? part.start) <= end && part.end >= start)
    .toSorted(byStart)
    .flatMap(({ captureIds }) => captureIds);
  return [...new Set(near)].filter((id, _, all) => id === dayOf(id) || !all.includes(dayOf(id)));
}

function captureIdsOf({ captureId, readings = [] }: Gap): string[] {
  return [...(captureId === undefined ? [] : [captureId]), ...readings];
}

function isNew(known: Covered[]): (added: Covered) => boolean {
  return ({ start, end, captureId }) =>
    !known.some(
      (one) =>
        one.start <= start &&
        one.end >= end &&
        [captureId, dayOf(captureId)].includes(one.captureId),
    );
}

function isSameGap(one: Gap, other: Gap): boolean {
  return one.start === other.start && one.end === other.end && one.reason === other.reason;
}

function isNewGap(known: Gap[]): (added: Gap) => boolean {
  return ({ start, end, reason }) =>
    !known.some((one) => one.start <= start && one.end >= end && one.reason === reason);
}

/** Neighbours of which the same is to be said, and no capture of their own, are one gap. */
function joinGaps(gaps: Gap[]): Gap[] {
  const joined: Gap[] = [];
  for (const next of gaps.toSorted(byStart)) {
    const last = joined.at(-1);
    if (last && last.end === next.start && isSaidOf(last) === isSaidOf(next)) {
      joined.pop();
      joined.push({ ...last, end: next.end });
    } else {
      joined.push(next);
    }
  }
  return joined;
}

function isSaidOf({
  reason,
  tried,
  unsearched = false,
  captureId = "",
  readings = [],
}: Gap): string {
  return JSON.stringify([reason, tried, unsearched, captureId, readings]);
}

function joinDays(intervals: Covered[]): Covered[] {
  const joined: Covered[] = [];
  for (const next of intervals.toSorted(byStart)) {
    const last = joined.at(-1);
    if (last && areOfOneDay(last, next)) {
      joined.pop();
      joined.push(joinTwo(last, next));
    } else {
      joined.push(next);
    }
  }
  return joined;
}

function areOfOneDay(one: Covered, next: Covered): boolean {
  return (
    one.end === next.start &&
    dayOf(one.captureId) === dayOf(next.captureId) &&
    one.without === next.without
  );
}

function joinTwo(one: Covered, next: Covered): Covered {
  const newestId = next.newestId ?? one.newestId;
  const [from] = [one.from, next.from].flatMap((instant) => instant ?? []).toSorted(compare);
  return {
    start: one.start,
    end: next.end,
    captureId: dayOf(one.captureId),
    posts: one.posts + next.posts,
    ...(newestId !== undefined && { newestId }),
    ...(one.without !== undefined && { without: one.without }),
    ...(from !== undefined && from < one.start && { from }),
  };
}

function byStart(one: Interval, other: Interval): number {
  return compare(one.start, other.start);
}
