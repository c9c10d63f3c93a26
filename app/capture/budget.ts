import type { Meter } from "./capture-deps.ts";
import * as z from "zod";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Answer } from "../twitter/answer.ts";
import { readEstimate } from "./estimate.ts";
import { BILLED, type BilledKind, costOf, KINDS, NO_READS } from "./prices.ts";
import { addReads, readsOf, readsOfAll, utcDay } from "./usage.ts";
import { DEPTH } from "./scan.ts";

/** Posts that may be read from X, all jobs together. Where neither is set, the default budget holds. */
export type Budget = { perDay?: number | undefined; perMonth?: number | undefined };

/** How long work waits before it looks again: somebody may have raised the budget. */
const LOOK_AGAIN_MS = 60 * 60_000;
/**
 * The default budget of a job: so many times what its whole history costs at most, all kinds that X bills
 * together at their highest prices. A history as large as X's depth is taken for the least: $64 a day and
 * $160 a month. What is left beside the history is for what it shows, and for what is new.
 */
export const DEFAULT_TIMES = { day: 4, month: 10 };
/** Posts and users that are remembered as counted. More than come again when a beat looks back. */
const REMEMBERED = 40_000;

/**
 * Counts every post and user of every answer, once a UTC day as X bills it, before the answer is looked
 * at. What this process does not remember is counted again: never less than X bills. The budget is
 * looked at before each question, so that it is exceeded by the answers under way at most.
 */
export function createMeter({
  store,
  budget,
  now,
}: {
  store: Store;
  budget: Budget;
  now: () => Date;
}): Meter {
  const memory = createMemory();
  const paid = async (jobId: string, kind: BilledKind, ask: () => Promise<Answer>) => {
    await refuseIfSpent(store, { budget, jobId, now: now() });
    const answer = await ask();
    const day = utcDay(now());
    const keys = keysIn(answer.body, kind);
    const isNew = (key: string) => !memory.has(day, key);
    const data = new Set(keys.data.filter(isNew));
    const others = new Set(keys.posts.filter(isNew)).difference(data).size;
    const along = { ...NO_READS, others, users: new Set(keys.users.filter(isNew)).size };
    const reads = { ...along, [kind]: along[kind] + data.size };
    if (KINDS.some((one) => reads[one] > 0)) {
      await addReads(store, jobId, { day, reads });
    }
    // Not before they are counted: what is asked again because that failed counts then.
    Object.values(keys)
      .flat()
      .forEach((key) => memory.keep(day, key));
    return answer;
  };
  return (twitter, jobId) => ({
    ...twitter,
    timeline: (...asked) => paid(jobId, "owned", () => twitter.timeline(...asked)),
    search: (...asked) => paid(jobId, "others", () => twitter.search(...asked)),
    read: (token, question) =>
      question.billedAs === undefined
        ? twitter.read(token, question)
        : paid(jobId, question.billedAs, () => twitter.read(token, question)),
    lookup: (...asked) => paid(jobId, "others", () => twitter.lookup(...asked)),
  });
}

async function refuseIfSpent(
  store: Store,
  { budget, jobId, now }: { budget: Budget; jobId: string; now: Date },
): Promise<void> {
  const { perDay, perMonth } = budget;
  if (perDay === undefined && perMonth === undefined) {
    return refuseBeyondDefault(store, jobId, now);
  }
  const spent = await readsOfAll(store, utcDay(now));
  if (spent.month >= (perMonth ?? Infinity)) {
    throw spentError(`READS_PER_MONTH (${perMonth})`, now, nextMonth(now));
  }
  if (spent.day >= (perDay ?? Infinity)) {
    throw spentError(`READS_PER_DAY (${perDay})`, now, nextDay(now));
  }
}

/** Each job by itself: one that runs away takes nothing from the others. */
async function refuseBeyondDefault(store: Store, jobId: string, now: Date): Promise<void> {
  const spent = await readsOf(store, jobId, utcDay(now));
  const cost = { day: costOf(spent.day, "other"), month: costOf(spent.month, "other") };
  const least = DEPTH * BILLED.owned.other;
  // Far from the least that a default can be, the estimate need not be read.
  if (cost.day < DEFAULT_TIMES.day * least && cost.month < DEFAULT_TIMES.month * least) {
    return;
  }
  const { posts = 0 } = (await readEstimate(store, jobId)) ?? {};
  const history = Math.max(posts, DEPTH) * BILLED.owned.other;
  for (const [period, until] of [
    ["month", nextMonth(now)],
    ["day", nextDay(now)],
  ] as const) {
    const limit = DEFAULT_TIMES[period] * history;
    if (cost[period] >= limit) {
      const what =
        `The default budget of the job for a ${period}, $${limit.toFixed(2)}, ` +
        "(set readsPerDay or readsPerMonth to have another one)";
      throw spentError(what, now, until);
    }
  }
}

function nextDay(now: Date): number {
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
}

function nextMonth(now: Date): number {
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
}

function spentError(what: string, now: Date, refilledAt: number): ConnectorError {
  const until = new Date(refilledAt).toISOString();
  return new ConnectorError("x-budget-spent", `${what} is used up until ${until}`, {
    retryAt: new Date(Math.min(refilledAt, now.getTime() + LOOK_AGAIN_MS)),
  });
}

/** The posts and users that were counted last, by their days. */
function createMemory() {
  const counted = new Set<string>();
  return {
    has: (day: string, id: string) => counted.has(`${day} ${id}`),
    keep(day: string, id: string): void {
      const key = `${day} ${id}`;
      counted.delete(key);
      counted.add(key);
      const [oldest] = counted;
      if (counted.size > REMEMBERED && oldest !== undefined) {
        counted.delete(oldest);
      }
    },
  };
}

const list = z
  .array(z.looseObject({ id: z.string() }))
  .optional()
  .catch(undefined);
const answerSchema = z.looseObject({
  data: list,
  includes: z.looseObject({ tweets: list, posts: list, users: list }).optional().catch(undefined),
});

/** A user's id may be a post's, too. */
const KEYS = { owned: "post", others: "post", users: "user", messages: "message" } as const;

/** What is in an answer and goes along with it, whatever else is wrong with it: X bills it all the same. */
function keysIn(body: Uint8Array, kind: BilledKind) {
  const { data, includes } = parse(body) ?? {};
  const toKeys = (of: BilledKind, some: { id: string }[] = []) =>
    some.map(({ id }) => `${KEYS[of]} ${id}`);
  return {
    data: toKeys(kind, data),
    posts: [...toKeys("others", includes?.tweets), ...toKeys("others", includes?.posts)],
    users: toKeys("users", includes?.users),
  };
}

function parse(body: Uint8Array): z.infer<typeof answerSchema> | undefined {
  try {
    return answerSchema.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  } catch {
    return undefined;
  }
}
