import pMap from "p-map";
import { keyOf } from "../archive/names.ts";
import { dayOf, giveRoomBack, reserveQuota, recordAcceptance } from "../delivery/ledger.ts";
import { readManifest } from "../delivery/manifest.ts";
import {
  forgetLate,
  keysInOutbox,
  leaveOutbox,
  OUTBOX_WRITERS,
  removeFromOutbox,
} from "../delivery/outbox.ts";
import { ConnectorError } from "../errors.ts";
import { readJob } from "../jobs/job.ts";
import { type Completion, COMPLETION_STATUS } from "../import-service/client.ts";
import type { TaskDeps } from "./process-task.ts";
import { changeClaimed, endDelivered, type Task, withoutClaim } from "./task.ts";

export type CompleteDeps = Pick<TaskDeps, "store" | "platform" | "queue" | "log" | "now">;

/**
 * Sends the completion that a task owes, in one try. Only what the platform has accepted is recorded
 * as delivered, and taken out of the outbox; where its answer is lost, the same is sent again.
 * @throws ConnectorError, for `decideOutcome`.
 */
export async function completeTask(deps: CompleteDeps, task: Task): Promise<void> {
  if (task.pendingCompletion?.status === COMPLETION_STATUS.success) {
    await completeDelivery(deps, task);
  } else {
    await reportFailure(deps, task);
  }
}

async function completeDelivery(deps: CompleteDeps, task: Task): Promise<void> {
  const { store, platform, log, now } = deps;
  const { jobId, taskId, window, items = 0, omitted = 0 } = task;
  if (!(await readJob(store, jobId))) {
    throw new ConnectorError("job-gone", "The job was removed");
  }
  const day = dayOf(now());
  const { granted } = await reserveQuota(deps, task, { day, items, some: false });
  if (granted < items) {
    throw new ConnectorError("daily-limit", "The day's limit of items is reached", {
      retryAt: new Date(Date.parse(day) + DAY_MS),
    });
  }
  const manifest = await readManifest(store, task);
  if (!manifest) {
    throw new ConnectorError("unusable-record", "The task's list is not in the archive");
  }
  const { entries } = manifest;
  try {
    await platform.complete({ jobId, taskId, status: COMPLETION_STATUS.success, items: entries });
  } catch (error) {
    if (isRefusal(error)) {
      await giveRoomBack(store, task, day);
    }
    throw error;
  }
  // Before the window counts as answered: what waits for it would go out once more.
  const waiting = await keysInOutbox(store, jobId);
  for await (const { waited, ...entry } of waiting.size > 0 ? entries() : []) {
    if (!waited && waiting.has(keyOf(entry))) {
      await forgetLate(store, jobId, entry);
    }
  }
  await recordAcceptance(store, task, { day, acceptedAt: now().toISOString(), window });
  await pMap(
    entries(),
    async ({ feed, id, waited }) => {
      if (waited) {
        await removeFromOutbox(store, jobId, { feed, id, pages: waited.pages });
      }
    },
    { concurrency: OUTBOX_WRITERS },
  );
  await endDelivered(store, task, now().toISOString());
  await leaveOutbox(store, task);
  log("task.delivered", {
    jobId,
    taskId,
    windowStart: window.start,
    windowEnd: window.end,
    items,
    omitted,
  });
}

const DAY_MS = 24 * 3_600_000;

function isRefusal(error: unknown): boolean {
  return error instanceof ConnectorError && error.code === "platform-refused";
}

async function reportFailure(deps: CompleteDeps, task: Task): Promise<void> {
  const { store, queue, log, now } = deps;
  const { jobId, taskId, pendingCompletion, answer, reason = "" } = task;
  const status = pendingCompletion?.status ?? COMPLETION_STATUS.temporaryFailure;
  await tellOfFailure(deps, { jobId, taskId, status, items: async function* none() {} });
  // Before it counts as failed: whoever finds it so has nothing more to do.
  if (pendingCompletion?.poison) {
    log("work.poisoned", { jobId, taskId, reason });
    await queue.giveUp({ jobId, taskId, failed: answer }, reason);
  }
  await changeClaimed(store, task, ({ pendingCompletion: _, ...current }) => ({
    ...withoutClaim(current),
    state: "failed",
    changedAt: now().toISOString(),
  }));
  await leaveOutbox(store, task);
}

/** The platform may know no more of a job that it has removed: then nobody waits for the answer. */
async function tellOfFailure(
  { store, platform }: CompleteDeps,
  completion: Completion,
): Promise<void> {
  try {
    await platform.complete(completion);
  } catch (error) {
    if (!isRefusal(error) || (await readJob(store, completion.jobId))) {
      throw error;
    }
  }
}
