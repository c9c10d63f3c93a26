import type { TruePost } from "../contracts.ts";
import type { MediaFiles } from "./media-files.ts";
import { isProtectedFrom, type Timeline } from "./timeline.ts";
import { tellTruth } from "./truth.ts";
import { findMentions } from "./view.ts";

/**
 * Posts of others that name the account, as their mails must show them: what they quote goes along, and
 * what they answer where that is the account's own, whose pictures are in the mailbox already.
 */
export function tellMentions(timeline: Timeline, files: MediaFiles): TruePost[] {
  const { account } = timeline;
  const posts = findMentions(timeline, account.id).filter(
    (post) => post.author_id !== account.id && !isProtectedFrom(timeline, post, account.id),
  );
  return tellTruth(timeline, files, posts).map((mention) => ({
    ...mention,
    references: mention.references.map(({ type, id, post }) => {
      const isOwn = post?.author.id === account.id;
      const goesAlong = type === "quoted" ? !isOwn : isOwn;
      return post && goesAlong
        ? { type, id, post: isOwn ? { ...post, media: [] } : post }
        : { type, id };
    }),
  }));
}
