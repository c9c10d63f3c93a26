import { setTimeout as sleep } from "node:timers/promises";

/** Lets pieces of work begin one after another, each so long after the one before at the earliest. */
export function createPace(ms: number): <T>(work: () => Promise<T>) => Promise<T> {
  let next = 0;
  return async (work) => {
    const begin = Math.max(performance.now(), next);
    next = begin + ms;
    await sleep(Math.max(begin - performance.now(), 0));
    return work();
  };
}
