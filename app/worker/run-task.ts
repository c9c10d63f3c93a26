import { randomUUID } from "node:crypto";
import { ConnectorError, describeError, isStorageDown } from "../errors.ts";
import { readJob } from "../jobs/job.ts";
import { decideOutcome, MAX_ATTEMPTS, type Outcome, waitFor } from "../outcomes.ts";
import { COMPLETION_STATUS } from "../import-service/client.ts";
import { recordFailureEffects } from "./failure-effects.ts";
import { type ScheduleDeps, ensureSchedule } from "./capture-schedule.ts";
import { completeTask } from "./complete-task.ts";
import { type LeaseHeartbeat, LEASE_MS, watchStore } from "./lease.ts";
import { processTask, type TaskDeps } from "./process-task.ts";
import { type Lease, LeaseLostError } from "./queue.ts";
import {
  changeClaimed,
  type Claim,
  claimTask,
  dropClaim,
  renewClaim,
  SupersededError,
  type Task,
  type TaskKey,
  withoutClaim,
} from "./task.ts";

export type RunDeps = TaskDeps & ScheduleDeps;
type InHand = { lease: Lease; heartbeat: LeaseHeartbeat };

const SOON_MS = 1_000;
/** The version of the connector that wrote a newer record may be deployed again by then. */
const NEWER_MS = 60 * 60_000;

/** Brings the task of a message as far as it goes now, and says what becomes of the message. */
export async function runTask(
  deps: RunDeps,
  { lease, heartbeat }: InHand,
  message: TaskKey & { failed?: number | undefined },
): Promise<void> {
  const { jobId, taskId } = message;
  const now = deps.now();
  const run = { runId: randomUUID(), now, forMs: LEASE_MS };
  const claim = await claimTask(deps.store, message, run).catch(unlessUnusable);
  switch (claim.kind) {
    case "unknown": {
      const { reason } = claim;
      deps.log("work.poisoned", { jobId, taskId, reason });
      return lease.poison(reason);
    }
    case "newer": {
      deps.log("archive.newer-record", { jobId, taskId, reason: claim.reason });
      return lease.release(NEWER_MS);
    }
    case "over":
      return lease.finish();
    case "held":
      return lease.release(claim.until.getTime() - now.getTime() + SOON_MS);
    case "ours":
      heartbeat.alsoKeep({
        renew: (until) => renewClaim(deps.store, claim.task, until),
        drop: () => dropClaim(deps.store, claim.task),
      });
      return runClaimed(deps, { lease, heartbeat }, claim.task);
  }
}

/** A task's record that cannot be read does not mend itself: a person has to look. */
function unlessUnusable(error: unknown): Claim | { kind: "newer"; reason: string } {
  if (error instanceof ConnectorError && error.code === "newer-record") {
    return { kind: "newer", reason: error.message };
  }
  if (error instanceof ConnectorError && error.code === "unusable-record") {
    return { kind: "unknown", reason: error.message };
  }
  throw error;
}

async function runClaimed(
  deps: RunDeps,
  { lease, heartbeat }: InHand,
  claimed: Task,
): Promise<void> {
  const watched: RunDeps = {
    ...deps,
    store: watchStore(deps.store, heartbeat),
    createUpload: (...container) => {
      const upload = deps.createUpload(...container);
      return (fileName, body) => {
        heartbeat.recordProgress();
        return upload(fileName, body);
      };
    },
  };
  try {
    await advance(watched, lease, claimed);
  } catch (error) {
    if (isStorageDown(error)) {
      // The process lives: the task is given up by no outage, however many come.
      await dropClaim(deps.store, claimed).catch(() => undefined);
    }
    if (!(error instanceof SupersededError)) {
      throw error;
    }
    // The message that came with the new asking may be waiting for us to end.
    await dropClaim(deps.store, claimed);
    await lease.release(0);
  }
}

