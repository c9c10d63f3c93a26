import type { Link } from "../twitter/post.ts";

/** A short link and what it stands for. */
type Short = Pick<Link, "short" | "expanded">;

/** Replaces each short link by the address that it leads to. */
export function expandLinks(text: string, links: readonly Short[]): string {
  const expanded = new Map(links.map((link) => [link.short, link.expanded]));
  // In one go, so that no address is looked into for others; longest first, and never a part of a
  // link: one may begin like another.
  const shorts = [...expanded.keys()].toSorted((a, b) => b.length - a.length);
  const anyShort = new RegExp(
    `(?:${shorts.map((short) => RegExp.escape(short)).join("|")})(?![A-Za-z0-9])`,
    "g",
  );
  return shorts.length === 0
    ? text
    : text.replaceAll(anyShort, (short) => expanded.get(short) ?? short);
}

/** The text of a post as a reader on X sees it, with links that lead somewhere. */
export function readableText({ text, links }: { text: string; links: readonly Short[] }): string {
  // X escapes the text and not the addresses.
  return expandLinks(plainText(text), links);
}

/** X escapes these three characters in every text, and no others. */
export function plainText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Address of a post. X leads to it under any handle, so one that is unknown does not matter. */
export function permalink(id: string, username = "i"): string {
  return `https://x.com/${username}/status/${id}`;
}
