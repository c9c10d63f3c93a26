import type { Store } from "../archive/store.ts";
import { type Gap, readCoverage } from "../capture/coverage.ts";
import { readEstimate, wordsFor } from "../capture/estimate.ts";
import { type Interval, join } from "../capture/interval.ts";
import { countReads, readsOf, utcDay } from "../capture/reads.ts";
import { type Job, listJobs } from "../jobs/job.ts";
import { type Chain, readChain } from "../work/chain.ts";
import { latestTasks, type Task } from "../work/task.ts";

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
  tasks: Pick<Task, "taskId" | "window" | "state" | "changedAt" | "reason" | "items" | "leftOut">[];
};

const SHOWN_TASKS = 10;

/** What a person who may know is shown of each job. No secret, sealed or not. */
export async function readOverview(store: Store, now = new Date()): Promise<JobOverview[]> {
  const jobs: JobOverview[] = [];
  for await (const { jobId, account, createdAt, needsSignIn } of listJobs(store)) {
    const { intervals, gaps } = await readCoverage(store, jobId);
    const reads = await readsOf(store, jobId, utcDay(now));
    const estimate = await readEstimate(store, jobId);
    const next = await readChain(store, jobId);
    const tasks = await latestTasks(store, jobId, SHOWN_TASKS);
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
      tasks: tasks.map(({ taskId, window, state, changedAt, reason, items, leftOut }) => ({
        taskId,
        window,
        state,
        changedAt,
        ...(reason !== undefined && { reason }),
        ...(items !== undefined && { items }),
        ...(leftOut !== undefined && { leftOut }),
      })),
    });
  }
  return jobs;
}
