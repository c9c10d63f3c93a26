import type { Page, Post } from "../twitter/page.ts";
import {
  addSeconds,
  clip,
  compare,
  floorToSecond,
  type Interval,
  join,
  subtract,
} from "../time/intervals.ts";
import { timeOfId } from "./post-id.ts";

/** X reads both ids as exclusive; they beat the times (docs/x-api.md#timelines). */
export type PageQuery = {
  startTime?: string;
  endTime?: string;
  sinceId?: string;
  untilId?: string;
};

/** What was asked of X for a page: as it stands with the page's body in the archive. */
export type PageRequest = {
  query: PageQuery;
  token?: string;
  askedAt: string;
  /** Of X's search and not of its timeline. */
  isSearch?: boolean;
  /** Whose timeline was asked for. */
  accountId?: string;
};

/** An interval of which not all was read, and why it is a gap. */
export type SuspectInterval = Interval & { reason: string; tried: string };

type PostTime = Pick<Post, "id" | "createdAt">;

/** How far a reading of pages has come that began with a first page, each page leading to the next. */
export type Scan = {
  query: PageQuery;
  /** What its last page was asked for with: a token is worth nothing with another question. */
  asked: PageQuery;
  isSearch: boolean;
  /** When its first page was asked for: what is newer than that it cannot know. */
  askedAt: string;
  posts: number;
  /** By time, and not by trust in X's order. */
  newest?: PostTime;
  oldest?: PostTime;
  /** The post of the smallest id, from which X can be asked for older ones. */
  lowest?: PostTime;
  /** Leads to the page that is still to be read; absent once the last one is in. */
  nextToken?: string;
  /** Whether a page is missing between two that are here, or before the first. */
  isBroken: boolean;
  /** Where X said that it has more posts than it sent, between posts that are here. */
  suspectIntervals: SuspectInterval[];
  /** When posts were made that X sent and that cannot be read. */
  unparseable: SuspectInterval[];
  /** The end of a doubt whose beginning the next post will tell. */
  suspectUntil?: string;
  /** Why its last page cannot be the last one, in words; a page that brings older posts takes it back. */
  deadEnd?: string;
  /** Every token so far: one that comes again leads in a circle. */
  tokens: ReadonlySet<string>;
  /** What was odd about the last page, in words for the log. */
  oddities: string[];
  /** Whether the last page brought nothing new. */
  isIdle: boolean;
};

/** X settles: its posts become visible a little late, and it refuses an `end_time` of the last seconds. */
export const SETTLING_SECONDS = 60;
/** Before and after all posts. */
export const BEGINNING = "0001-01-01T00:00:00Z";
const END = "9999-12-31T23:59:59Z";
/** How many of its newest posts X gives of a timeline (docs/x-api.md#timelines). */
export const DEPTH = 3200;
/** Deleted posts may count towards the depth without being returned. */
export const SURELY_WITHIN = DEPTH - 200;

/** The latest end that a window may have at a time. */
export function settledBy(now: Date): string {
  return addSeconds(floorToSecond(now), -SETTLING_SECONDS);
}

/**
 * The walk with one page more. A page that was asked for without a token begins a walk; but one that
 * was asked for by the id of the walk's lowest post goes on with it.
 */
export function extendScan(scan: Scan | undefined, request: PageRequest, page: Page): Scan {
  const before = isFurther(scan, request) ? scan : undefined;
  const { nextToken, posts } = page;
  const query = before?.query ?? request.query;
  const unparseable = unparseableOf(page, query);
  const isEmpty = posts.length + unparseable.length === 0;
  const isRepeated = isRepeatedIn(before, page);
  const deadEnd = deadEndOf(before, { request, page });
  return {
    query,
    asked: request.query,
    isSearch: request.isSearch ?? false,
    askedAt: before?.askedAt ?? request.askedAt,
    isBroken: before?.isBroken || !followsOn(before, request),
    posts: (before?.posts ?? 0) + posts.length,
    ...extremes(posts, before),
    // X that does not heed an id leads back to where it was.
    ...(nextToken !== undefined && !(isRepeated && request.token === undefined) && { nextToken }),
    ...suspectIntervalsWith(before, { request, page }),
    ...(deadEnd !== undefined && { deadEnd }),
    unparseable: [...(before?.unparseable ?? []), ...unparseable],
    tokens: new Set([...(before?.tokens ?? []), ...(nextToken === undefined ? [] : [nextToken])]),
    isIdle: isEmpty || isRepeated,
    oddities: [
      ...(!isRepeated && goUp(posts, before?.oldest) ? ["X sent ids in ascending order"] : []),
      ...(leadsInACircle(before, nextToken) ? ["X gave a next_token again"] : []),
    ],
  };
}

