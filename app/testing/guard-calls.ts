import type { Store } from "../archive/store.ts";
import type { MemoryQueue } from "./memory-queue.ts";

/** What comes between a caller and what it calls: it may fail, or never answer. */
export type Around = <T>(call: () => Promise<T>) => Promise<T>;

export function guardStore<S extends Store>(store: S, around: Around): S {
  return {
    ...store,
    read: (...given) => around(() => store.read(...given)),
    create: (...given) => around(() => store.create(...given)),
    replace: (...given) => around(() => store.replace(...given)),
    put: (...given) => around(() => store.put(...given)),
    createStream: (...given) => around(() => store.createStream(...given)),
    readStream: (...given) => around(() => store.readStream(...given)),
    remove: (...given) => around(() => store.remove(...given)),
  };
}

export function guardQueue(queue: MemoryQueue, around: Around): MemoryQueue {
  return {
    ...queue,
    giveUp: (...given) => around(() => queue.giveUp(...given)),
    async receive(...asked) {
      const leases = await around(() => queue.receive(...asked));
      return leases.map((lease) => ({
        ...lease,
        renew: (...given) => around(() => lease.renew(...given)),
        release: (...given) => around(() => lease.release(...given)),
        finish: () => around(() => lease.finish()),
        poison: (...given) => around(() => lease.poison(...given)),
      }));
    },
  };
}
