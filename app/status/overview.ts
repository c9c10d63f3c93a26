import type { Store } from "../archive/store.ts";
import { wordsForClaim } from "../capture/claim.ts";
import { type Gap, readCoverage } from "../capture/coverage.ts";
import { readEstimate, wordsFor } from "../capture/estimate.ts";
import { compare, type Interval, join } from "../time/intervals.ts";
import type { Usage } from "../capture/prices.ts";
import { readsOf, utcDay } from "../capture/usage.ts";
import { countItems, DAILY_LIMIT, lastAccepted } from "../delivery/ledger.ts";
import { countOutbox } from "../delivery/outbox.ts";
import { isUnreadable } from "../errors.ts";
import { type Job, listJobIds, readJob } from "../jobs/job.ts";
import { type CaptureSchedule, readSchedule } from "../worker/capture-schedule.ts";
import { isDone, readTasks, type Task, undeliveredTasks } from "../worker/task.ts";
import { postsOf } from "../feeds/posts.ts";
import {
  type FeedSwitches,
  readStatements,
  wordsFor as wordsForStatement,
} from "../feeds/statements.ts";
import type { Statement } from "../feeds/statement.ts";

export type JobOverview = {
  jobId: string;
  account: Job["account"];
  since: string;
  needsSignIn?: string;
  /** Intervals of the timeline that were read completely, neighbours joined. */
  coverage: Interval[];
  gaps: Gap[];
  /** What is archived of each feed, since when, and what of it is proved; in words. */
  feeds: { feed: string; words: string; limits: readonly string[]; reason?: string }[];
  /** On what ground others' words are archived. */
  legalBasis?: string;
  /** That X counts far more posts than its timeline gave, where it does. */
  remark?: string;
  /** When the account is read next without being asked for, and what kept the last time from it. */
  next?: Pick<CaptureSchedule, "dueAt" | "reason">;
  /** What X has handed out and may bill, by UTC days. */
  reads: { today: Usage; thisMonth: Usage };
  /** What X said that the whole history costs, before anything was read. */
  estimate?: string;
  /** Items of this UTC day, and posts that go out with a later task. */
  items: { today: number; dailyLimit: number; waiting: number };
  /** Tasks that are not done: all of them, of which `tasks` has the first ones. */
  unfinished: number;
  tasks: ShownTask[];
};

export type ShownTask = Pick<
  Task,
  "taskId" | "window" | "state" | "changedAt" | "reason" | "items" | "omitted"
> & { owedSince?: string };

/** A record of the job that cannot be read. Restored from its versions, the job is shown again. */
export type DamagedJob = { jobId: string; damage: string; isNewer: boolean };

export type ShownJob = JobOverview | DamagedJob;

const SHOWN_TASKS = 10;

/**
 * What a person who may know is shown of each job. No secret, sealed or not. It takes as long for
 * years of windows as for a day's.
 */
export async function readOverview(
  store: Store,
  now = new Date(),
  switches: FeedSwitches = {},
): Promise<ShownJob[]> {
  const jobs: ShownJob[] = [];
  for await (const jobId of listJobIds(store)) {
    const job = await readJobOverview(store, jobId, { now, switches }).catch(toDamage(jobId));
    jobs.push(...(job ? [job] : []));
  }
  return jobs;
}

/** One job that cannot be read hides no other. */
function toDamage(jobId: string): (error: unknown) => DamagedJob {
  return (error) => {
    if (isUnreadable(error)) {
      return { jobId, damage: error.message, isNewer: error.code === "newer-record" };
    }
    throw error;
  };
}

async function readJobOverview(
  store: Store,
  jobId: string,
  { now, switches }: { now: Date; switches: FeedSwitches },
): Promise<JobOverview | undefined> {
  const job = await readJob(store, jobId);
  if (!job) {
    return undefined;
  }
  const { account, createdAt, needsSignIn } = job;
  const { intervals, gaps, claim } = await readCoverage(store, postsOf(jobId));
  const reads = await readsOf(store, jobId, utcDay(now));
  const estimate = await readEstimate(store, jobId);
  const next = await readSchedule(store, jobId);
  const undelivered = await undeliveredTasks(store, jobId);
  const unfinished = undelivered.filter((task) => !isDone(task));
  return {
    jobId,
    account,
    since: createdAt,
    ...(needsSignIn !== undefined && { needsSignIn }),
    coverage: join(intervals.filter(({ without }) => without === undefined)),
    gaps,
    feeds: (await readStatements(store, job, switches)).map(toShownFeed),
    ...(switches.legalBasis !== undefined && { legalBasis: switches.legalBasis }),
    ...(claim && { remark: wordsForClaim(claim) }),
    ...(next && {
      next: { dueAt: next.dueAt, ...(next.reason !== undefined && { reason: next.reason }) },
    }),
    reads: { today: reads.day, thisMonth: reads.month },
    ...(estimate && { estimate: wordsFor(estimate) }),
    items: {
      today: await countItems(store, jobId, utcDay(now)),
      dailyLimit: DAILY_LIMIT,
      waiting: await countOutbox(store, jobId),
    },
    unfinished: unfinished.length,
    tasks: [
      ...unfinished.toSorted(byLastChange),
      ...[...undelivered.filter(isDone), ...(await lastDelivered(store, jobId))].toSorted(
        byLastChange,
      ),
    ]
      .slice(0, SHOWN_TASKS)
      .map(toShownTask),
  };
}

function toShownFeed(statement: Statement): JobOverview["feeds"][number] {
  const { feed, limits, reason } = statement;
  return {
    feed,
    words: wordsForStatement(statement),
    limits,
    ...(reason !== undefined && { reason }),
  };
}

async function lastDelivered(store: Store, jobId: string): Promise<Task[]> {
  const accepted = await lastAccepted(store, jobId, SHOWN_TASKS);
  const tasks = await readTasks(store, jobId, accepted);
  // One that was asked for again is not done.
  return tasks.filter(({ state }) => state === "delivered");
}

function byLastChange(a: Task, b: Task): number {
  return compare(b.changedAt, a.changedAt);
}

function toShownTask(task: Task): ShownTask {
  const { taskId, window, state, changedAt, reason, items, omitted, pendingCompletion } = task;
  return {
    taskId,
    window,
    state,
    changedAt,
    ...(reason !== undefined && { reason }),
    ...(items !== undefined && { items }),
    ...(omitted !== undefined && { omitted }),
    ...(pendingCompletion && { owedSince: pendingCompletion.since }),
  };
}