async function advance(deps: RunDeps, lease: Lease, claimed: Task): Promise<void> {
  const { store, log } = deps;
  const { jobId, taskId, attempts, asked } = claimed;
  let sealedToken: string | undefined;
  let task = claimed;
  try {
    sealedToken = (await readJob(store, jobId))?.sealedToken;
    if (!task.pendingCompletion) {
      log("task.started", { jobId, taskId, asked, attempt: attempts });
      await ensureSchedule(deps, jobId);
      task = await doWork(deps, task);
    }
    await completeTask(deps, task);
  } catch (error) {
    if (error instanceof LeaseLostError || isStorageDown(error)) {
      throw error;
    }
    await settle(deps, { lease, task, error, sealedToken });
    return;
  }
  await lease.finish();
}

/** @returns the task as it owes its completion. */
async function doWork(deps: RunDeps, task: Task): Promise<Task> {
  if (task.crashes >= MAX_ATTEMPTS) {
    const message = `The process has ended ${task.crashes} times while it worked on the task`;
    throw new ConnectorError("process-ends", message);
  }
  const counts = await processTask(deps, task);
  const at = deps.now().toISOString();
  return changeClaimed(
    deps.store,
    task,
    ({ reason: _reason, waitsFor: _waitsFor, ...current }) => ({
      ...current,
      ...counts,
      state: "completion-pending",
      changedAt: at,
      pendingCompletion: { status: COMPLETION_STATUS.success, since: at, tries: 0, poison: false },
    }),
  );
}

type Failure = { lease: Lease; task: Task; error: unknown; sealedToken: string | undefined };

async function settle(deps: RunDeps, { lease, task, error, sealedToken }: Failure): Promise<void> {
  const { store, log } = deps;
  const { jobId, taskId } = task;
  const now = deps.now();
  const { code, error: reason } = describeError(error);
  const waitsFor = waitFor(task.waitsFor, error, now);
  const attempt = task.pendingCompletion?.tries ?? task.attempts;
  const outcome = decideOutcome(error, attempt, now, new Date(waitsFor.since));
  const about = { jobId, taskId, ...(code !== undefined && { code }) };
  await recordFailureEffects(deps, { ...about, outcome, sealedToken, reason });
  const at = outcome.at ?? now;
  if (outcome.at) {
    await changeClaimed(store, task, (current) => ({
      ...waiting(current, outcome),
      // One more death is what a next try may cost.
      ...(code === "process-ends" && { crashes: MAX_ATTEMPTS - 1 }),
      changedAt: now.toISOString(),
      dueAt: at.toISOString(),
      reason,
      waitsFor,
    }));
    log("task.waiting", { ...about, attempt, retryAt: at.toISOString() }, error);
  } else {
    await changeClaimed(store, task, (current) => ({
      ...owingFailure(current, outcome, now),
      reason: `${code ?? "unexpected"}: ${reason}`,
    }));
    log("task.failed", { ...about, attempt: attempt + 1, detail: outcome.kind }, error);
  }
  await lease.release(at.getTime() - now.getTime());
}

function waiting(task: Task, { kind }: Outcome): Task {
  const more = kind === "retry" ? 1 : 0;
  const current = withoutClaim(task);
  return current.pendingCompletion
    ? {
        ...current,
        pendingCompletion: {
          ...current.pendingCompletion,
          tries: current.pendingCompletion.tries + more,
        },
      }
    : { ...current, state: "waiting", attempts: current.attempts + more };
}

function owingFailure(task: Task, { kind, poison = false }: Outcome, now: Date): Task {
  const { waitsFor: _, ...current } = withoutClaim(task);
  const { permanentFailure, temporaryFailure } = COMPLETION_STATUS;
  const status = kind === "fail-permanently" ? permanentFailure : temporaryFailure;
  const changedAt = now.toISOString();
  return {
    ...current,
    state: "completion-pending",
    changedAt,
    pendingCompletion: { status, since: changedAt, tries: 0, poison },
  };
}
