import { plainText } from "../twitter/html-entities.ts";
import { isRepost } from "../twitter/page.ts";
import type { Link, Post } from "../twitter/post.ts";

/** Address of a post. X leads to it under any handle, so one that is unknown does not matter. */
export function permalink(id: string, username = "i"): string {
  return `https://x.com/${username}/status/${id}`;
}

/** A mark of X's that agrees with the text: code points `start` to `end` of it are the link. */
type Placed = { start: number; end: number; link: Link };
type Marked = { characters: string[]; placed: Placed[]; isEscaped: boolean };

/**
 * The words of a post as a reader on X sees them, with links that lead somewhere: a link is replaced
 * only at the place that X marks, and only if the text has it there.
 */
export function wordsOf(post: Post): string {
  const { article } = post;
  const code = (article?.code ?? []).map(({ text }) => text);
  const body = article && (article.text ?? article.preview);
  return [
    expand(markText(post)),
    article?.title,
    body && expand(mark(body, linksOf(post, "article"), false)),
    ...code,
  ]
    .filter(Boolean)
    .join("\n\n");
}

/**
 * The words of a post's own text up to where X ends what it shows of it (`display_text_range`): links
 * that only stand for media or a quoted post come after that. Without any links where `isBare`.
 */
export function displayedWordsOf(post: Post, { isBare }: { isBare: boolean }): string {
  const marked = markText(post);
  const end = post.textOf === "text" ? post.displayRange?.[1] : undefined;
  const rest = marked.characters.slice(end ?? marked.characters.length).join("");
  const words = expand(
    {
      ...marked,
      // A range that leaves more out than links was counted otherwise than this text.
      ...(LINKS_ONLY.test(rest) && {
        characters: marked.characters.slice(0, end),
        placed: marked.placed.filter((place) => end === undefined || place.end <= end),
      }),
    },
    isBare ? () => "" : undefined,
  );
  return isBare ? words.replaceAll(/https?:\/\/\S+/g, "") : words;
}

const LINKS_ONLY = /^(?:\s*https?:\/\/\S+)*\s*$/;

/**
 * The people whom X marks in the text that is shown. The text of a repost is cut by X, it may be
 * within a handle, and so is the text beside a note: a handle that is cut is somebody else's.
 */
export function mentionsOf(post: Post): Post["mentions"] {
  const characters = Array.from(post.text);
  const isWhole = ({ of, end, username }: Post["mentions"][number]) =>
    of === post.textOf
      ? !isRepost(post) || end !== characters.length - 1 || characters.at(-1) !== "…"
      : of === "article" ||
        new RegExp(`[@＠]${RegExp.escape(username)}(?!\\w)`, "i").test(post.text);
  return post.mentions.filter(isWhole);
}

function linksOf({ links }: Post, text: Link["of"]): Link[] {
  return links.filter(({ of }) => of === text);
}

function markText(post: Post): Marked {
  return mark(post.text, linksOf(post, post.textOf), true);
}

/**
 * Holds X's marks against a text. X counts an escaped character as the several that it sends; a mark
 * that was counted in the text as it was written is right, too, if the text bears it out.
 */
function mark(text: string, links: readonly Link[], isEscaped: boolean): Marked {
  const sent = placeIn(Array.from(text), links);
  const written = isEscaped ? placeIn(Array.from(plainText(text)), links) : undefined;
  return written && written.placed.length > sent.placed.length
    ? { ...written, isEscaped: false }
    : { ...sent, isEscaped };
}

function placeIn(characters: string[], links: readonly Link[]): Omit<Marked, "isEscaped"> {
  const placed: Placed[] = [];
  const fitting = links.flatMap(({ start, end, ...link }) =>
    start !== undefined && end !== undefined && characters.slice(start, end).join("") === link.short
      ? [{ start, end, link: { start, end, ...link } }]
      : [],
  );
  for (const next of fitting.toSorted((a, b) => a.start - b.start)) {
    // X repeats a link for each picture that it stands for.
    if (next.start >= (placed.at(-1)?.end ?? 0)) {
      placed.push(next);
    }
  }
  return { characters, placed };
}

function expand(
  { characters, placed, isEscaped }: Marked,
  replace: (link: Link) => string = ({ expanded }) => expanded,
): string {
  const read = (from: number, to?: number) => {
    const part = characters.slice(from, to).join("");
    return isEscaped ? plainText(part) : part;
  };
  const parts = placed.map(({ start, link }, index) => {
    return `${read(placed[index - 1]?.end ?? 0, start)}${replace(link)}`;
  });
  return `${parts.join("")}${read(placed.at(-1)?.end ?? 0)}`;
}
