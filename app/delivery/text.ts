import type { Post } from "../twitter/page.ts";

/** Replaces each t.co link by the address that it leads to. */
export function expandLinks({ text, links }: Pick<Post, "text" | "links">): string {
  // Longest first: one short link may begin like another.
  const sorted = links.toSorted((a, b) => b.short.length - a.short.length);
  return sorted.reduce((so, { short, expanded }) => so.replaceAll(short, () => expanded), text);
}

/** X escapes these three characters in every text, and no others. */
export function plainText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Address of a post. X leads to it under any handle, so one that is unknown does not matter. */
export function permalink(id: string, username = "i"): string {
  return `https://x.com/${username}/status/${id}`;
}
