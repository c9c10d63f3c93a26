import * as z from "zod";
import type { CaptureDeps } from "../capture/capture-deps.ts";
import { createMeter } from "../capture/budget.ts";
import { readCoverage } from "../capture/coverage.ts";
import { createAskAccount } from "../capture/probes.ts";
import type { Source } from "../feeds/feed.ts";
import type { Interval } from "../time/intervals.ts";
import { postsOfWindow } from "../capture/posts.ts";
import { holdLateRecords } from "../delivery/late-records.ts";
import type { TimelineQuery, Twitter } from "../twitter/client.ts";
import type { Answer } from "../twitter/answer.ts";
import { ACCOUNT, OWN_TOKEN, type Parts } from "./harness.ts";
import { postsOf } from "../feeds/posts.ts";

export const SOURCE: Source = {
  ...postsOf("job-1"),
  accountId: ACCOUNT.id,
  token: OWN_TOKEN,
};

export type WatchedTwitter = Twitter & { queries: TimelineQuery[]; bodies: Buffer[] };

/** X as it is, with what was asked of its timeline and what it answered; `before` may interfere. */
export function watch(
  twitter: Twitter,
  before: (query: TimelineQuery, call: number) => Promise<void> = async () => {},
): WatchedTwitter {
  const queries: TimelineQuery[] = [];
  const bodies: Buffer[] = [];
  return {
    ...twitter,
    queries,
    bodies,
    async timeline(token, accountId, query): Promise<Answer> {
      queries.push(query);
      await before(query, queries.length);
      const answer = await twitter.timeline(token, accountId, query);
      bodies.push(answer.body);
      return answer;
    },
  };
}

/** `posts` is how many posts X says the account has; by default X is asked. */
export function captureDepsOf(
  { store, twitter, log: { log }, clock: { now } }: Parts,
  { posts, ...changes }: Partial<CaptureDeps> & { posts?: number } = {},
): CaptureDeps {
  const deps = { store, twitter, log, now, ...changes };
  const account = { ...ACCOUNT, public_metrics: { tweet_count: posts } };
  const answer = { body: Buffer.from(JSON.stringify({ data: account })), about: {} };
  const askAccount = posts === undefined ? createAskAccount(deps.twitter, now) : async () => answer;
  const meter = createMeter({ store: deps.store, budget: {}, now });
  const wait = async () => undefined;
  const announce = holdLateRecords(deps);
  return { askAccount, announce, meter, fullArchiveSearch: false, wait, ...deps };
}

/** Ids of the archived posts of a window, newest first. */
export async function archivedIds({ store }: Pick<Parts, "store">, window: Interval) {
  const coverage = await readCoverage(store, SOURCE);
  const posts = await Array.fromAsync(postsOfWindow(store, { ...SOURCE, window, coverage }));
  return posts.map(({ post }) => post.id).toSorted((a, b) => (BigInt(a) > BigInt(b) ? -1 : 1));
}

export function blobsUnder({ store }: Pick<Parts, "store">, part: string): string[] {
  return [...store.blobs.keys()].filter((name) => name.includes(part)).toSorted();
}

/** X as it is, but for posts that its timelines do not show (yet). */
export function hiding(twitter: Twitter, hidden: ReadonlySet<string>): Twitter {
  return {
    ...twitter,
    async timeline(token, accountId, query) {
      const { body, about } = await twitter.timeline(token, accountId, query);
      const page = pageSchema.parse(JSON.parse(body.toString("utf8")));
      const data = page.data?.filter(({ id }) => !hidden.has(id));
      const { newest_id: _newest, oldest_id: _oldest, ...others } = page.meta;
      const meta = { ...others, ...(data && { result_count: data.length }) };
      return { body: Buffer.from(JSON.stringify({ ...page, data, meta })), about };
    },
  };
}

const pageSchema = z.looseObject({
  data: z.array(z.looseObject({ id: z.string() })).optional(),
  meta: z.looseObject({ newest_id: z.string().optional(), oldest_id: z.string().optional() }),
});

/** What becomes of a post in an answer of X. */
export type Fate = { id: string; as: "omitted" | "refused" };

/**
 * X as it is, but that it leaves posts out of its answers, or refuses them among the errors: on pages of
 * a timeline, and in so many answers to a question for posts by their ids.
 */
export function withholding(
  twitter: Twitter,
  fates: Fate[],
  { lookups }: { lookups: number },
): Twitter & { lookups: () => string[][] } {
  const asked: string[][] = [];
  const change = ({ body, about }: Answer): Answer => {
    const page = answerSchema.parse(JSON.parse(body.toString("utf8")));
    const isKept = ({ id }: { id: string }) => !fates.some((fate) => fate.id === id);
    const isSaid = ({ value }: { value: string }) => !fates.some(({ id }) => id === value);
    const refused = fates.filter(({ as }) => as === "refused");
    const data = page.data?.filter(isKept);
    const answer = {
      ...page,
      data,
      includes: { ...page.includes, tweets: page.includes?.tweets?.filter(isKept) },
      errors: [
        ...(page.errors ?? []).filter(isSaid),
        ...refused.map(({ id }) => ({ value: id, title: "Not Found Error", parameter: "id" })),
      ],
      meta: page.meta && { ...page.meta, result_count: data?.length ?? 0 },
    };
    return { body: Buffer.from(JSON.stringify(answer)), about };
  };
  return {
    ...twitter,
    lookups: () => asked,
    timeline: async (...query) => change(await twitter.timeline(...query)),
    async lookup(token, ids) {
      asked.push(ids);
      const answer = await twitter.lookup(token, ids);
      return asked.length > lookups ? answer : change(answer);
    },
  };
}

const withIds = z.array(z.looseObject({ id: z.string() })).optional();
const answerSchema = z.looseObject({
  data: withIds,
  includes: z.looseObject({ tweets: withIds }).optional(),
  errors: z.array(z.looseObject({ value: z.string() })).optional(),
  meta: z.looseObject({}).optional(),
});
