import { putBackWaiting } from "../delivery/outbox.ts";
import { isStorageDown } from "../errors.ts";
import { type ScheduledCaptureDeps, runScheduledCapture } from "./run-capture.ts";
import { ensureSchedules } from "./capture-schedule.ts";
import { type LeaseHeartbeat, startHeartbeat, keyOf, LEASE_MS, watchStore } from "./lease.ts";
import type { TaskDeps } from "./process-task.ts";
import { recoverLostWork } from "./lost-work.ts";
import { type Lease, LeaseLostError } from "./queue.ts";
import { createBackoff, createSleep, type Backoff } from "./backoff.ts";
import { runTask } from "./run-task.ts";

export type WorkerDeps = TaskDeps & ScheduledCaptureDeps;

export type Worker = {
  /** Looks at the queue now: something was put there. */
  wake(): void;
  /** What keeps the worker from its work, in words for people; empty while it gets on. */
  troubles(): string[];
  isAlive(): boolean;
  /** Takes no more work; resolves when what is in hand is finished or given back. */
  stop(): Promise<void>;
};

const IDLE_POLL_MS = 5_000;
/** How often an instance looks for work that the queue has lost. */
const RECOVER_MS = 60 * 60_000;
const ALIVE_MS = 60_000;
/** With what follows it stays below the time that App Service leaves after SIGTERM (infra/web-app.ts). */
const DRAIN_MS = 20_000;
const GIVE_BACK_MS = 3_000;

/** Starts working off the queue, `concurrency` messages at a time, until stopped. */
export function startWorker(deps: WorkerDeps, { concurrency }: { concurrency: number }): Worker {
  const { queue, log, now } = deps;
  const inHand = new Map<Lease, { work: Promise<void>; heartbeat: LeaseHeartbeat }>();
  const [archiveBackoff, queueRest] = [createBackoff(now), createBackoff(now)];
  const sleep = createSleep();
  let stopping = false;
  let lastPoll = 0;
  let recoveredAt = 0;

  /** Only when the queue has nothing more to give: until then, its messages are late, and not lost. */
  const recover = (emptyAt: Date) => {
    if (emptyAt.getTime() - recoveredAt >= RECOVER_MS) {
      recoveredAt = emptyAt.getTime();
      void recoverLostWork(deps, emptyAt).catch((error: unknown) => log("work.failed", {}, error));
    }
  };
  const take = async () => {
    const free = concurrency - inHand.size;
    const askedAt = now();
    const leases = free > 0 ? await queue.receive(free, LEASE_MS) : [];
    lastPoll = now().getTime();
    if (stopping) {
      await giveBack(leases);
      return;
    }
    if (free > 0 && leases.length === 0) {
      recover(askedAt);
    }
    for (const lease of leases) {
      const heartbeat = startHeartbeat(lease, deps);
      const work = workOn(deps, { lease, heartbeat, archiveBackoff }).finally(() => {
        inHand.delete(lease);
        sleep.wake();
      });
      inHand.set(lease, { work, heartbeat });
    }
    const mayHaveMore = leases.length > 0 && inHand.size < concurrency;
    await sleep.for(mayHaveMore ? 0 : IDLE_POLL_MS);
  };
  const loop = async () => {
    while (!stopping) {
      const restMs = Math.max(archiveBackoff.leftMs(), queueRest.leftMs());
      if (restMs > 0) {
        await sleep.soundlyFor(restMs);
        continue;
      }
      try {
        await take();
        queueRest.over();
      } catch (error) {
        log("work.queue-unreachable", { retryAt: queueRest.begin().toISOString() }, error);
      }
    }
  };
  void ensureSchedules(deps).catch((error: unknown) => log("capture.not-scheduled", {}, error));
  const running = loop();

  const troubles = () => {
    const isArchiveDown = archiveBackoff.isGoingOn();
    const isQueueSilent = !isArchiveDown && now().getTime() - lastPoll >= ALIVE_MS;
    const hangs = [...inHand.values()].some(({ heartbeat }) => heartbeat.hangs());
    return [
      ...(isArchiveDown ? ["The archive cannot be reached, or does not let the site in."] : []),
      ...(isQueueSilent ? ["The worker cannot reach its queue."] : []),
      ...(hangs ? ["Work hangs and holds up the worker: restart the site."] : []),
    ];
  };
  return {
    wake: () => sleep.wake(),
    troubles,
    isAlive: () => troubles().length === 0,
    async stop() {
      stopping = true;
      sleep.end();
      const drained = running.then(() => Promise.all([...inHand.values()].map(({ work }) => work)));
      await Promise.race([drained, timeout(DRAIN_MS)]);
      // What is not finished by now goes back at once, for another instance to go on with.
      const givenBack = [...inHand].map(([lease, { heartbeat }]) => letGo(lease, heartbeat));
      await Promise.race([Promise.allSettled(givenBack), timeout(GIVE_BACK_MS)]);
    },
  };
}

async function giveBack(leases: Lease[]): Promise<void> {
  await Promise.allSettled(leases.map((lease) => lease.release(0)));
}

/** The task before its message: whoever sees the message would wait for a claim that is still there. */
async function letGo(lease: Lease, heartbeat: LeaseHeartbeat): Promise<void> {
  await heartbeat.letGo(new LeaseLostError("The process stops")).catch(() => {});
  await lease.release(0);
}

async function workOn(
  deps: WorkerDeps,
  {
    lease,
    heartbeat,
    archiveBackoff,
  }: { lease: Lease; heartbeat: LeaseHeartbeat; archiveBackoff: Backoff },
): Promise<void> {
  try {
    await handle(deps, { lease, heartbeat });
    archiveBackoff.over();
  } catch (error) {
    if (error instanceof LeaseLostError) {
      return;
    }
    const about = keyOf(lease.message);
    if (isStorageDown(error)) {
      const retryAt = archiveBackoff.begin().toISOString();
      deps.log("archive.unreachable", { ...about, retryAt }, error);
      // If this does not get through either, the message shows up again when its lease runs out.
      await lease.release(archiveBackoff.leftMs()).catch(() => {});
    } else {
      deps.log("work.failed", about, error);
    }
  } finally {
    heartbeat.stop();
  }
}

async function handle(
  deps: WorkerDeps,
  { lease, heartbeat }: { lease: Lease; heartbeat: LeaseHeartbeat },
): Promise<void> {
  const { message } = lease;
  if (!message) {
    deps.log("work.poisoned", { reason: "not a message of this connector" });
    await lease.poison("not a message of this connector");
  } else if ("captureRunId" in message) {
    await runScheduledCapture({ ...deps, store: watchStore(deps.store, heartbeat) }, message);
    await lease.finish();
  } else if ("postId" in message) {
    const { jobId, feed = "posts", postId: id } = message;
    await putBackWaiting(deps.store, jobId, { feed, id });
    await lease.finish();
  } else {
    await runTask(deps, { lease, heartbeat }, message);
  }
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
