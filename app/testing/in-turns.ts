import type fc from "fast-check";
import type { Store } from "../archive/store.ts";

/** The same store, each of whose steps takes place when the scheduler says so. */
export function inTurnsOf(scheduler: fc.Scheduler, of: Store): Store {
  const turn = (label: string) => scheduler.schedule(Promise.resolve(), label);
  return {
    ...of,
    async read(name) {
      await turn(`read ${name}`);
      return of.read(name);
    },
    async create(name, body) {
      await turn(`create ${name}`);
      return of.create(name, body);
    },
    async replace(name, body, etag) {
      await turn(`replace ${name}`);
      return of.replace(name, body, etag);
    },
    async put(name, body) {
      await turn(`put ${name}`);
      await of.put(name, body);
    },
    async remove(name, etag) {
      await turn(`remove ${name}`);
      return of.remove(name, etag);
    },
  };
}
