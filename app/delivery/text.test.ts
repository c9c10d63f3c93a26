import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBody, type Wire } from "../testing/wire-pages.ts";
import { parsePage } from "../twitter/page.ts";
import { plainText } from "../twitter/html-entities.ts";
import { permalink, wordsOf } from "./text.ts";

/** X's own escaping: these three characters, the ampersand first. */
function escapeAsX(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

describe("plainText", () => {
  it.each([
    ["Q&amp;A", "Q&A"],
    ["1 &lt; 2 &gt; 0", "1 < 2 > 0"],
    ["&amp;lt; is how one writes &lt;", "&lt; is how one writes <"],
    ["&amp;amp;", "&amp;"],
    ["&quot;&#39;&nbsp;", "&quot;&#39;&nbsp;"],
    ["AT&T", "AT&T"],
  ])("reads %o as %o", (escaped, text) => {
    expect(plainText(escaped)).toBe(text);
  });

  it("gives back what anyone wrote, whatever it was", () => {
    fc.assert(
      fc.property(writing(), (text) => {
        expect(plainText(escapeAsX(text))).toBe(text);
      }),
    );
  });
});

describe("A link is replaced where X marks it:", () => {
  const a = { url: "https://t.co/a", expanded_url: "https://example.com/a" };
  const bare = { url: "port.example", expanded_url: "http://port.example" };

  it.each<[string, string, Wire[], string]>([
    ["there", "See https://t.co/a.", [{ ...a, start: 4, end: 18 }], "See https://example.com/a."],
    ["without a link", "nothing to read", [], "nothing to read"],
    [
      "after characters of two units",
      "🌊👩‍🚒 https://t.co/a",
      [{ ...a, start: 5, end: 19 }],
      "🌊👩‍🚒 https://example.com/a",
    ],
    [
      "after escaped characters, as X sends them",
      "Q&amp;A https://t.co/a",
      [{ ...a, start: 8, end: 22 }],
      "Q&A https://example.com/a",
    ],
    [
      "after escaped characters, counted as they were written",
      "Q&amp;A https://t.co/a",
      [{ ...a, start: 4, end: 18 }],
      "Q&A https://example.com/a",
    ],
    [
      "and not in a host or an e-mail address of the author's words",
      "port.example: write to a@port.example or see www.port.example",
      [{ ...bare, start: 0, end: 12 }],
      "http://port.example: write to a@port.example or see www.port.example",
    ],
    ["not beside it", "See https://t.co/a.", [{ ...a, start: 3, end: 17 }], "See https://t.co/a."],
    ["not beyond the end", "https://t.co/a", [{ ...a, start: 90, end: 99 }], "https://t.co/a"],
    ["not where X says no place", "https://t.co/a", [a], "https://t.co/a"],
    [
      "once, though X repeats it for each picture",
      "https://t.co/a",
      [
        { ...a, start: 0, end: 14 },
        { ...a, start: 0, end: 14, expanded_url: "https://example.com/b" },
      ],
      "https://example.com/a",
    ],
    [
      "and its address is taken as it is, whatever it holds",
      "https://t.co/a &amp;",
      [{ ...a, start: 0, end: 14, expanded_url: "https://e.com/?u=https://t.co/a&amp;n=$1$&" }],
      "https://e.com/?u=https://t.co/a&amp;n=$1$& &",
    ],
  ])("%s", (_what, text, urls, words) => {
    expect(wordsOf(postOf({ text, entities: { urls } }))).toBe(words);
  });

  it("in the note by the note's marks, and in the article by the article's", () => {
    const post = postOf({
      text: "https://t.co/a",
      entities: { urls: [{ ...a, start: 0, end: 14 }] },
      note_tweet: {
        text: "Note https://t.co/a",
        entities: { urls: [{ ...a, start: 5, end: 19, expanded_url: "https://note.example" }] },
      },
      article: {
        title: "Title",
        plain_text: "Body &amp; https://t.co/a",
        entities: { urls: [{ ...a, start: 11, end: 25 }], code: [{ content: "let it = be;" }] },
      },
    });
    expect(wordsOf(post)).toBe(
      "Note https://note.example\n\nTitle\n\nBody &amp; https://example.com/a\n\nlet it = be;",
    );
  });

  it("and nothing else of the text is changed", () => {
    const part = fc.record({ before: writing(), slug: fc.stringMatching(/^[A-Za-z0-9]{1,10}$/) });
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        let text = "";
        const urls = parts.map(({ before, slug }) => {
          text += escapeAsX(before);
          const start = Array.from(text).length;
          const url = `https://t.co/${slug}`;
          text += url;
          const end = Array.from(text).length;
          return { url, expanded_url: `https://example.com/${slug}`, start, end };
        });
        const words = parts.map(({ before, slug }) => `${before}https://example.com/${slug}`);
        expect(wordsOf(postOf({ text, entities: { urls } }))).toBe(words.join(""));
      }),
    );
  });
});

it("A permalink is X's own, and works without a handle", () => {
  expect(permalink("20", "jack")).toBe("https://x.com/jack/status/20");
  expect(permalink("20")).toBe("https://x.com/i/status/20");
});

function postOf(members: Wire) {
  const [post] = parsePage(
    toBody({ data: [{ id: "1", created_at: "2026-01-01T00:00:00Z", author_id: "2", ...members }] }),
  ).posts;
  if (!post) {
    throw new Error("The page has no post");
  }
  return post;
}

/** Well-formed: a body of X's in UTF-8 can hold nothing else between escapes. */
function writing(): fc.Arbitrary<string> {
  const sign = fc.constantFrom("&", "<", ">", "amp;", "lt;", "gt;", "é", "👩‍🚒", "\n", " ", "$&");
  return fc.array(fc.oneof(sign, fc.string({ unit: "binary" }))).map((parts) => parts.join(""));
}
