/**
 * A text as its author wrote it: X escapes these three characters, once, in texts of posts and in
 * labels of polls, and no others and nowhere else (docs/x-api.md).
 */
export function plainText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
