import { randomUUID } from "node:crypto";
import * as z from "zod";
import { names } from "../archive/names.ts";
import { type RecordOf, recordType, renamed } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { instantSchema } from "../time/intervals.ts";
import { listJobIds, readJob } from "../jobs/job.ts";
import type { Log } from "../log.ts";
import type { WorkQueue } from "./queue.ts";

const scheduleRecord = recordType(
  z.object({
    /** The one beat that counts: the message of any other ends without a word. */
    captureRunId: z.string(),
    dueAt: z.string(),
    /** Beats in a row that failed without a reason to wait. */
    attempts: z.number(),
    /** Why the last beat did not read everything; absent where it did. */
    reason: z.string().optional(),
    /** What it waits for, where it does. */
    waitsFor: z.object({ code: z.string(), since: z.string() }).optional(),
    /** Up to when it was to read, then: the next one goes on with that, whose pages are here in part. */
    until: instantSchema.optional(),
    /** Until when the account's own timeline waits, where another feed has a run before that. */
    retryAt: z.string().optional(),
  }),
  [(schedule) => renamed(schedule, { beatId: "captureRunId" })],
);

/**
 * The captures of a job that nobody asks for, one after another. Each beat sends the message of the
 * next one before that one counts, so that a beat which is cut off is done again, and however many
 * messages there are, one counts.
 */
export type CaptureSchedule = RecordOf<typeof scheduleRecord>;

export type ScheduleDeps = {
  store: Store;
  queue: WorkQueue;
  /** 0: no captures but those that the platform asks for. */
  captureIntervalMs: number;
  log: Log;
  now: () => Date;
};

type Link = Omit<CaptureSchedule, "captureRunId" | "dueAt"> & {
  delayMs: number;
};

/** A chain whose beat is overdue for so long has lost its message; no beat takes so long. */
const OVERDUE_MS = 60 * 60_000;
/** A message must not show up before its beat counts. */
const LEAST_DELAY_MS = 30_000;

export async function readSchedule(
  store: Store,
  jobId: string,
): Promise<CaptureSchedule | undefined> {
  return (await readDocument(store, names.schedule(jobId), scheduleRecord))?.value;
}

/** Begins a job's chain, anew where there was one. The first beat comes after one interval. */
export async function startSchedule(deps: ScheduleDeps, jobId: string): Promise<void> {
  if (deps.captureIntervalMs > 0) {
    const first = { delayMs: deps.captureIntervalMs, attempts: 0 };
    await unlessItFails(deps, jobId, () => link(deps, jobId, first, () => true));
  }
}

/** Begins a chain that is missing, or whose message was lost. */
export async function ensureSchedule(deps: ScheduleDeps, jobId: string): Promise<void> {
  const overdue = deps.now().getTime() - OVERDUE_MS;
  const isLost = ({ dueAt }: CaptureSchedule) => Date.parse(dueAt) < overdue;
  await unlessItFails(deps, jobId, async () => {
    const schedule = await readSchedule(deps.store, jobId);
    if (deps.captureIntervalMs > 0 && (!schedule || isLost(schedule))) {
      const delayMs = schedule ? 0 : deps.captureIntervalMs;
      await link(deps, jobId, { delayMs, attempts: 0 }, isLost);
    }
  });
}

/** The same for every job: when an instance starts, nobody else may have looked for long. */
export async function ensureSchedules(deps: ScheduleDeps): Promise<void> {
  for await (const jobId of listJobIds(deps.store)) {
    await unlessItFails(deps, jobId, async () => {
      if (await readJob(deps.store, jobId)) {
        await ensureSchedule(deps, jobId);
      }
    });
  }
}

/** Lets the next beat follow on one that is done, unless another chain counts by now. */
export function continueSchedule(
  deps: ScheduleDeps,
  { jobId, captureRunId }: { jobId: string; captureRunId: string },
  next: Link,
): Promise<void> {
  return link(deps, jobId, next, (schedule) => schedule.captureRunId === captureRunId);
}

/** Says that no beat follows, so that a chain that is wanted again is known to be missing. */
export async function endSchedule(
  { store }: ScheduleDeps,
  { jobId, captureRunId }: { jobId: string; captureRunId: string },
): Promise<void> {
  await changeDocument(store, {
    name: names.schedule(jobId),
    type: scheduleRecord,
    change: (schedule) =>
      schedule.captureRunId === captureRunId
        ? { ...schedule, dueAt: new Date(0).toISOString() }
        : undefined,
  });
}

/** Whatever else is being done for the job goes on: the chain is looked at again with its next task. */
async function unlessItFails(
  { log }: ScheduleDeps,
  jobId: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    log("capture.not-scheduled", { jobId }, error);
  }
}

async function link(
  { store, queue, now, log }: ScheduleDeps,
  jobId: string,
  { delayMs, ...about }: Link,
  follows: (schedule: CaptureSchedule) => boolean,
): Promise<void> {
  const captureRunId = randomUUID();
  const waitMs = Math.max(delayMs, LEAST_DELAY_MS);
  await queue.send({ jobId, captureRunId }, waitMs);
  const name = names.schedule(jobId);
  const next: CaptureSchedule = {
    ...about,
    captureRunId,
    dueAt: new Date(now().getTime() + waitMs).toISOString(),
  };
  log("capture.scheduled", { jobId, retryAt: next.dueAt });
  if (!(await createDocument(store, name, scheduleRecord, next))) {
    await changeDocument(store, {
      name,
      type: scheduleRecord,
      change: (schedule) => (follows(schedule) ? next : undefined),
    });
  }
}
