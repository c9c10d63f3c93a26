import { describeError } from "../errors.ts";
import { readJob } from "../jobs/job.ts";
import { decideOutcome, type Outcome } from "../outcomes.ts";
import { COMPLETION_STATUS } from "../platform/platform.ts";
import { raiseAlarm } from "./alarm.ts";
import { type BeatDeps, runBeat } from "./beat.ts";
import { ensureChain, ensureChains } from "./chain.ts";
import { processTask, type TaskDeps } from "./process-task.ts";
import { type Lease, LeaseLostError } from "./queue.ts";
import { changeTask, readTask, type Task } from "./task.ts";

export type WorkerDeps = TaskDeps & BeatDeps;

export type Worker = {
  /** Looks at the queue now: something was put there. */
  wake(): void;
  /** True while the worker gets through to its queue. */
  isAlive(): boolean;
  /** Takes no more work; resolves when what is in hand is finished or given back. */
  stop(): Promise<void>;
};

const LEASE_MS = 120_000;
const RENEW_MS = 40_000;
const IDLE_POLL_MS = 5_000;
const ERROR_POLL_MS = 10_000;
const ALIVE_MS = 60_000;
/** App Service kills what has not exited 30 s after SIGTERM. */
const DRAIN_MS = 20_000;
const GIVE_BACK_MS = 3_000;

/** Starts working off the queue, `concurrency` messages at a time, until stopped. */
export function startWorker(deps: WorkerDeps, { concurrency }: { concurrency: number }): Worker {
  const { queue } = deps;
  const inHand = new Map<Lease, Promise<void>>();
  const givenBack = new AbortController();
  let stopping = false;
  let lastPoll = 0;
  let rouse = () => {};
  let woken = false;

  const wake = () => {
    woken = true;
    rouse();
  };
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (woken) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, ms);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const take = async (): Promise<number> => {
    woken = false;
    const free = concurrency - inHand.size;
    const leases = free > 0 ? await queue.receive(free, LEASE_MS) : [];
    lastPoll = deps.now().getTime();
    if (stopping) {
      await giveBack(leases);
      return 0;
    }
    for (const lease of leases) {
      const work = workOn(deps, lease, givenBack.signal).finally(() => {
        inHand.delete(lease);
        wake();
      });
      inHand.set(lease, work);
    }
    return leases.length;
  };
  const loop = async () => {
    while (!stopping) {
      try {
        const taken = await take();
        await pause(taken > 0 && inHand.size < concurrency ? 0 : IDLE_POLL_MS);
      } catch (error) {
        deps.log("work.queue-unreachable", {}, error);
        woken = stopping;
        await pause(ERROR_POLL_MS);
      }
    }
  };
  void ensureChains(deps).catch((error: unknown) => deps.log("capture.not-scheduled", {}, error));
  const running = loop();

  return {
    wake,
    isAlive: () => deps.now().getTime() - lastPoll < ALIVE_MS,
    async stop() {
      stopping = true;
      wake();
      const drained = running.then(() => Promise.all(inHand.values()));
      await Promise.race([drained, timeout(DRAIN_MS)]);
      // What is not finished by now goes back at once, for another instance to go on with.
      givenBack.abort();
      await Promise.race([giveBack([...inHand.keys()]), timeout(GIVE_BACK_MS)]);
    },
  };
}

async function giveBack(leases: Lease[]): Promise<void> {
  await Promise.allSettled(leases.map((lease) => lease.release(0)));
}

async function workOn(deps: WorkerDeps, lease: Lease, givenBack: AbortSignal): Promise<void> {
  const renewal = setInterval(() => {
    if (!givenBack.aborted) {
      // A lease that is lost shows when the work is finished: the message is then not ours to delete.
      void lease.renew(LEASE_MS).catch(() => {});
    }
  }, RENEW_MS);
  try {
    await handle(deps, lease);
  } catch (error) {
    if (!(error instanceof LeaseLostError)) {
      // The message shows up again when its lease runs out.
      deps.log("work.queue-unreachable", {}, error);
    }
  } finally {
    clearInterval(renewal);
  }
}

async function handle(deps: WorkerDeps, lease: Lease): Promise<void> {
  const { message } = lease;
  if (!message) {
    deps.log("work.poisoned", { reason: "not a message of this connector" });
    await lease.poison("not a message of this connector");
  } else if ("beatId" in message) {
    await runBeat(deps, message);
    await lease.finish();
  } else {
    await handleTask(deps, lease, message);
  }
}

async function handleTask(
  deps: WorkerDeps,
  lease: Lease,
  { jobId, taskId }: { jobId: string; taskId: string },
): Promise<void> {
  const task = await readTask(deps.store, jobId, taskId);
  if (!task) {
    deps.log("work.poisoned", { jobId, taskId, reason: "no such task in the archive" });
    await lease.poison("no such task in the archive");
    return;
  }
  deps.log("task.started", { jobId, taskId, attempt: task.attempts });
  await ensureChain(deps, jobId);
  const sealedToken = (await readJob(deps.store, jobId))?.sealedToken;
  try {
    await processTask(deps, task);
  } catch (error) {
    await settle(deps, { lease, task, error, sealedToken });
    return;
  }
  await lease.finish();
}

async function settle(
  deps: TaskDeps,
  {
    lease,
    task,
    error,
    sealedToken,
  }: { lease: Lease; task: Task; error: unknown; sealedToken: string | undefined },
): Promise<void> {
  const { jobId, taskId } = task;
  const outcome = decideOutcome(error, task.attempts, deps.now());
  const { code, error: reason } = describeError(error);
  const about = { jobId, taskId, ...(code !== undefined && { code }) };
  await raiseAlarm(deps, { ...about, outcome, sealedToken, reason });
  const finished = isFinal(outcome);
  if (finished) {
    await reportFailure(deps, task, outcome);
  }
  await changeTask(deps.store, task, (current) => ({
    ...current,
    state: finished ? "failed" : "waiting",
    changedAt: deps.now().toISOString(),
    attempts: outcome.kind === "park" ? current.attempts : current.attempts + 1,
    reason,
  }));
  if (finished) {
    deps.log("task.failed", { ...about, attempt: task.attempts + 1, detail: outcome.kind }, error);
    await lease.poison(`${code ?? "unexpected"}: ${reason}`);
    return;
  }
  const at = outcome.at ?? deps.now();
  deps.log("task.waits", { ...about, attempt: task.attempts, retryAt: at.toISOString() }, error);
  await lease.release(at.getTime() - deps.now().getTime());
}

function isFinal({ kind }: Outcome): boolean {
  return kind === "fail-temporarily" || kind === "fail-permanently";
}

async function reportFailure(deps: TaskDeps, task: Task, { kind }: Outcome): Promise<void> {
  const status =
    kind === "fail-permanently"
      ? COMPLETION_STATUS.permanentFailure
      : COMPLETION_STATUS.temporaryFailure;
  try {
    await deps.platform.complete({ jobId: task.jobId, taskId: task.taskId, status, items: [] });
  } catch (error) {
    deps.log("platform.refused", { jobId: task.jobId, taskId: task.taskId }, error);
  }
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
