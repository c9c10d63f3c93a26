import type { Sealer } from "../archive/seal.ts";
import { capture } from "../capture/capture.ts";
import type { CaptureDeps } from "../capture/capture-deps.ts";
import type { MediaDeps } from "../capture/media.ts";
import { lookUp } from "../capture/lookup.ts";
import { type Coverage, readCoverage } from "../capture/coverage.ts";
import { type Interval, subtract } from "../time/intervals.ts";
import type { Upload } from "../delivery/deliver.ts";
import { holdLateRecords } from "../delivery/late-records.ts";
import { readManifest } from "../delivery/manifest.ts";
import { sasProblem } from "../import-service/sas.ts";
import type { UploadOptions } from "../delivery/upload.ts";
import { ConnectorError } from "../errors.ts";
import { openToken, readJob, resealToken } from "../jobs/job.ts";
import { probeToken } from "../jobs/probe-token.ts";
import type { Platform } from "../import-service/client.ts";
import { answer, answerAgain, type Counts } from "./build-delivery.ts";
import { runFeeds } from "./run-feeds.ts";
import type { WorkQueue } from "./queue.ts";
import type { Task } from "./task.ts";
import type { FeedSwitches } from "../feeds/statements.ts";
import { postsOf } from "../feeds/posts.ts";

export type TaskDeps = Omit<CaptureDeps, "announce"> &
  MediaDeps &
  FeedSwitches & {
    sealer: Sealer;
    platform: Platform;
    sasHosts: string[];
    uploadConcurrency: number;
    queue: Pick<WorkQueue, "giveUp">;
    createUpload: (sasUri: string, folder: string, options?: UploadOptions) => Upload;
  };

/**
 * Does a task up to its completion, from wherever it stands: capture, look up, upload, manifest. Every
 * step may be done again. A task that has its manifest is answered with the same list and the same
 * bytes from the archive alone.
 * @throws ConnectorError, for `decideOutcome`.
 */
export async function processTask(deps: TaskDeps, task: Task): Promise<Counts> {
  const { store, sealer } = deps;
  const { jobId, taskId, question, window, dirtyIds: ids } = task;
  const job = await readJob(store, jobId);
  if (!job) {
    throw new ConnectorError("job-gone", "The job was removed");
  }
  const earlier = await readManifest(store, task);
  if (earlier) {
    return answerAgain(deps, task, { earlier, upload: await openContainer(deps, task) });
  }
  const known = await readCoverage(store, postsOf(jobId));
  if (ids.length === 0 && isKnown(window, known)) {
    await runFeeds(deps, job, () => window);
    const upload = await openContainer(deps, task);
    return answer(deps, task, { job, coverage: known, notRead: new Map(), upload });
  }
  const token = await openToken(sealer, await probeToken(deps, job));
  const source = { ...postsOf(jobId), accountId: job.account.id, token };
  const reading = { ...deps, announce: holdLateRecords(deps) };
  const coverage = await capture(reading, source, window);
  const notRead = await lookUp(reading, { ...source, taskId, question, ids });
  await runFeeds(deps, job, () => window);
  await resealToken(deps, job);
  // Not before X is read: the archive is to be whole whatever becomes of the platform's container.
  const upload = await openContainer(deps, task);
  return answer(deps, task, { job, coverage, notRead, upload });
}

/** Whether X has nothing more to say of a window: then it does not matter whether it still talks to us. */
function isKnown(window: Interval, { intervals }: Coverage): boolean {
  const whole = intervals.filter(({ without }) => without === undefined);
  return subtract(window, whole).length === 0;
}

async function openContainer(
  { sealer, sasHosts, createUpload, log, now }: TaskDeps,
  { jobId, taskId, sealedSas }: Task,
): Promise<Upload> {
  const sasUri = await sealer.open(sealedSas);
  if (typeof sasUri !== "string") {
    throw new ConnectorError("unusable-record", "The task's container address cannot be read");
  }
  const problem = sasProblem(sasUri, sasHosts, now());
  if (problem !== undefined) {
    throw new ConnectorError("sas-unusable", `The platform's container address ${problem}`);
  }
  let isTold = false;
  const onUnread = (fileName: string) => {
    if (!isTold) {
      isTold = true;
      log("delivery.already-uploaded", { jobId, taskId, detail: `${fileName}, and maybe others` });
    }
  };
  return createUpload(sasUri, `${jobId}/${taskId}`, { onUnread });
}
