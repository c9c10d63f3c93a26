import type { Store } from "../archive/store.ts";
import { type Gap, readCoverage } from "../capture/coverage.ts";
import { readEstimate, wordsFor } from "../capture/estimate.ts";
import { type Interval, join } from "../capture/interval.ts";
import { countReads, readsOf, utcDay } from "../capture/reads.ts";
import { countItems, DAILY_LIMIT } from "../delivery/ledger.ts";
import { countOutbox } from "../delivery/outbox.ts";
import { type Job, listJobs } from "../jobs/job.ts";
import { type Chain, readChain } from "../work/chain.ts";
import { isDone, latestTasks, type Task } from "../work/task.ts";

export type JobOverview = {
  jobId: string;
  account: Job["account"];
  since: string;
  needsSignIn?: string;
  /** Intervals of the timeline that were read completely, neighbours joined. */
  coverage: Interval[];
  gaps: Gap[];
  /** When the account is read next without being asked for, and what kept the last time from it. */
  next?: Pick<Chain, "dueAt" | "reason">;
  /** Posts that X has handed out and may bill, by UTC days. */
  reads: { today: number; thisMonth: number };
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
  "taskId" | "window" | "state" | "changedAt" | "reason" | "items" | "leftOut"
> & { owedSince?: string };

const SHOWN_TASKS = 10;

/** What a person who may know is shown of each job. No secret, sealed or not. */
export async function readOverview(store: Store, now = new Date()): Promise<JobOverview[]> {
  const jobs: JobOverview[] = [];
  for await (const { jobId, account, createdAt, needsSignIn } of listJobs(store)) {
    const { intervals, gaps } = await readCoverage(store, jobId);
    const reads = await readsOf(store, jobId, utcDay(now));
    const estimate = await readEstimate(store, jobId);
    const next = await readChain(store, jobId);
    const tasks = await latestTasks(store, jobId);
    jobs.push({
      jobId,
      account,
      since: createdAt,
      ...(needsSignIn !== undefined && { needsSignIn }),
      coverage: join(intervals.filter(({ without }) => without === undefined)),
      gaps,
      ...(next && {
        next: { dueAt: next.dueAt, ...(next.reason !== undefined && { reason: next.reason }) },
      }),
      reads: { today: countReads(reads.day), thisMonth: countReads(reads.month) },
      ...(estimate && { estimate: wordsFor(estimate) }),
      items: {
        today: await countItems(store, jobId, utcDay(now)),
        dailyLimit: DAILY_LIMIT,
        waiting: await countOutbox(store, jobId),
      },
      unfinished: tasks.filter((task) => !isDone(task)).length,
      tasks: tasks.slice(0, SHOWN_TASKS).map(toShownTask),
    });
  }
  return jobs;
}

function toShownTask(task: Task): ShownTask {
  const { taskId, window, state, changedAt, reason, items, leftOut, owed } = task;
  return {
    taskId,
    window,
    state,
    changedAt,
    ...(reason !== undefined && { reason }),
    ...(items !== undefined && { items }),
    ...(leftOut !== undefined && { leftOut }),
    ...(owed && { owedSince: owed.since }),
  };
}
