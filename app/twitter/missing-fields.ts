import type { Post } from "./post.ts";
import type { WirePost } from "./wire.ts";

/**
 * Fields that every post has, that were asked for, and that did not arrive: X drops without a word
 * what it does not know (any more, docs/x-api.md#field-names). The post can be archived without them, but
 * somebody has to know. A long post whose text is cut has its text elsewhere.
 */
export function missingFieldsOf(post: WirePost, { cut }: Pick<Post, "cut">): string[] {
  const history = post.edit_history_tweet_ids ?? post.edit_history_post_ids;
  return [
    ...(post.conversation_id === undefined ? ["conversation_id"] : []),
    ...(post.public_metrics === undefined ? ["public_metrics"] : []),
    ...(history === undefined ? ["edit history"] : []),
    ...(cut === "cut" ? ["note (the text beyond 280 characters)"] : []),
  ];
}
