import { writeManifest } from "../delivery/manifest.ts";
import type { Sealer } from "../archive/seal.ts";
import { capture, type CaptureDeps } from "../capture/capture.ts";
import type { MediaDeps } from "../capture/media.ts";
import { lookUp } from "../capture/lookup.ts";
import { deliver } from "../delivery/deliver.ts";
import { createUpload, sasProblem } from "../delivery/sas.ts";
import { ConnectorError } from "../errors.ts";
import { openToken, readJob } from "../jobs/job.ts";
import { COMPLETION_STATUS, type Platform } from "../platform/platform.ts";
import { changeTask, type Task } from "./task.ts";

export type TaskDeps = CaptureDeps &
  MediaDeps & { sealer: Sealer; platform: Platform; sasHosts: string[]; uploadConcurrency: number };

/**
 * Does a task from wherever it stands: capture, look up, deliver, manifest, completion, and only
 * then done. Every step may be done again.
 * @throws ConnectorError, for `decideOutcome`.
 */
export async function processTask(deps: TaskDeps, task: Task): Promise<void> {
  const { jobId, taskId, window, dirtyIds } = task;
  const { store, sealer, log, now } = deps;
  const job = await readJob(store, jobId);
  if (!job) {
    throw new ConnectorError("job-gone", "The job was removed");
  }
  const sasUri = await openSas(deps, task);
  const token = await openToken(sealer, job);
  const source = { jobId, accountId: job.account.id, token };
  const coverage = await capture(deps, source, window);
  const notRead = await lookUp(deps, { jobId, taskId, token, ids: dirtyIds });
  const entries = await deliver(
    { ...deps, concurrency: deps.uploadConcurrency },
    {
      jobId,
      taskId,
      account: job.account,
      window,
      coverage,
      upload: createUpload(sasUri, `${jobId}/${taskId}`),
    },
  );
  const gaps = coverage.gaps.filter(({ start, end }) => start < window.end && end > window.start);
  await writeManifest(
    store,
    {
      jobId,
      taskId,
      accountId: job.account.id,
      window,
      notRead: [...notRead].map(([id, reason]) => ({ id, reason })),
      gaps,
    },
    entries,
  );
  await deps.platform.complete({
    jobId,
    taskId,
    status: COMPLETION_STATUS.success,
    items: entries,
  });
  const leftOut = entries.flatMap(({ media }) => media).filter((medium) => medium.leftOut).length;
  await changeTask(store, task, ({ reason: _, ...current }) => ({
    ...current,
    state: "delivered",
    changedAt: now().toISOString(),
    items: entries.length,
    leftOut,
  }));
  log("task.delivered", {
    jobId,
    taskId,
    windowStart: window.start,
    windowEnd: window.end,
    items: entries.length,
    leftOut,
  });
}

async function openSas({ sealer, sasHosts, now }: TaskDeps, task: Task): Promise<string> {
  const sasUri = await sealer.open(task.sealedSas);
  if (typeof sasUri !== "string") {
    throw new ConnectorError("unusable-record", "The task's container address cannot be read");
  }
  const problem = sasProblem(sasUri, sasHosts, now());
  if (problem !== undefined) {
    throw new ConnectorError("sas-unusable", `The platform's container address ${problem}`);
  }
  return sasUri;
}
