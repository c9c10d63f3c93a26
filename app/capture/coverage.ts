import * as z from "zod";
import { names } from "../archive/names.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { dayOf } from "./capture-id.ts";
import { compare, instantSchema, intervalSchema, type Interval } from "./interval.ts";

const coveredSchema = intervalSchema.extend({
  /** The capture, or the day of captures, whose pages prove that the interval was read completely. */
  captureId: z.string(),
  posts: z.number(),
  newestId: z.string().optional(),
  /** When the oldest of its posts was made, if that was before the interval. */
  from: instantSchema.optional(),
});
const gapSchema = intervalSchema.extend({
  reason: z.string(),
  tried: z.string(),
  recordedAt: instantSchema,
  /** A capture that holds what could be had near the gap. */
  captureId: z.string().optional(),
});
const coverageSchema = z.object({
  intervals: z.array(coveredSchema),
  gaps: z.array(gapSchema),
});

export type Covered = z.infer<typeof coveredSchema>;
/** Posts of this interval are out of reach, for a reason that a person is told. */
export type Gap = z.infer<typeof gapSchema>;
/** What is known of an account's timeline: read completely, or missing with a reason. */
export type Coverage = z.infer<typeof coverageSchema>;

export async function readCoverage(store: Store, jobId: string): Promise<Coverage> {
  const document = await readDocument(store, names.coverage(jobId), coverageSchema);
  return document?.value ?? { intervals: [], gaps: [] };
}

/**
 * Adds what was found out; a second time changes nothing. Neighbours of one day become one, so that
 * a timeline that is read every few minutes does not make the document grow every few minutes.
 */
export async function addToCoverage(
  store: Store,
  jobId: string,
  { intervals = [], gaps = [] }: Partial<Coverage>,
): Promise<void> {
  const name = names.coverage(jobId);
  await createDocument(store, name, { intervals: [], gaps: [] } satisfies Coverage);
  await changeDocument(store, {
    name,
    schema: coverageSchema,
    change: (coverage) => ({
      intervals: joinDays([...coverage.intervals, ...intervals.filter(isNew(coverage.intervals))]),
      gaps: [...coverage.gaps, ...gaps.filter(isNewGap(coverage.gaps))].toSorted(byStart),
    }),
  });
}

/**
 * The captures that may hold posts of a window, in order of time: those that overlap it, and those
 * that touch it, because X may have returned the very second of an interval's end with it.
 */
export function capturesOf({ start, end }: Interval, coverage: Coverage): string[] {
  const gaps: (Interval & { captureId?: string | undefined; from?: string | undefined })[] =
    coverage.gaps;
  const near = [...coverage.intervals, ...gaps]
    .filter((part) => (part.from ?? part.start) <= end && part.end >= start)
    .toSorted(byStart)
    .flatMap(({ captureId }) => captureId ?? []);
  return [...new Set(near)].filter((id, _, all) => id === dayOf(id) || !all.includes(dayOf(id)));
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

function isNewGap(known: Gap[]): (added: Gap) => boolean {
  return ({ start, end, reason }) =>
    !known.some((one) => one.start === start && one.end === end && one.reason === reason);
}

function joinDays(intervals: Covered[]): Covered[] {
  const joined: Covered[] = [];
  for (const next of intervals.toSorted(byStart)) {
    const last = joined.at(-1);
    if (last && last.end === next.start && dayOf(last.captureId) === dayOf(next.captureId)) {
      joined.pop();
      joined.push(joinTwo(last, next));
    } else {
      joined.push(next);
    }
  }
  return joined;
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
    ...(from !== undefined && from < one.start && { from }),
  };
}

function byStart(one: Interval, other: Interval): number {
  return compare(one.start, other.start);
}