/**
 * What X is to be asked next; undefined once it has nothing more to say. Where its pages end, it is
 * asked for what is older than the lowest post: the end of a chain is not believed on one answer.
 */
export function nextQuestion(scan: Scan): (PageQuery & { token?: string }) | undefined {
  const { query, asked, lowest, nextToken, deadEnd } = scan;
  if (nextToken !== undefined && deadEnd === undefined) {
    return { ...asked, token: nextToken };
  }
  return lowest === undefined || asked.untilId === lowest.id
    ? undefined
    : { ...query, untilId: lowest.id };
}

/** Whether X gave nothing at all. */
export function gaveNothing({ posts, unparseable }: Scan): boolean {
  return posts + unparseable.length === 0;
}

type Asked = Omit<PageRequest, "askedAt">;

/** Why an answer is not believed the first time, in words; what stays so is doubted. */
export function contradictionIn(
  scan: Scan | undefined,
  request: Asked,
  page: Page,
): string | undefined {
  const { posts, resultCount = posts.length } = page;
  const before = isFurther(scan, request) ? scan : undefined;
  return (
    strangeIn(request, page) ??
    shortOf(page, before?.query ?? request.query) ??
    (posts.length > resultCount
      ? `X announced ${resultCount} posts and sent ${posts.length}`
      : undefined) ??
    (request.token === undefined ? undefined : deadEndOf(before, { request, page }))
  );
}

/** Why a page cannot be an answer to what was asked, in words: it is one to another question. */
export function strangeIn({ accountId, query }: Asked, { posts }: Page): string | undefined {
  if (accountId !== undefined && posts.some(({ authorId }) => authorId !== accountId)) {
    return "X sent posts of another account";
  }
  const { endTime, untilId } = query;
  const begun = beginningOf(query);
  // An id may be later than the time of its post: that one was edited.
  const until = untilId === undefined ? undefined : timeOfId(untilId);
  const end =
    [endTime, until]
      .flatMap((time) => time ?? [])
      .toSorted(compare)
      .at(-1) ?? END;
  const isAskedFor = ({ id, createdAt }: PostTime) =>
    [createdAt, timeOfId(id) ?? createdAt].some((time) => begun <= time && time <= end);
  return posts.length > 0 && !posts.some(isAskedFor) ? "X sent posts of another time" : undefined;
}

/** Whether a page leads to one that was read before. */
export function leadsInACircle(before: Scan | undefined, nextToken: string | undefined): boolean {
  return nextToken !== undefined && before !== undefined && before.tokens.has(nextToken);
}

/** Whether a page goes on with a walk, and does not begin anew. */
function isFurther(scan: Scan | undefined, { token, query }: Asked): boolean {
  return (
    scan !== undefined &&
    (token !== undefined || (query.untilId !== undefined && query.untilId !== scan.query.untilId))
  );
}

/** Whether no page is missing before a page. */
function followsOn(before: Scan | undefined, { token, query }: Asked): boolean {
  return before === undefined || token !== undefined
    ? token === before?.nextToken
    : query.untilId === before.lowest?.id;
}

function isRepeatedIn(before: Scan | undefined, { posts, unparseable = [] }: Page): boolean {
  return (
    before !== undefined &&
    posts.length > 0 &&
    unparseable.length === 0 &&
    posts.every((post) => liesWithin(before, post))
  );
}

/** A page that brings nothing and cannot be the last one, as X has said that there is more. */
function deadEndOf(
  before: Scan | undefined,
  { request: { token }, page }: { request: Asked; page: Page },
): string | undefined {
  const isRepeated = isRepeatedIn(before, page);
  const isEmpty = page.posts.length + (page.unparseable ?? []).length === 0;
  if (!isEmpty && !isRepeated) {
    return undefined;
  }
  if (token === undefined) {
    return before?.deadEnd;
  }
  if (isRepeated) {
    return "X sent a page again";
  }
  return page.nextToken === undefined
    ? "X gave a next_token that leads to no post and to no further page"
    : before?.deadEnd;
}

