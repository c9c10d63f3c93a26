import * as z from "zod";
import { names } from "../archive/names.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { instantSchema, intervalSchema, type Interval } from "./interval.ts";

const coveredSchema = intervalSchema.extend({
  /** The capture whose pages prove that the interval was read completely. */
  captureId: z.string(),
  posts: z.number(),
  newestId: z.string().optional(),
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

/** Adds what was found out; a second time changes nothing. */
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
      intervals: addUnlessThere(coverage.intervals, intervals),
      gaps: addUnlessThere(coverage.gaps, gaps),
    }),
  });
}

/**
 * The captures that may hold posts of a window, in order of time: those that overlap it, and those
 * that touch it, because X may have returned the very second of an interval's end with it.
 */
export function capturesOf({ start, end }: Interval, coverage: Coverage): string[] {
  const near = [...coverage.intervals, ...coverage.gaps]
    .filter((part) => part.start <= end && part.end >= start)
    .toSorted((a, b) => (a.start < b.start ? -1 : 1))
    .flatMap(({ captureId }) => captureId ?? []);
  return [...new Set(near)];
}

function addUnlessThere<T extends Interval>(known: T[], added: T[]): T[] {
  const isKnown = (one: T) =>
    known.some(({ start, end }) => start === one.start && end === one.end);
  return [...known, ...added.filter((one) => !isKnown(one))].toSorted((a, b) =>
    a.start < b.start ? -1 : 1,
  );
}
