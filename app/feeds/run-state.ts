import * as z from "zod";
import { type FeedKey, names } from "../archive/names.ts";
import { type RecordOf, recordType } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { intervalSchema } from "../time/intervals.ts";

const runRecord = recordType(
  z.object({
    /** Whether the feed is read, and since when that is so. */
    isOn: z.boolean(),
    since: z.string(),
    /** Intervals of a timeline that are to be read, each as it was asked for. */
    pending: z.array(intervalSchema),
    /** Who reads it now: one at a time. */
    run: z.object({ id: z.string(), until: z.string() }).optional(),
    /** Runs in a row that failed without a reason to wait. */
    attempts: z.number(),
    /** Why the last run did not read everything, what it waits for, and until when. */
    reason: z.string().optional(),
    waitsFor: z.object({ code: z.string(), since: z.string() }).optional(),
    retryAt: z.string().optional(),
  }),
);

/** How a job's feed gets on that goes with the next task. */
export type RunState = RecordOf<typeof runRecord>;

export async function readRunState(store: Store, of: FeedKey): Promise<RunState | undefined> {
  return (await readDocument(store, names.feedRun(of), runRecord))?.value;
}

/** @returns the state as it is now. */
export async function changeRunState(
  store: Store,
  of: FeedKey,
  first: Pick<RunState, "isOn" | "since">,
  change: (state: RunState) => RunState | undefined,
): Promise<RunState | undefined> {
  const name = names.feedRun(of);
  if (!(await readDocument(store, name, runRecord))) {
    await createDocument(store, name, runRecord, { ...first, pending: [], attempts: 0 });
  }
  return changeDocument(store, { name, type: runRecord, change });
}