/** How a page is shorter than it says, in words. */
function shortOf(page: Page, query: PageQuery): string | undefined {
  // What X refuses on the page is told of by itself.
  const { posts, refused = [], resultCount = posts.length, oldestId, newestId } = page;
  const unparseable = unparseableOf(page, query);
  if (posts.length + unparseable.length + refused.length < resultCount) {
    return `X announced ${resultCount} posts and sent ${posts.length}`;
  }
  const ids = new Set([...[...posts, ...(page.unparseable ?? [])].map(({ id }) => id), ...refused]);
  const absent = [newestId, oldestId].find((id) => id !== undefined && !ids.has(id));
  return absent === undefined || unparseable.length > 0
    ? undefined
    : `X named post ${absent} as one of a page that it does not stand on`;
}

/** Why an interval is a gap in which X kept something back. */
const HELD_BACK = {
  reason: "X said that it has more posts than it sent",
  tried: "the page was asked for 4 times",
};
const TRIED_AT_A_DEAD_END =
  "the page was asked for 4 times, and what is older than the oldest post by its id (until_id)";

/** Intervals of which X has said that there is more than it sent. */
export function suspectIntervalsOf({
  query,
  suspectIntervals,
  suspectUntil,
  deadEnd,
  lowest,
}: Scan): SuspectInterval[] {
  const start = startOf(query);
  const end = lowest === undefined ? endOf(query) : addSeconds(lowest.createdAt, 1);
  if (suspectUntil !== undefined) {
    return [...suspectIntervals, { start, end: suspectUntil, ...HELD_BACK }];
  }
  return deadEnd === undefined
    ? suspectIntervals
    : [...suspectIntervals, { start, end, reason: deadEnd, tried: TRIED_AT_A_DEAD_END }];
}

/** What X said of how far back it reaches for an account. */
export type ReachAnswers = {
  /** How many posts the account has, and since when it is there. */
  accountPosts?: number;
  accountSince?: string;
  /** How many posts are newer than the walk's; absent where not all of them were given. */
  newerPosts?: number;
  /** When posts were made that X gave when it was asked for older ones. */
  olderTimes?: string[];
  /** How far back the newer posts were counted, until they were too many. */
  countedBackTo?: string;
  /** Whether X's search shows a post of the account that is known. */
  isShown?: boolean;
};

/** What decides how much a scan proves: how many of a feed's newest records X surely gives, and its answers. */
export type CompletenessEvidence = ReachAnswers & { surelyWithin: number };

/**
 * The intervals that a walk has read completely. Beyond its depth X answers with an empty page as if
 * there were nothing, so that each needs a proof: the account has fewer posts than the depth; or the
 * walk's and all newer ones are fewer; or X gave a post that is older, so that all newer ones are
 * within its reach; or the account was not there yet. X's search has no depth; but it shows nothing of
 * an account that it does not show.
 */
export function readBy(scan: Scan, reach: CompletenessEvidence): Interval[] {
  if (scan.isBroken || (scan.nextToken !== undefined && scan.deadEnd === undefined)) {
    return [];
  }
  const end = endOf(scan.query);
  const whole = {
    start: startOf(scan.query),
    end: end === END ? settledBy(new Date(scan.askedAt)) : end,
  };
  if (scan.isSearch ? reach.isShown : isWithinDepth(scan, reach)) {
    return [whole];
  }
  const times = [...(reach.olderTimes ?? []), ...(scan.oldest ? [scan.oldest.createdAt] : [])];
  const [oldest] = scan.isSearch ? [] : times.toSorted(compare);
  const read = [
    { start: whole.start, end: reach.accountSince ?? whole.start },
    // More posts of the oldest one's second may lie beyond the depth.
    { start: oldest === undefined ? whole.end : addSeconds(oldest, 1), end: whole.end },
    ...(oldest !== undefined && oldest < whole.start ? [whole] : []),
  ];
  return join(clip(read, whole));
}

/** The intervals that a walk proves, all in all: what it has read completely, but for its holes. */
export function provenBy(scan: Scan, reach: CompletenessEvidence): Interval[] {
  const holes = [...suspectIntervalsOf(scan), ...scan.unparseable];
  return readBy(scan, reach).flatMap((interval) => subtract(interval, holes));
}

function isWithinDepth({ posts, query }: Scan, reach: CompletenessEvidence): boolean {
  // A walk without an end begins with the newest post that there is.
  const { surelyWithin } = reach;
  const { accountPosts = Infinity, newerPosts = endOf(query) === END ? 0 : Infinity } = reach;
  return accountPosts <= surelyWithin || posts + newerPosts <= surelyWithin;
}

