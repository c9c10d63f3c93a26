import type { Fault } from "./fault.ts";
import type { Withhold } from "./withhold-posts.ts";

/** What X leaves out of every post, in both of its spellings, by the fault that it does so for. */
const DROPPED = {
  "note-ignored": ["note_tweet", "note_post"],
  "references-ignored": ["referenced_tweets", "referenced_posts"],
  "versions-ignored": ["edit_history_tweet_ids", "edit_history_post_ids"],
} as const satisfies Partial<Record<Fault, readonly string[]>>;

export type DroppingFault = keyof typeof DROPPED | "fields-ignored";

export function isDroppingFault(fault: string): fault is DroppingFault {
  return fault === "fields-ignored" || Object.hasOwn(DROPPED, fault);
}

/**
 * Answers as X does that ignores names of fields: 200, no error, the page billed, and posts without
 * what was asked for (docs/x-api.md#field-names). With `fields-ignored` only id and text are left.
 */
export function dropMembers(fault: DroppingFault): Withhold {
  const drop = (post: unknown): unknown => {
    if (typeof post !== "object" || post === null) {
      return post;
    }
    const members = Object.entries(post).filter(([name]) =>
      fault === "fields-ignored"
        ? name === "id" || name === "text"
        : !DROPPED[fault].some((dropped) => dropped === name),
    );
    return Object.fromEntries(members);
  };
  const dropFromAll = (posts: unknown) => (Array.isArray(posts) ? posts.map(drop) : posts);
  return ({ data, includes, ...rest }) => ({
    ...rest,
    ...(data !== undefined && { data: dropFromAll(data) }),
    ...(includes && {
      includes: Object.fromEntries(
        Object.entries(includes).map(([kind, objects]) => [
          kind,
          kind === "tweets" || kind === "posts" ? dropFromAll(objects) : objects,
        ]),
      ),
    }),
  });
}
