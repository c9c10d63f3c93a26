import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { parseAccount, type TimelineQuery, type Twitter } from "../twitter/client.ts";
import type { Answer } from "../twitter/answer.ts";
import { type Page, parseTimeline } from "../twitter/page.ts";
import type { Reader, Source, TimelineFeed, TimelineKey } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { readCoverage } from "./coverage.ts";
import { addSeconds, clip, floorToSecond, type Interval, subtract } from "../time/intervals.ts";
import { askOnce, askProbe, readPages, storedScan } from "./pages.ts";
import { askTimeline, authorOf, readingOf } from "./timeline.ts";
import { FIRST_TIME } from "./times.ts";
import {
  type PageQuery,
  type CompletenessEvidence,
  type ReachAnswers,
  readBy,
  type Scan,
} from "./scan.ts";

/** The least that X returns at a time, for questions that need no more. */
const PROBE_SIZE = 5;
const PROBE_OVERLAP_SECONDS = 15;
const ACCOUNT_TTL_MS = 15 * 60_000;

export type Part = { part: Interval; captureId: string; scan: Scan };

/**
 * Asks X, from cheap to dear, until what it says proves that a walk has read all of an interval; or
 * until there is nothing left to ask. The answers are stored: they are the proof.
 */
export async function gatherEvidence(
  deps: CaptureDeps,
  source: Source,
  of: Part,
): Promise<CompletenessEvidence> {
  const reach: CompletenessEvidence = { surelyWithin: source.feed.surelyWithin };
  for (const ask of [askAccount, askNewer, askOlder, countNewer]) {
    if (subtract(of.part, readOf(of, reach)).length === 0) {
      return reach;
    }
    Object.assign(reach, await ask(deps, source, of));
  }
  return reach;
}

/** What of the interval is proved to have been read. */
export function readOf(
  { scan, part }: Omit<Part, "captureId">,
  reach: CompletenessEvidence,
): Interval[] {
  return clip(readBy(scan, reach), part);
}

/** What a capture's stored answers say, without a question to X. */
export async function storedEvidence(
  store: Store,
  of: TimelineKey,
  captureId: string,
): Promise<CompletenessEvidence> {
  const read = async (probe: Probe) =>
    (await store.read(names.captureProof(of, captureId, probe)))?.body;
  const [account, newer, older, shown] = await Promise.all(
    (["account", "newer", "older", "shown"] as const).map(read),
  );
  const counted = await storedScan(store, names.captureProofPages(of, captureId, "newer"));
  return {
    surelyWithin: of.feed.surelyWithin,
    ...(account && toAccount(of.feed, account)),
    ...(newer && toNewerPosts(parseTimeline(newer))),
    ...(counted && counted.nextToken === undefined && { newerPosts: counted.posts }),
    ...(older && toOlderTimes(parseTimeline(older))),
    ...(shown && { isShown: parseTimeline(shown).posts.length > 0 }),
  };
}

/** What X says of an account; asked at most once in 15 minutes (X allows 75 such calls). */
export function createAskAccount(
  twitter: Pick<Twitter, "account">,
  now: () => Date,
): (reader: Reader) => Promise<Answer> {
  const known = new Map<string, { answer: Answer; until: number }>();
  return async ({ accountId, token }) => {
    const entry = known.get(accountId);
    if (entry && entry.until > now().getTime()) {
      return entry.answer;
    }
    const answer = await twitter.account(token);
    known.set(accountId, { answer, until: now().getTime() + ACCOUNT_TTL_MS });
    return answer;
  };
}

type Probe = "account" | "newer" | "older" | "shown";

async function askAccount(
  { store, askAccount: ask }: CaptureDeps,
  source: Source,
  { captureId }: Part,
): Promise<ReachAnswers> {
  const name = names.captureProof(source, captureId, "account" satisfies Probe);
  const { body } = await askOnce(store, name, () => ask(source), parseAccount);
  return toAccount(source.feed, body);
}

async function askNewer(deps: CaptureDeps, source: Source, of: Part): Promise<ReachAnswers> {
  const query = newerThan(of);
  return toNewerPosts(await probeTimeline(deps, source, { ...of, probe: "newer", query }));
}

/**
 * Reads the newer posts to count them: X may count posts of an account that it never gives. It is
 * dear, and done once: beyond where it ended, everything is known to be out of reach.
 */
async function countNewer(deps: CaptureDeps, source: Source, of: Part): Promise<ReachAnswers> {
  const { store } = deps;
  const { outOfReachBefore = "" } = await readCoverage(store, source);
  if (of.part.end <= outOfReachBefore) {
    return {};
  }
  const pages = readPages(store, {
    ...readingOf(deps, source),
    folder: names.captureProofPages(source, of.captureId, "newer" satisfies Probe),
    query: newerThan(of),
  });
  let newerPosts = 0;
  for await (const { scan } of pages) {
    newerPosts = scan.posts;
    if (newerPosts + of.scan.posts > source.feed.surelyWithin) {
      return scan.oldest ? { countedBackTo: scan.oldest.createdAt } : {};
    }
  }
  return { newerPosts };
}

function newerThan({ part, scan: { newest } }: Part): PageQuery {
  return newest
    ? { sinceId: newest.id }
    : { startTime: addSeconds(part.end, -PROBE_OVERLAP_SECONDS) };
}

/** When a few posts were made that are older than an interval. */
export async function askOlder(deps: CaptureDeps, source: Source, of: Part): Promise<ReachAnswers> {
  if (of.part.start < FIRST_TIME) {
    return {};
  }
  const query = { endTime: of.part.start };
  return toOlderTimes(await probeTimeline(deps, source, { ...of, probe: "older", query }));
}

/** A few posts that X gives for a question. An answer with no more to come is not believed at once. */
async function probeTimeline(
  deps: CaptureDeps,
  source: Source,
  {
    captureId,
    probe,
    query,
  }: { captureId: string; probe: Probe; query: Omit<TimelineQuery, "maxResults"> },
): Promise<Page> {
  const { store } = deps;
  const name = names.captureProof(source, captureId, probe);
  const ask = () => askTimeline(deps, source, { ...query, maxResults: PROBE_SIZE });
  const request = { query, ...authorOf(source) };
  return parseTimeline(
    (await askProbe(store, name, { ...readingOf(deps, source), ask, request })).body,
  );
}

function toAccount({ countOf }: TimelineFeed, body: Uint8Array): ReachAnswers {
  const account = parseAccount(body);
  const [posts, createdAt] = [countOf?.(account), account.createdAt];
  return {
    ...(posts !== undefined && { accountPosts: posts }),
    ...(createdAt !== undefined && { accountSince: floorToSecond(new Date(createdAt)) }),
  };
}

function toNewerPosts({ posts, nextToken }: Page): ReachAnswers {
  return nextToken === undefined ? { newerPosts: posts.length } : {};
}

function toOlderTimes({ posts }: Page): ReachAnswers {
  return { olderTimes: posts.map(({ createdAt }) => createdAt) };
}
