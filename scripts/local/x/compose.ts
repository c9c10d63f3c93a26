import type { Entities, User } from "./timeline.ts";

export type Link = {
  url: string;
  expanded_url: string;
  display_url: string;
  [other: string]: unknown;
};

/** A piece of a post's text; text is given as X stores it, with `&amp;`, `&lt;` and `&gt;`. */
export type Part =
  | string
  | { mention: User }
  | { hashtag: string }
  | { cashtag: string }
  /** Several links stand for one piece of text when a post has several pictures. */
  | { links: Link[] };

export type Composed = { text: string; entities?: Entities };

/** Joins parts to a text with entities; offsets count Unicode characters, as X's do. */
export function compose(parts: readonly Part[]): Composed {
  const lists: Record<string, object[]> = {};
  let text = "";
  for (const part of parts) {
    const start = charactersOf(text).length;
    text += textOf(part);
    const place = { start, end: charactersOf(text).length };
    for (const { list, entity } of entitiesOf(part)) {
      (lists[list] ??= []).push({ ...place, ...entity });
    }
  }
  return Object.keys(lists).length === 0 ? { text } : { text, entities: lists };
}

/** Unicode code points: what X counts a text in. */
export function charactersOf(text: string): string[] {
  return Array.from(text);
}

function textOf(part: Part): string {
  if (typeof part === "string") {
    return part;
  }
  if ("mention" in part) {
    return `@${part.mention.username}`;
  }
  if ("links" in part) {
    return part.links[0]?.url ?? "";
  }
  return "hashtag" in part ? `#${part.hashtag}` : `$${part.cashtag}`;
}

function entitiesOf(part: Part): { list: string; entity: object }[] {
  if (typeof part === "string") {
    return [];
  }
  if ("mention" in part) {
    const { id, username } = part.mention;
    return [{ list: "mentions", entity: { username, id } }];
  }
  if ("links" in part) {
    return part.links.map((link) => ({ list: "urls", entity: link }));
  }
  return "hashtag" in part
    ? [{ list: "hashtags", entity: { tag: part.hashtag } }]
    : [{ list: "cashtags", entity: { tag: part.cashtag } }];
}
