import type { Moment } from "./generate-mentions.ts";
import type { World } from "./generate-world.ts";
import type { Random } from "./random.ts";
import type { ScriptEvent } from "./script-event.ts";
import { originalIdOf, type Poll, type Post } from "./timeline.ts";

/** Posts that the account deletes. */
const DELETED = 2;
const MOST_VOTES = 900;

/**
 * What becomes of the account's posts when all windows of their days are long over: two are deleted, one
 * repost is undone, the original of another one is deleted, and the author of a third one's hides and
 * comes back. Each poll closes at its end.
 */
export function generateLater({ posts, otherPosts, polls, random }: World, moment: Moment) {
  const gone = new Date(moment(6, 1)).toISOString();
  const back = new Date(moment(8, 1)).toISOString();
  const [undone, orphan, ...others] = random.shuffle(repostsAmong(posts, otherPosts));
  const hidden = others.find(({ author }) => author !== orphan?.author);
  if (undone === undefined || orphan === undefined || hidden === undefined) {
    throw new Error("Too few reposts for a script of what becomes of them");
  }
  const deleted = random.shuffle(posts.filter(standAlone(posts))).slice(0, DELETED);
  return [
    ...deleted.map(({ id }): ScriptEvent => ({ at: gone, what: "delete", post: id })),
    { at: gone, what: "undoRepost", post: undone.id },
    { at: gone, what: "deleteOriginal", post: orphan.original },
    { at: gone, what: "protect", user: hidden.author },
    { at: back, what: "unprotect", user: hidden.author },
    ...polls.flatMap((poll) => closeAtItsEnd(poll, random)),
  ] satisfies ScriptEvent[];
}

/** Of posts by themselves: they refer to none, and no other post shows them. */
function standAlone(posts: readonly Post[]): (post: Post) => boolean {
  const shown = new Set(posts.flatMap((post) => post.referenced_tweets?.map(({ id }) => id) ?? []));
  return ({ id, referenced_tweets: refers }) => refers === undefined && !shown.has(id);
}

function repostsAmong(posts: readonly Post[], otherPosts: readonly Post[]) {
  const authors = new Map(otherPosts.map(({ id, author_id: author }) => [id, author]));
  return posts.flatMap((post) => {
    const original = originalIdOf(post);
    const author = authors.get(original ?? "");
    return original === undefined || author === undefined
      ? []
      : [{ id: post.id, original, author }];
  });
}

/** Of a poll of which X says oddly how it stands, nobody can tell that it has closed. */
function closeAtItsEnd(
  { id, options, end_datetime: end, voting_status: status, sent_oddly: odd }: Poll,
  random: Random,
): ScriptEvent[] {
  if (status !== "open" || typeof end !== "string" || odd !== undefined) {
    return [];
  }
  const votes = (options ?? []).map(() => random.int(500, MOST_VOTES));
  return [{ at: end, what: "pollCloses", poll: id, votes }];
}
