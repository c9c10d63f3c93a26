import type { Includes } from "../twitter/page.ts";
import type { Post } from "../twitter/post.ts";
import { cut, toLine } from "./characters.ts";
import { displayedWordsOf } from "./text.ts";

/** Code points. Mail programs show less of a subject, and the platform's limit is not known. */
const MOST_CHARACTERS = 250;

/**
 * One line that says what a post is, for a subject: the beginning of its words, and what it shows
 * where it has no words. `intro` stands before it.
 */
export function previewOf(intro: string, post: Post, includes: Includes): string {
  const hasWords = displayedWordsOf(post, { isBare: true }).trim() !== "";
  const words = hasWords
    ? displayedWordsOf(post, { isBare: false })
    : nameWhatItShows(post, includes);
  return cut(toLine(`${intro}${words}`).trim(), MOST_CHARACTERS);
}

const MEDIA_WORDS = new Map([
  ["photo", "[photo]"],
  ["video", "[video]"],
  ["animated_gif", "[GIF]"],
]);

function nameWhatItShows(post: Post, { media }: Includes): string {
  const { article, mediaKeys, pollIds, references, links } = post;
  const kinds = mediaKeys.map((key) => MEDIA_WORDS.get(media.get(key)?.type ?? "") ?? "[medium]");
  if (article) {
    return ["[article]", article.title].filter(Boolean).join(" ");
  }
  const shown = [...new Set(kinds), ...(pollIds.length > 0 ? ["[poll]"] : [])];
  const rest = [
    ...(references.some(({ type }) => type === "quoted") ? ["[quote]"] : []),
    ...links.slice(0, 1).map(({ expanded }) => `[link] ${expanded}`),
    "[no text]",
  ];
  return shown.length > 0 ? shown.join(" ") : (rest[0] ?? "");
}
