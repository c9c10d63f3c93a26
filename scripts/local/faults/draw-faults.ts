import type { Call, Fault, Service } from "./fault.ts";

/** Faults that can happen to each service; X alone has limits of its own. */
const POSSIBLE: Record<Service, readonly Fault[]> = {
  x: [
    "unavailable",
    "failed",
    "cut",
    "lost",
    "halved",
    "late",
    "kill-before",
    "kill-after",
    "rate-limited",
    "rate-limited-late",
    "unauthorized",
    "not-found",
    "foreign",
    "fields-refused",
    "credits-spent",
    "omits-posts",
    "refuses-newest",
  ],
  media: ["unavailable", "cut", "lost", "halved", "late", "kill-before", "kill-after"],
  entra: ["unavailable", "cut", "lost", "late", "kill-before", "kill-after"],
  identity: ["unavailable", "cut", "late"],
  archive: ["unavailable", "failed", "cut", "lost", "halved", "late", "kill-before", "kill-after"],
  queue: ["unavailable", "failed", "cut", "lost", "late", "kill-before", "kill-after"],
  upload: [
    "unavailable",
    "failed",
    "cut",
    "lost",
    "late",
    "forbidden",
    "kill-before",
    "kill-after",
  ],
  completion: ["unavailable", "failed", "cut", "lost", "late", "kill-before", "kill-after"],
};

/**
 * X is known to lose what lies behind its page tokens for a moment, and what a window has. Messages of the work queue alone can
 * be lost: what a person looks after is not put back.
 */
function possibleFor({
  service,
  method,
  path,
  isFurtherPage = false,
  question,
}: Call): readonly Fault[] {
  if (isFurtherPage) {
    return [...POSSIBLE.x, "emptied", "emptied"];
  }
  if (question !== undefined) {
    return [...POSSIBLE.x, "emptied"];
  }
  const isMessage = service === "queue" && method === "POST" && !path.includes("poison");
  return isMessage ? [...POSSIBLE.queue, "forgotten", "forgotten"] : POSSIBLE[service];
}

/** Calls in a row that fail while a storage is down: more than its client tries by itself. */
const OUTAGE_CALLS = 10;

export type Decide = (call: Call) => Fault | undefined;

/**
 * Draws each call's fate from a seed: the nth call of its kind has the same fate in every run,
 * whatever happens in between. `rate` is the share of calls that are struck; storage is called so
 * often that a tenth of it is plenty, and is down, for a tenth of it, for many calls in a row.
 */
export function drawFaults({ seed, rate }: { seed: number; rate: number }): Decide {
  const counts = new Map<string, number>();
  const emptied = new Set<string>();
  return (call) => {
    const { service, method, question } = call;
    const kind = `${service} ${method}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const isStorage = service === "archive" || service === "queue" || service === "upload";
    const outage = Math.floor(count / OUTAGE_CALLS);
    if (isStorage && chance(`${seed} ${kind} outage ${outage}`) < rate / 10) {
      return "unavailable";
    }
    if (chance(`${seed} ${kind} ${count}`) >= (isStorage ? rate / 10 : rate)) {
      return undefined;
    }
    const possible = possibleFor(call);
    const fault = possible[Math.floor(chance(`${seed} ${kind} ${count} which`) * possible.length)];
    // Of the past, what X says twice is all that can be known.
    if (fault === "emptied" && question !== undefined) {
      return emptied.has(question) ? undefined : (emptied.add(question), fault);
    }
    return fault;
  };
}

/** A number from 0 up to 1 that follows from a text (FNV-1a, 32 bits, mixed once more). */
export function chance(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
