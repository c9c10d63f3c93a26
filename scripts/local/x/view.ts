import {
  isProtectedFrom,
  newestFirst,
  originalIdOf,
  type Post,
  type Timeline,
  timelineOf,
  type User,
} from "./timeline.ts";

/** X as one signed-in user sees it at one moment. */
export type View = {
  timeline: Timeline;
  viewerId: string;
  /** X's clock; undefined: whatever the timeline has, exists. */
  now: Date | undefined;
  /** Posts that exist and are not shown yet. */
  hidden: ReadonlySet<string>;
};

export type Found =
  | { state: "shown"; post: Post }
  | { state: "not-found" }
  | { state: "not-authorized" };

export function findPost(view: View, id: string): Found {
  const post = view.timeline.everyPost.get(id);
  if (post === undefined || !exists(view, post)) {
    return { state: "not-found" };
  }
  return isHiddenFrom(view, post) ? { state: "not-authorized" } : { state: "shown", post };
}

/** Handles are compared without case, as on X. */
export function findUserByName(timeline: Timeline, username: string): User | undefined {
  const wanted = username.toLowerCase();
  return [...timeline.users.values()].find((user) => user.username.toLowerCase() === wanted);
}

/** Timeline of a user, newest first, as far as it exists; a repost goes with its original. */
export function postsOf(view: View, userId: string): Post[] {
  const { posts } = timelineOf(view.timeline, userId);
  return posts.filter((post) => exists(view, post) && !isOfHidden(view, post));
}

/** A repost shows its original, and nothing of its own. */
function originalOf({ timeline }: View, post: Post): Post {
  return timeline.everyPost.get(originalIdOf(post) ?? "") ?? post;
}

function isHiddenFrom(view: View, post: Post): boolean {
  return isProtectedFrom(view.timeline, post, view.viewerId) || isOfHidden(view, post);
}

function isOfHidden(view: View, post: Post): boolean {
  return isProtectedFrom(view.timeline, originalOf(view, post), view.viewerId);
}

/**
 * Posts that name a user, newest first: neither reposts, nor replies that left the name out, nor what X
 * does not show to whoever asks.
 */
export function mentionsOf(view: View, userId: string): Post[] {
  return findMentions(view.timeline, userId).filter(
    (post) => exists(view, post) && !isProtectedFrom(view.timeline, post, view.viewerId),
  );
}

/** All posts that name a user, as one reads them: of an edited one the newest version. */
export function findMentions({ everyPost, users }: Timeline, userId: string): Post[] {
  const handle = users.get(userId)?.username.toLowerCase();
  return [...everyPost.values()]
    .filter(
      (post) =>
        mentionsIn(post).some(({ id, username }) =>
          id === undefined ? username.toLowerCase() === handle : id === userId,
        ) &&
        !post.referenced_tweets?.some(({ type }) => type === "retweeted") &&
        (post.edit_history_tweet_ids?.at(-1) ?? post.id) === post.id,
    )
    .sort(newestFirst);
}

function mentionsIn({ entities, note_tweet: note }: Post) {
  return [...(entities?.mentions ?? []), ...(note?.entities?.mentions ?? [])];
}

function exists(view: View, post: Post): boolean {
  const isMade = view.now === undefined || Date.parse(post.created_at) <= view.now.getTime();
  return isMade && !view.hidden.has(post.id);
}
