import { answerPosts, type Answer } from "./answer-posts.ts";
import type { PageTokens } from "./page-tokens.ts";
import { notAuthorized, notFound } from "./problems.ts";
import { DEPTH, selectPage } from "./select-page.ts";
import type { Post } from "./timeline.ts";
import { invalidPaginationToken, readTimelineQuery, type Clock } from "./timeline-query.ts";
import { mentionsOf, postsOf, type View } from "./view.ts";
import { readSelection } from "./vocabulary.ts";

export type TimelineRequest = {
  kind: keyof typeof POSTS_OF;
  view: View;
  userId: string;
  query: URLSearchParams;
  clock: Clock;
  pageTokens: PageTokens;
};

/** The posts of each kind of timeline. */
const POSTS_OF = { tweets: postsOf, mentions: mentionsOf };

export type TimelinePage = { posts: Post[]; answer: Answer & { meta?: object } };

/** One page of `GET /2/users/:id/tweets` or `GET /2/users/:id/mentions`. */
export function readTimelinePage(request: TimelineRequest): TimelinePage {
  const { kind, view, userId, query, clock, pageTokens } = request;
  const wanted = readTimelineQuery(query, clock);
  const missing = { type: "user", parameter: "id", value: userId };
  const owner = view.timeline.users.get(userId);
  if (owner === undefined) {
    return { posts: [], answer: { errors: [notFound(missing)] } };
  }
  if (owner.protected === true && userId !== view.viewerId) {
    return { posts: [], answer: { errors: [notAuthorized(missing)] } };
  }
  const binding = bindingOf(request);
  const token = wanted.paginationToken;
  const position = token === undefined ? undefined : pageTokens.read(token, binding);
  if (token !== undefined && position === undefined) {
    throw invalidPaginationToken(query);
  }
  const timeline = POSTS_OF[kind](view, userId);
  const { posts, next, previous } = selectPage(timeline, wanted, position, DEPTH[kind]);
  const meta = {
    result_count: posts.length,
    ...(posts.length > 0 && { newest_id: posts[0]?.id, oldest_id: posts.at(-1)?.id }),
    ...(next !== undefined && { next_token: pageTokens.issue(next, binding) }),
    ...(previous !== undefined && { previous_token: pageTokens.issue(previous, binding) }),
  };
  const answer = answerPosts(view, readSelection(query), { posts, errors: [] });
  return { posts, answer: { ...answer, meta } };
}

/** All that a page token is bound to: who asks, for whose timeline, with which parameters. */
function bindingOf({ kind, view, userId, query }: TimelineRequest): string {
  const others = new URLSearchParams(query);
  others.delete("pagination_token");
  others.sort();
  return `${view.viewerId} ${kind} ${userId}?${others.toString()}`;
}
