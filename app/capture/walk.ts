import type { Page, Post } from "../twitter/page.ts";
import {
  addSeconds,
  clip,
  compare,
  floorToSecond,
  type Interval,
  join,
  subtract,
} from "./interval.ts";

export type PageQuery = { startTime?: string; endTime?: string; sinceId?: string };

/** What was asked of X for a page: as it stands with the page's body in the archive. */
export type PageRequest = {
  query: PageQuery;
  token?: string;
  askedAt: string;
  /** Of X's search and not of its timeline. */
  isSearch?: boolean;
};

/** The second of a post that cannot be read, and why it is a gap. */
export type Unread = Interval & { reason: string; tried: string };

type PostTime = Pick<Post, "id" | "createdAt">;

/** How far a reading of pages has come that began with a first page, each page leading to the next. */
export type Walk = {
  query: PageQuery;
  isSearch: boolean;
  /** When its first page was asked for: what is newer than that it cannot know. */
  askedAt: string;
  posts: number;
  /** By time, and not by trust in X's order. */
  newest?: PostTime;
  oldest?: PostTime;
  /** Leads to the page that is still to be read; absent once the last one is in. */
  nextToken?: string;
  /** Whether a page is missing between two that are here, or before the first. */
  isBroken: boolean;
  /** Where X said that it has more posts than it sent. */
  doubts: Interval[];
  /** When posts were made that X sent and that cannot be read. */
  unread: Unread[];
  /** The end of a doubt whose beginning the next post will tell. */
  doubtUntil?: string;
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
const BEGINNING = "0001-01-01T00:00:00Z";
const END = "9999-12-31T23:59:59Z";
/** An id holds the time of its post (x-api.md section 9). */
const ID_EPOCH_MS = 1288834974657n;
/** How many of its newest posts X gives of a timeline (x-api.md section 1). */
export const DEPTH = 3200;
/** Deleted posts may count towards the depth without being returned. */
export const SURELY_WITHIN = DEPTH - 200;

/** The latest end that a window may have at a time. */
export function settledBy(now: Date): string {
  return addSeconds(floorToSecond(now), -SETTLING_SECONDS);
}

/** The walk with one page more. A page that was asked for without a token begins a walk. */
export function addPage(walk: Walk | undefined, request: PageRequest, page: Page): Walk {
  const { nextToken, posts, resultCount = posts.length } = page;
  const before = request.token === undefined ? undefined : walk;
  const query = before?.query ?? request.query;
  const unread = unreadOf(page, query);
  const isShort = posts.length + unread.length < resultCount;
  const isOld =
    before !== undefined && unread.length === 0 && posts.every((post) => liesWithin(before, post));
  return {
    query,
    isSearch: request.isSearch ?? false,
    askedAt: before?.askedAt ?? request.askedAt,
    isBroken: before?.isBroken || request.token !== before?.nextToken,
    posts: (before?.posts ?? 0) + posts.length,
    ...extremes(posts, before),
    ...(nextToken !== undefined && { nextToken }),
    ...doubtsOf(before, { request, page, isShort }),
    unread: [...(before?.unread ?? []), ...unread],
    tokens: new Set([...(before?.tokens ?? []), ...(nextToken === undefined ? [] : [nextToken])]),
    isIdle: unread.length === 0 && (posts.length === 0 || isOld),
    oddities: [
      ...(isShort ? [`X announced ${resultCount} posts and sent ${posts.length}`] : []),
      ...(posts.length > 0 && isOld ? ["X sent a page again"] : []),
      ...(!isOld && goUp(posts, before?.oldest) ? ["X sent ids in ascending order"] : []),
      ...(leadsInACircle(before, nextToken) ? ["X gave a next_token again"] : []),
    ],
  };
}

/** Whether a page leads to one that was read before. */
export function leadsInACircle(before: Walk | undefined, nextToken: string | undefined): boolean {
  return nextToken !== undefined && before !== undefined && before.tokens.has(nextToken);
}

/** Why what a walk doubts is a gap. */
export const HELD_BACK = {
  reason: "X said that it has more posts than it sent",
  tried: "the page was asked for three times",
};

/** What X said of how far back it reaches for an account. */
export type Reach = {
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

/**
 * The intervals that a walk has read completely. Beyond its depth X answers with an empty page as if
 * there were nothing, so that each needs a proof: the account has fewer posts than the depth; or the
 * walk's and all newer ones are fewer; or X gave a post that is older, so that all newer ones are
 * within its reach; or the account was not there yet. X's search has no depth; but it shows nothing of
 * an account that it does not show.
 */
export function readBy(walk: Walk, reach: Reach): Interval[] {
  if (walk.isBroken || walk.nextToken !== undefined) {
    return [];
  }
  const whole = {
    start: startOf(walk.query),
    end: walk.query.endTime ?? settledBy(new Date(walk.askedAt)),
  };
  if (walk.isSearch ? reach.isShown : isWithinDepth(walk, reach)) {
    return [whole];
  }
  const times = [...(reach.olderTimes ?? []), ...(walk.oldest ? [walk.oldest.createdAt] : [])];
  const [oldest] = walk.isSearch ? [] : times.toSorted(compare);
  const read = [
    { start: whole.start, end: reach.accountSince ?? whole.start },
    // More posts of the oldest one's second may lie beyond the depth.
    { start: oldest === undefined ? whole.end : addSeconds(oldest, 1), end: whole.end },
    ...(oldest !== undefined && oldest < whole.start ? [whole] : []),
  ];
  return join(clip(read, whole));
}

/** The intervals that a walk proves, all in all: what it has read completely, but for its holes. */
export function provenBy(walk: Walk, reach: Reach): Interval[] {
  const holes = [...walk.doubts, ...walk.unread];
  return readBy(walk, reach).flatMap((interval) => subtract(interval, holes));
}

function isWithinDepth({ posts, query }: Walk, reach: Reach): boolean {
  // A walk without an end begins with the newest post that there is.
  const { accountPosts = Infinity, newerPosts = query.endTime === undefined ? 0 : Infinity } =
    reach;
  return accountPosts <= SURELY_WITHIN || posts + newerPosts <= SURELY_WITHIN;
}

/** `since_id` beats `start_time` (x-api.md section 1); its second may hold older posts. */
function startOf({ startTime = BEGINNING, sinceId }: PageQuery): string {
  const since = sinceId === undefined ? BEGINNING : timeOfId(sinceId);
  return since <= startTime ? startTime : addSeconds(since, 1);
}

/** When an id was made, which for an edited post is when it was edited. */
export function timeOfId(id: string): string {
  return floorToSecond(new Date(Number((BigInt(id) >> 22n) + ID_EPOCH_MS)));
}

function extremes(posts: PostTime[], before: Walk | undefined): Pick<Walk, "newest" | "oldest"> {
  let { newest, oldest }: Pick<Walk, "newest" | "oldest"> = before ?? {};
  for (const { id, createdAt } of posts) {
    newest = newest && isNewer(newest, { id, createdAt }) ? newest : { id, createdAt };
    oldest = oldest && isNewer({ id, createdAt }, oldest) ? oldest : { id, createdAt };
  }
  return { ...(newest && { newest }), ...(oldest && { oldest }) };
}

/** What X held back lies between the posts before and after the page that was short. */
function doubtsOf(
  before: Walk | undefined,
  { request, page, isShort }: { request: PageRequest; page: Page; isShort: boolean },
): Pick<Walk, "doubts" | "doubtUntil"> {
  const { doubts = [], doubtUntil }: Partial<Walk> = before ?? {};
  const { newest } = extremes(page.posts, undefined);
  const begun =
    before?.oldest === undefined
      ? (request.query.endTime ?? END)
      : addSeconds(before.oldest.createdAt, 1);
  const until = doubtUntil ?? (isShort ? begun : undefined);
  const isLast = page.nextToken === undefined;
  if (until === undefined) {
    return { doubts };
  }
  if (isLast && isShort) {
    return { doubts: [...doubts, { start: startOf(request.query), end: until }] };
  }
  if (isShort || (!newest && !isLast)) {
    return { doubts, doubtUntil: until };
  }
  const start = newest?.createdAt ?? startOf(request.query);
  return { doubts: [...doubts, { start, end: until }] };
}

/**
 * Posts that cannot be read, each at its time, or at that of its id. One that does not say so, or
 * says a time that was not asked for, is as if X had not sent it.
 */
function unreadOf({ unread = [] }: Page, query: PageQuery): Unread[] {
  const { startTime = BEGINNING, endTime = END, sinceId } = query;
  const from = sinceId === undefined ? startTime : timeOfId(sinceId);
  return unread.flatMap(({ id, createdAt }) => {
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

function liesWithin({ newest, oldest }: Walk, { id }: PostTime): boolean {
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