/** `since_id` beats `start_time` (docs/x-api.md#timelines); its second may hold older posts. */
function startOf({ startTime = BEGINNING, sinceId }: PageQuery): string {
  const since = sinceId === undefined ? undefined : timeOfId(sinceId);
  return since === undefined || since <= startTime ? startTime : addSeconds(since, 1);
}

/** The earliest time that a post may have which X gives for a question. */
function beginningOf({ startTime = BEGINNING, sinceId }: PageQuery): string {
  return sinceId === undefined ? startTime : (timeOfId(sinceId) ?? BEGINNING);
}

/** Ids beat times; one that says no time proves nothing of any. */
function endOf({ endTime = END, untilId }: PageQuery): string {
  const until = untilId === undefined ? END : (timeOfId(untilId) ?? BEGINNING);
  return until < endTime ? until : endTime;
}

function extremes(
  posts: PostTime[],
  before: Scan | undefined,
): Pick<Scan, "newest" | "oldest" | "lowest"> {
  let { newest, oldest, lowest }: Pick<Scan, "newest" | "oldest" | "lowest"> = before ?? {};
  for (const { id, createdAt } of posts) {
    newest = newest && isNewer(newest, { id, createdAt }) ? newest : { id, createdAt };
    oldest = oldest && isNewer({ id, createdAt }, oldest) ? oldest : { id, createdAt };
    lowest = lowest && BigInt(lowest.id) < BigInt(id) ? lowest : { id, createdAt };
  }
  return { ...(newest && { newest }), ...(oldest && { oldest }), ...(lowest && { lowest }) };
}

/** What X held back lies between the posts before and after the page that was short. */
function suspectIntervalsWith(
  before: Scan | undefined,
  { request, page }: { request: Asked; page: Page },
): Pick<Scan, "suspectIntervals" | "suspectUntil"> {
  const { suspectIntervals = [], suspectUntil }: Partial<Scan> = before ?? {};
  const isRepeated = isRepeatedIn(before, page);
  const { newest } = isRepeated ? {} : extremes(page.posts, undefined);
  const query = before?.query ?? request.query;
  const isShort = !isRepeated && shortOf(page, query) !== undefined;
  const begun =
    before?.oldest === undefined ? endOf(query) : addSeconds(before.oldest.createdAt, 1);
  const until = suspectUntil ?? (isShort ? begun : undefined);
  if (until === undefined) {
    return { suspectIntervals };
  }
  return isShort || !newest
    ? { suspectIntervals, suspectUntil: until }
    : {
        suspectIntervals: [
          ...suspectIntervals,
          { start: newest.createdAt, end: until, ...HELD_BACK },
        ],
      };
}

/**
 * Posts that cannot be read, each at its time, or at that of its id. One that does not say so, or
 * says a time that was not asked for, is as if X had not sent it.
 */
function unparseableOf({ unparseable = [] }: Page, query: PageQuery): SuspectInterval[] {
  const [from, endTime] = [beginningOf(query), endOf(query)];
  return unparseable.flatMap(({ id, createdAt }) => {
    const start = createdAt ?? (id === undefined ? undefined : timeOfId(id));
    const reason = `X sent ${id === undefined ? "a post" : `post ${id}`} in a form that cannot be read`;
    return start === undefined || start < from || start > endTime
      ? []
      : [
          {
            start,
            end: addSeconds(start, 1),
            reason,
            tried: "nothing more: it is kept as it came",
          },
        ];
  });
}

function goUp(posts: PostTime[], before: PostTime | undefined): boolean {
  const ids = [...(before ? [before.id] : []), ...posts.map(({ id }) => id)].map(BigInt);
  return ids.some((id, index) => index > 0 && id > (ids[index - 1] ?? id));
}

function liesWithin({ newest, oldest }: Scan, { id }: PostTime): boolean {
  return (
    newest !== undefined &&
    oldest !== undefined &&
    BigInt(id) <= BigInt(newest.id) &&
    BigInt(id) >= BigInt(oldest.id)
  );
}

function isNewer(post: PostTime, other: PostTime): boolean {
  return post.createdAt === other.createdAt
    ? BigInt(post.id) > BigInt(other.id)
    : post.createdAt > other.createdAt;
}
