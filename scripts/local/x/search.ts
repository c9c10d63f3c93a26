import { answerPosts, type Answer } from "./answer-posts.ts";
import type { PageTokens } from "./page-tokens.ts";
import { invalidRequest, Refusal } from "./problems.ts";
import type { Post } from "./timeline.ts";
import {
  type Clock,
  invalidPaginationToken,
  readCount,
  readId,
  readTime,
  refuse,
} from "./timeline-query.ts";
import { findUserByName, postsOf, type View } from "./view.ts";
import { readSelection } from "./vocabulary.ts";

export type SearchRequest = {
  view: View;
  query: URLSearchParams;
  clock: Clock;
  pageTokens: PageTokens;
};

type Wanted = {
  userId: string | undefined;
  maxResults: number;
  token: string | undefined;
  sinceId: bigint | undefined;
  untilId: bigint | undefined;
  start: number;
  end: number;
};

const COUNT = { least: 10, most: 500, default: 10 };
const LONGEST_QUERY = 1024;
/** The first post of all is of this day (docs/x-api.md#search). */
const EARLIEST = Date.parse("2006-03-21T00:00:00Z");
const DEFAULT_DAYS_MS = 30 * 86_400_000;
const SETTLING_MS = 30_000;

/** One page of `GET /2/tweets/search/all`: posts of one account, but for reposts (docs/x-api.md#search). */
export function readSearchPage(request: SearchRequest): {
  posts: Post[];
  answer: Answer & { meta: object };
} {
  const { view, query, pageTokens } = request;
  const wanted = readWanted(request);
  const binding = bindingOf(query);
  const position = wanted.token === undefined ? undefined : pageTokens.read(wanted.token, binding);
  if (wanted.token !== undefined && position === undefined) {
    throw invalidPaginationToken(query);
  }
  const matching = findMatching(view, wanted).filter(
    ({ id }) => position === undefined || BigInt(id) < BigInt(position.than),
  );
  const posts = matching.slice(0, wanted.maxResults);
  const than = posts.at(-1)?.id;
  const next =
    than !== undefined && matching.length > posts.length
      ? pageTokens.issue({ page: (position?.page ?? 0) + 1, direction: "older", than }, binding)
      : undefined;
  const meta = {
    result_count: posts.length,
    ...(posts.length > 0 && { newest_id: posts[0]?.id, oldest_id: than }),
    ...(next !== undefined && { next_token: next }),
  };
  const answer = answerPosts(view, readSelection(query), { posts, errors: [] });
  return { posts, answer: { ...answer, meta } };
}

/** What the app alone may see: nothing of a protected account, and no reposts. */
function findMatching(view: View, { userId, sinceId, untilId, start, end }: Wanted): Post[] {
  if (userId === undefined || view.timeline.users.get(userId)?.protected === true) {
    return [];
  }
  return postsOf(view, userId).filter((post) => {
    const id = BigInt(post.id);
    const time = Math.floor(Date.parse(post.created_at) / 1000) * 1000;
    return (
      !post.referenced_tweets?.some(({ type }) => type === "retweeted") &&
      (sinceId === undefined ? time >= start : id > sinceId) &&
      (untilId === undefined ? time < end : id < untilId)
    );
  });
}

function readWanted({ view, query, clock }: SearchRequest): Wanted {
  forbidTogether(query, "start_time", "since_id");
  forbidTogether(query, "end_time", "until_id");
  forbidTogether(query, "next_token", "pagination_token");
  const end = readTime(query, "end_time", clock, EARLIEST) ?? clock.now - SETTLING_MS;
  const start = readTime(query, "start_time", clock, EARLIEST) ?? end - DEFAULT_DAYS_MS;
  if (start >= end) {
    refuse(query, "end_time", "'end_time' must be after 'start_time'");
  }
  return {
    userId: readAuthor(view, query),
    maxResults: readCount(query, COUNT),
    token: query.get("next_token") ?? query.get("pagination_token") ?? undefined,
    sinceId: readId(query, "since_id"),
    untilId: readId(query, "until_id"),
    start,
    end,
  };
}

/** The only operator that is played here, by id or by handle. */
function readAuthor(view: View, query: URLSearchParams): string | undefined {
  const text = query.get("query") ?? "";
  const author = /^from:(\w+)$/.exec(text)?.[1];
  if (author === undefined || text.length > LONGEST_QUERY) {
    const message = "is not from:ID or from:HANDLE, which is all that is played here";
    refuse(query, "query", message);
  }
  return view.timeline.users.has(author) ? author : findUserByName(view.timeline, author)?.id;
}

function forbidTogether(query: URLSearchParams, one: string, other: string): void {
  if (query.has(one) && query.has(other)) {
    const message = `Invalid use of '${one}' in conjunction with '${other}'`;
    throw new Refusal(invalidRequest(one, query.get(one) ?? "", message));
  }
}

function bindingOf(query: URLSearchParams): string {
  const others = new URLSearchParams(query);
  others.delete("pagination_token");
  others.delete("next_token");
  others.sort();
  return `search ${others.toString()}`;
}
