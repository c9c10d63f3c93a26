import type { Store } from "../archive/store.ts";
import type { Log } from "../log.ts";
import { type Lease, LeaseLostError, type Message } from "./queue.ts";

/** How long a message stays in hand without a sign of life. */
export const LEASE_MS = 120_000;
const RENEW_MS = 40_000;
/** Longer than any one step may take with all its tries. */
const HANG_MS = 20 * 60_000;

export type LeaseHeartbeat = {
  /** Says that the work moves on. @throws what has ended it, once it is not ours any more. */
  recordProgress(): void;
  /** What else is in hand along with the message. */
  alsoKeep(more: Kept): void;
  /** True once the work has not moved on for so long that its message was given up. */
  hangs(): boolean;
  /** Ends the work at its next step, and leaves what else is in hand to whoever takes it next. */
  letGo(reason: LeaseLostError): Promise<void>;
  stop(): void;
};

type Kept = { renew: (until: Date) => Promise<unknown>; drop: () => Promise<unknown> };

/**
 * Keeps a message in hand while its work moves on. Work that hangs loses it, so that someone else
 * does it; and work that has lost it ends at its next step.
 */
export function startHeartbeat(
  lease: Lease,
  { log, now }: { log: Log; now: () => Date },
): LeaseHeartbeat {
  let movedAt = now().getTime();
  let renewedAt = movedAt;
  let hangs = false;
  let ended: Error | undefined;
  let kept: Kept | undefined;

  const end = (reason: Error) => {
    ended ??= reason;
  };
  const renew = async () => {
    const at = now().getTime();
    try {
      await lease.renew(LEASE_MS);
      await kept?.renew(new Date(at + LEASE_MS));
      renewedAt = at;
    } catch (error) {
      if (error instanceof LeaseLostError) {
        log("work.lease-lost", keyOf(lease.message), error);
        end(error);
      } else if (at - renewedAt >= LEASE_MS) {
        end(new LeaseLostError("The lease could not be renewed"));
      }
    }
  };
  const timer = setInterval(() => {
    if (!ended && now().getTime() - movedAt > HANG_MS) {
      hangs = true;
      log("work.hangs", keyOf(lease.message));
      end(new LeaseLostError("The work hangs"));
    }
    if (!ended) {
      void renew();
    }
  }, RENEW_MS);

  return {
    recordProgress() {
      if (ended) {
        throw ended;
      }
      movedAt = now().getTime();
    },
    alsoKeep(more) {
      kept = more;
    },
    hangs: () => hangs,
    async letGo(reason) {
      end(reason);
      await kept?.drop();
    },
    stop: () => clearInterval(timer),
  };
}

/** What a log line may say of a message. */
export function keyOf(message: Message | undefined): { jobId?: string; taskId?: string } {
  const { jobId } = message ?? {};
  return {
    ...(jobId !== undefined && { jobId }),
    ...(message && "taskId" in message && { taskId: message.taskId }),
  };
}

/** The store as it is, but that whatever is asked of it is a sign of life, and not asked too late. */
export function watchStore(
  store: Store,
  { recordProgress }: Pick<LeaseHeartbeat, "recordProgress">,
): Store {
  return new Proxy(store, {
    get(target, name) {
      recordProgress();
      const member: unknown = Reflect.get(target, name);
      return member;
    },
  });
}
