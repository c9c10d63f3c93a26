/** What a reader sees of an HTML page or fragment: no tags, no script, no style, no title. */
export function visibleText(html: string): string {
  return decodeEntities(
    stripUnseen(html)
      .replace(/\s+/g, " ")
      .replace(/<(br|\/p|\/div|\/li|\/h\d|\/tr|\/form)\b[^>]*>/gi, "\n")
      .replace(TAG, " "),
  )
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n\s*/g, "\n")
    .trim();
}

/** Without comments and the elements whose content is no text of the page. */
export function stripUnseen(html: string): string {
  return html
    .replace(/<!--[^]*?-->/g, "")
    .replace(/<(script|style|template|title)\b[^]*?<\/\1\s*>/gi, "");
}

/** `>` inside a quoted attribute does not end the tag. */
export const TAG = /<\/?[a-z!](?:[^>"']|"[^"]*"|'[^']*')*>/gi;

/** The entities that pages of forms need: the five of XML, the space, and numbers. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (typeof hex === "string") {
      return String.fromCodePoint(Number.parseInt(hex, 16));
    }
    if (typeof decimal === "string") {
      return String.fromCodePoint(Number(decimal));
    }
    return NAMED.get(String(name).toLowerCase()) ?? whole;
  });
}

const NAMED = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", " "],
  ["hellip", "…"],
  ["rarr", "→"],
]);
