import { plainText } from "./html-entities.ts";
import type { WirePost } from "./wire.ts";

/** What a post without a note can hold, in X's own count. */
const LIMIT = 280;
/** X cuts a long text between words: with an ellipsis from here on it is taken for cut. */
const NEAR_LIMIT = 265;

export type Cut = "cut" | "at the limit";

/**
 * Whether X's `text` may be only the beginning of a longer one whose note did not come: it leads to
 * the post itself, or ends in an ellipsis near the limit ("cut"); or it is exactly as long as a
 * text without a note can be, which the author's own may be, too ("at the limit").
 */
export function cutOf(post: WirePost): Cut | undefined {
  const references = post.referenced_tweets ?? post.referenced_posts ?? [];
  if (noteOf(post) || references.some(({ type }) => type === "retweeted")) {
    return undefined;
  }
  if (linksToItself(post)) {
    return "cut";
  }
  const text = plainText(shownText(post));
  const length = weightOf(text);
  if (length < NEAR_LIMIT) {
    return undefined;
  }
  const endsInEllipsis = /(?:\u2026|\.\.\.)(?:\s+https:\/\/t\.co\/\w+)*\s*$/.test(text);
  if (endsInEllipsis) {
    return "cut";
  }
  return length >= LIMIT ? "at the limit" : undefined;
}

/** The long form of a post's text. An empty one is none: X would have sent the short text alone. */
export function noteOf({ note_tweet: note, note_post: renamed }: WirePost) {
  return [note, renamed].find((each) => each !== undefined && each.text !== "");
}

/** Where X cuts a text it puts a link to the post itself. */
export function linksToItself({ id, entities }: WirePost): boolean {
  return (entities?.urls ?? []).some(({ expanded_url: url }) =>
    url?.endsWith(`/i/web/status/${id}`),
  );
}

/** Without the handles that X puts before an answer, and the links to media after a text. */
function shownText({ text = "", display_text_range: range }: WirePost): string {
  return range === undefined
    ? text
    : Array.from(text)
        .slice(...range)
        .join("");
}

/** Characters that count twice (twitter-text, configuration v3); all others count once. */
const HEAVY = /[\u1100-\u1fff\u200e\u200f\u2020-\u2031\u2038-\u{10ffff}]/gu;
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Length of a text as X counts it: an emoji of however many code points counts twice. A t.co link
 * has the 23 characters that X counts any link for. Of a text far below the limit, no more is said than that.
 */
export function weightOf(text: string): number {
  const whole = text.normalize("NFC");
  const atMost = whole.length + (whole.match(HEAVY)?.length ?? 0);
  if (atMost < NEAR_LIMIT) {
    return atMost;
  }
  return Array.from(graphemes.segment(whole), ({ segment }) =>
    EMOJI.test(segment) ? 2 : Array.from(segment).length + (segment.match(HEAVY)?.length ?? 0),
  ).reduce((sum, each) => sum + each, 0);
}
