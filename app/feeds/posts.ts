import { completePage } from "../capture/missing-posts.ts";
import { readContext } from "../capture/pages.ts";
import { DEPTH, SURELY_WITHIN } from "../capture/scan.ts";
import { ITEM_MAPPING, type ItemMapping } from "../delivery/item.ts";
import type { TimelineFeed, TimelineKey } from "./feed.ts";
import { openPageOfPosts } from "./pages-of-posts.ts";

/** The account's own timeline: posts, replies, quotes and reposts. */
export function postsFeed({ format, toItem }: ItemMapping = ITEM_MAPPING): TimelineFeed {
  const feed: TimelineFeed = {
    kind: "timeline",
    name: "posts",
    words: "posts",
    goesWith: "its own window",
    format,
    limits: [
      "posts that were made and deleted between two looks at the timeline",
      `posts older than the newest ${DEPTH.toLocaleString("en-US")}, where X gave no proof that it reaches below them`,
    ],
    depth: DEPTH,
    surelyWithin: SURELY_WITHIN,
    isOfAccount: true,
    countOf: ({ posts }) => posts,
    fetchPage: (twitter, { token, accountId }, query) => twitter.timeline(token, accountId, query),
    search: (twitter, { accountId }, query) => twitter.search(accountId, query),
    completePage,
    readContext,
    openPage: (store, name) => openPageOfPosts(store, name, { feed, toItem }),
  };
  return feed;
}

export const POSTS = postsFeed();

export function postsOf(jobId: string): TimelineKey {
  return { jobId, feed: POSTS };
}
