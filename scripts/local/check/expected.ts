import type { TrueMedia, TruePost } from "../contracts.ts";

/** A post that a mail must show, and what it is to the mail's own post. */
export type Shown = { post: TruePost; as: "the post" | "context" };

/**
 * The post itself and what it refers to. One level deep, as X's expansions are, but for the quote
 * inside a repost, which is a part of what the repost shows (docs/x-api.md#expansions).
 */
export function shownPosts(post: TruePost): Shown[] {
  const context = post.references.flatMap(({ type, post: referred }) => {
    if (referred === undefined) {
      return [];
    }
    const quoted = type === "retweeted" ? referred.references : [];
    return [
      referred,
      ...quoted.flatMap((inner) => (inner.type === "quoted" && inner.post ? [inner.post] : [])),
    ];
  });
  return [
    { post, as: "the post" },
    ...unique(context).map((each) => ({ post: each, as: "context" as const })),
  ];
}

/** Media that the mail must show, each once; a repost's own are those of its original. */
export function shownMedia(post: TruePost): TrueMedia[] {
  const media = shownPosts(post).flatMap((shown) => shown.post.media);
  return [...new Map(media.map((medium) => [medium.mediaKey, medium])).values()];
}

/**
 * Bytes: beyond this the media of a post may not fit into one item of 10 MB, in which base64 takes
 * 4/3, so that saying what is missing is as good as attaching it.
 */
export const SURE_TO_FIT_BYTES = 7_000_000;

/**
 * Text in which nothing may differ but white space, what is no text (it comes as U+FFFD), the isolates
 * that keep a line's direction to itself, and the mark of a line that looks like a record's rule.
 */
export function normalise(text: string): string {
  return text
    .replace(/[[\p{Cc}\p{Cs}]--[\t\n\r]]/gv, "\uFFFD")
    .replace(/[\u2068\u2069]/g, "")
    .replace(/^> /gm, "")
    .replace(/\s+/gu, " ")
    .trim();
}

function unique(posts: readonly TruePost[]): TruePost[] {
  return [...new Map(posts.map((post) => [post.id, post])).values()];
}
