import { describeError } from "./errors.ts";
import type { EventFields, EventName } from "./events.ts";
import type { Log } from "./log.ts";

/** What any stranger can cause, as often as there are requests. */
const COUNTED: ReadonlySet<EventName> = new Set<EventName>([
  "request.refused",
  "request.failed",
  "sign-in.password-refused",
  "credentials.throttled",
]);
const PERIOD_MS = 60_000;
/** Kinds that are told apart in a period; more are counted together, event by event. */
export const MOST_KINDS = 100;

type Kind = { event: EventName; fields: EventFields; error: unknown; held: number };

/**
 * A log in which a flood of refusals takes a line a minute for each kind, so that it does not fill
 * the workspace's daily cap, beyond which no alert over logs fires. The first of a kind is written
 * at once, the others are counted: `count` says for how many a line stands.
 * `flush` writes what is counted; call it before the process ends.
 */
export function countRefusals(log: Log): { log: Log; flush: () => void } {
  const kinds = new Map<string, Kind>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    for (const [key, { event, fields, error, held }] of kinds) {
      if (held === 0) {
        kinds.delete(key);
      } else {
        log(event, { ...fields, count: held }, error);
        kinds.set(key, { event, fields, error, held: 0 });
      }
    }
    clearTimeout(timer);
    timer = kinds.size > 0 ? setTimeout(flush, PERIOD_MS).unref() : undefined;
  };
  const count = (key: string, kind: Omit<Kind, "held">) => {
    const known = kinds.get(key);
    if (known) {
      known.held += 1;
      return;
    }
    kinds.set(key, { ...kind, held: 0 });
    timer ??= setTimeout(flush, PERIOD_MS).unref();
    log(kind.event, { ...kind.fields, count: 1 }, kind.error);
  };
  return {
    flush,
    log: (event, fields = {}, error) => {
      if (!COUNTED.has(event)) {
        log(event, fields, error);
        return;
      }
      const key = JSON.stringify([event, fields, error !== undefined && describeError(error)]);
      if (kinds.has(key) || kinds.size < MOST_KINDS) {
        count(key, { event, fields, error });
      } else {
        count(event, { event, fields: { detail: "of many kinds" }, error: undefined });
      }
    },
  };
}
