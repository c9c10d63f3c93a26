import type { Position } from "./page-tokens.ts";
import type { Post } from "./timeline.ts";
import type { TimelineQuery } from "./timeline-query.ts";

export type Selected = { posts: Post[]; next?: Position; previous?: Position };

/** How many of the newest posts X gives of each kind of timeline (docs/x-api.md#timelines). */
export const DEPTH = { tweets: 3200, mentions: 800 };
const DEPTH_WITHOUT_REPLIES = 800;

/**
 * Every fourth page, from the second of a walk on, is empty and yet not the last
 * (docs/x-api.md#timelines).
 */
const EMPTY_PAGE = { every: 4, first: 1 };

/**
 * The page of a timeline (newest first) that a query asks for: ids are exclusive and beat times, both
 * times are inclusive for their whole second, and only the newest `depth` count (docs/x-api.md#timelines).
 */
export function selectPage(
  timeline: readonly Post[],
  query: TimelineQuery,
  position: Position | undefined,
  depth: number = DEPTH.tweets,
): Selected {
  const reach = query.exclude.has("replies") ? DEPTH_WITHOUT_REPLIES : depth;
  const matching = timeline.slice(0, reach).filter((post) => matches(post, query));
  const page = position?.page ?? 0;
  const beyond = position === undefined ? matching : matching.filter(isBeyond(position));
  const isEmpty = position?.direction === "older" && page % EMPTY_PAGE.every === EMPTY_PAGE.first;
  const posts = isEmpty ? [] : takePage(beyond, query.maxResults, position);
  return { posts, ...neighbours(matching, posts, position) };
}

function takePage(beyond: readonly Post[], size: number, position: Position | undefined): Post[] {
  return position?.direction === "newer" ? beyond.slice(-size) : beyond.slice(0, size);
}

function neighbours(
  matching: readonly Post[],
  posts: readonly Post[],
  position: Position | undefined,
): Pick<Selected, "next" | "previous"> {
  const page = position?.page ?? 0;
  const last = posts.at(-1)?.id ?? position?.than;
  // Before an empty page lies the post that it was to be older than.
  const first =
    posts[0]?.id ?? (position === undefined ? undefined : String(BigInt(position.than) - 1n));
  const next: Position | undefined =
    last === undefined ? undefined : { page: page + 1, direction: "older", than: last };
  const previous: Position | undefined =
    page === 0 || first === undefined
      ? undefined
      : { page: page - 1, direction: "newer", than: first };
  return {
    ...(next !== undefined && matching.some(isBeyond(next)) && { next }),
    ...(previous !== undefined && matching.some(isBeyond(previous)) && { previous }),
  };
}

function isBeyond({ direction, than }: Position): (post: Post) => boolean {
  const bound = BigInt(than);
  return direction === "older"
    ? (post) => BigInt(post.id) < bound
    : (post) => BigInt(post.id) > bound;
}

function matches(post: Post, query: TimelineQuery): boolean {
  const id = BigInt(post.id);
  const second = Math.floor(Date.parse(post.created_at) / 1000);
  const start = query.sinceId === undefined ? query.startTime : undefined;
  const end = query.untilId === undefined ? query.endTime : undefined;
  return (
    (query.sinceId === undefined || id > query.sinceId) &&
    (query.untilId === undefined || id < query.untilId) &&
    (start === undefined || second >= Math.floor(start / 1000)) &&
    (end === undefined || second <= Math.floor(end / 1000)) &&
    !isExcluded(post, query.exclude)
  );
}

function isExcluded(post: Post, exclude: ReadonlySet<string>): boolean {
  const types = new Set(post.referenced_tweets?.map((reference) => reference.type));
  return (
    (exclude.has("retweets") && types.has("retweeted")) ||
    (exclude.has("replies") && types.has("replied_to"))
  );
}
