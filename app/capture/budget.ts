import * as z from "zod";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Answer, Twitter } from "../twitter/client.ts";
import { addReads, readsOfAll, utcDay } from "./reads.ts";

/** Posts that may be read from X, all jobs together; undefined: as many as there are. */
export type Budget = { perDay?: number | undefined; perMonth?: number | undefined };

/** X, with what it hands out counted for a job, and asked for nothing once the budget is spent. */
export type Meter = (twitter: Twitter, jobId: string) => Twitter;

/** How long work waits before it looks again: somebody may have raised the budget. */
const LOOK_AGAIN_MS = 60 * 60_000;
/** Posts that are remembered as counted. More than come again when a beat looks back. */
const REMEMBERED_POSTS = 20_000;

/**
 * Counts every post of every answer, once a UTC day as X bills it, before the answer is looked at. A
 * post that this process does not remember is counted again: never fewer than X bills. The budget is
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
  const paid = async (jobId: string, isOwned: boolean, ask: () => Promise<Answer>) => {
    await refuseIfSpent(store, budget, now());
    const answer = await ask();
    const day = utcDay(now());
    const { data, along } = idsIn(answer.body);
    const isNew = (id: string) => !memory.has(day, id);
    const [asked, others] = [new Set(data.filter(isNew)), new Set(along.filter(isNew))];
    const reads = isOwned
      ? { owned: asked.size, others: others.difference(asked).size }
      : { owned: 0, others: asked.union(others).size };
    if (reads.owned + reads.others > 0) {
      await addReads(store, jobId, { day, reads });
    }
    // Not before they are counted: what is asked again because that failed counts then.
    [...data, ...along].forEach((id) => memory.keep(day, id));
    return answer;
  };
  return (twitter, jobId) => ({
    ...twitter,
    timeline: (...asked) => paid(jobId, true, () => twitter.timeline(...asked)),
    search: (...asked) => paid(jobId, false, () => twitter.search(...asked)),
    lookup: (...asked) => paid(jobId, false, () => twitter.lookup(...asked)),
  });
}

async function refuseIfSpent(store: Store, { perDay, perMonth }: Budget, now: Date): Promise<void> {
  if (perDay === undefined && perMonth === undefined) {
    return;
  }
  const spent = await readsOfAll(store, utcDay(now));
  const [year, month, date] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  if (spent.month >= (perMonth ?? Infinity)) {
    throw spentError(`READS_PER_MONTH (${perMonth})`, now, Date.UTC(year, month + 1, 1));
  }
  if (spent.day >= (perDay ?? Infinity)) {
    throw spentError(`READS_PER_DAY (${perDay})`, now, Date.UTC(year, month, date + 1));
  }
}

function spentError(what: string, now: Date, refilledAt: number): ConnectorError {
  const until = new Date(refilledAt).toISOString();
  return new ConnectorError("x-budget-spent", `${what} is used up until ${until}`, {
    retryAt: new Date(Math.min(refilledAt, now.getTime() + LOOK_AGAIN_MS)),
  });
}

/** The posts that were counted last, by their days. */
function createMemory() {
  const counted = new Set<string>();
  return {
    has: (day: string, id: string) => counted.has(`${day} ${id}`),
    keep(day: string, id: string): void {
      const key = `${day} ${id}`;
      counted.delete(key);
      counted.add(key);
      const [oldest] = counted;
      if (counted.size > REMEMBERED_POSTS && oldest !== undefined) {
        counted.delete(oldest);
      }
    },
  };
}

const posts = z
  .array(z.looseObject({ id: z.string() }))
  .optional()
  .catch(undefined);
const answerSchema = z.looseObject({
  data: posts,
  includes: z.looseObject({ tweets: posts, posts }).optional().catch(undefined),
});

/** Posts in an answer, whatever else is wrong with it: X bills it all the same. */
function idsIn(body: Uint8Array): { data: string[]; along: string[] } {
  const { data, includes } = parse(body) ?? {};
  const along = [...(includes?.tweets ?? []), ...(includes?.posts ?? [])];
  const toIds = (some: { id: string }[]) => some.map(({ id }) => id);
  return { data: toIds(data ?? []), along: toIds(along) };
}

function parse(body: Uint8Array): z.infer<typeof answerSchema> | undefined {
  try {
    return answerSchema.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  } catch {
    return undefined;
  }
}
