import type { Store } from "../archive/store.ts";
import { type Gap, readCoverage } from "../capture/coverage.ts";
import { type Interval, join } from "../capture/interval.ts";
import { type Job, listJobs } from "../jobs/job.ts";
import { latestTasks, type Task } from "../work/task.ts";

export type JobOverview = {
  jobId: string;
  account: Job["account"];
  since: string;
  needsSignIn?: string;
  /** Intervals of the timeline that were read completely, neighbours joined. */
  coverage: Interval[];
  gaps: Gap[];
  tasks: Pick<Task, "taskId" | "window" | "state" | "changedAt" | "reason" | "items" | "leftOut">[];
};

const SHOWN_TASKS = 10;

/** What a person who may know is shown of each job. No secret, sealed or not. */
export async function readOverview(store: Store): Promise<JobOverview[]> {
  const jobs: JobOverview[] = [];
  for await (const { jobId, account, createdAt, needsSignIn } of listJobs(store)) {
    const { intervals, gaps } = await readCoverage(store, jobId);
    const tasks = await latestTasks(store, jobId, SHOWN_TASKS);
    jobs.push({
      jobId,
      account,
      since: createdAt,
      ...(needsSignIn !== undefined && { needsSignIn }),
      coverage: join(intervals),
      gaps,
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
