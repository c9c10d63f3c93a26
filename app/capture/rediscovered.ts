import type { Store } from "../archive/store.ts";
import { earlierVersionsOf, type Post } from "../twitter/page.ts";
import type { JobFeed, NamedPage, TimelineFeed } from "../feeds/feed.ts";
import { readStoredPage } from "./pages.ts";

/** A post that X gave apart from the reading of its own time, and the stored page that holds it. */
export type Found = Pick<Post, "id" | "createdAt"> & {
  as: "found";
  isEdited: boolean;
  page: string;
  /** Of an earlier version that X sent along with a post: when that one was made. */
  sentWith?: string;
};

/** A post that is known, and the stored page by which it can be shown whole only now. */
export type Completed = { as: "completed"; id: string; page: string };

/** A record that was made just now, and the blob that will hold it: only then does it count. */
export type Recorded = { as: "recorded"; id: string; page: string };

export type Rediscovered = Found | Completed | Recorded;

/**
 * Told of what was rediscovered before the reading counts that came upon it: one that is cut off tells
 * again. Capture goes on when it is written down what becomes of it.
 */
export type Announce = (of: JobFeed, rediscovered: Rediscovered[]) => Promise<void>;

export function toFound({ id, createdAt, versions }: Post, page: string): Found {
  return { id, createdAt, as: "found", isEdited: versions.length > 1, page };
}

/**
 * The account's own posts that stand beside a page's data: earlier versions of edited ones, as what X
 * sends of those is the newest, and what it refused on the page and gave when it was asked by its id.
 */
export async function postsSentAlong(
  store: Store,
  feed: TimelineFeed,
  { name, page: { posts, refused = [] } }: NamedPage,
): Promise<Found[]> {
  const isEdited = posts.some(({ versions }) => versions.length > 1);
  const stored =
    isEdited || refused.length > 0 ? await readStoredPage(store, feed, name) : undefined;
  if (!stored) {
    return [];
  }
  const { page } = stored;
  const versions = page.posts.flatMap((post) =>
    earlierVersionsOf(post, page.includes).map(({ id, createdAt }) => ({
      id,
      createdAt,
      as: "found" as const,
      isEdited: false,
      page: name,
      sentWith: post.createdAt,
    })),
  );
  const given = page.posts.filter(({ id }) => refused.includes(id));
  return [...versions, ...given.map((post) => toFound(post, name))];
}
