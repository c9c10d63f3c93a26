/** What the characters that others wrote may do to a line, a page or a mail, and how that is kept off. */

const BIDI_CONTROLS = /\p{Bidi_Control}/gu;
/** Opens an isolate that ends with the first PDI that matches it (Unicode UAX #9). */
const FSI = "\u2068";
const PDI = "\u2069";
const OPENS_ISOLATE = /[\u2066-\u2068]/;

/** A name or a line of the record: one line, whose order no character of it changes. */
export function toLine(text: string): string {
  return text
    .replaceAll(BIDI_CONTROLS, (control) => `[${codePointOf(control)}]`)
    .replaceAll(/\s+/g, " ");
}

/** A line as its author wrote it, whose bidirectional controls have no effect beyond it. */
export function isolate(line: string): string {
  let open = 0;
  let unopened = 0;
  const controls = line.match(BIDI_CONTROLS) ?? [];
  for (const control of controls) {
    if (OPENS_ISOLATE.test(control)) {
      open += 1;
    } else if (control === PDI && open > 0) {
      open -= 1;
    } else if (control === PDI) {
      unopened += 1;
    }
  }
  return controls.length === 0
    ? line
    : `${FSI.repeat(1 + unopened)}${line}${PDI.repeat(open)}${PDI}`;
}

/** Control characters, halves of a surrogate pair, and code points that Unicode has for no text. */
const NO_TEXT = /[[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]--[\t\n]]/gv;

/**
 * A text as JSON, UTF-8, and every reader of mails take it: what is no text becomes U+FFFD, and is
 * added to `replaced` by its number, `U+0000`.
 */
export function toWellFormed(text: string, replaced: Set<string>): string {
  return text.replaceAll(NO_TEXT, (character) => {
    replaced.add(codePointOf(character));
    return "\uFFFD";
  });
}

function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * The beginning of a text, of at most so many code points, with an ellipsis where it goes on. It ends
 * only where no Unicode version would join two characters to one that a reader sees; Intl.Segmenter
 * would know more, and would give other bytes with the next Node.
 */
export function cut(text: string, most: number): string {
  const characters = Array.from(text);
  if (characters.length <= most) {
    return text;
  }
  let end = most - 1;
  while (end > 0 && mayBeOne(characters[end - 1] ?? "", characters[end] ?? "")) {
    end -= 1;
  }
  return `${characters.slice(0, end).join("").trimEnd()}…`;
}

const JOINS_BEFORE =
  /^[\p{M}\p{Cf}\p{Emoji_Modifier}\u{1F1E6}-\u{1F1FF}\u1100-\u11FF\uA960-\uA97F\uD7B0-\uD7FF]/u;
const JOINS_AFTER = /^[\p{Mc}\p{Cf}\u{1F1E6}-\u{1F1FF}\u1100-\u11FF\uA960-\uA97F\uD7B0-\uD7FF]/u;
/** A consonant after a virama belongs to the same sign in many scripts of India. */
const VIRAMA = /^[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0C4D\u0CCD\u0D4D\u0DCA\u1039\u17D2\u1A60]/u;

function mayBeOne(before: string, after: string): boolean {
  return JOINS_BEFORE.test(after) || JOINS_AFTER.test(before) || VIRAMA.test(before);
}
