import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandLinks, permalink, plainText, readableText } from "./text.ts";

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

describe("expandLinks", () => {
  const links = [
    { short: "https://t.co/ab", expanded: "https://example.com/short" },
    { short: "https://t.co/abcd", expanded: "https://example.com/long" },
  ];

  it.each([
    ["nothing to read", "nothing to read"],
    ["https://t.co/ab", "https://example.com/short"],
    [
      "(https://t.co/ab), https://t.co/abcd.",
      "(https://example.com/short), https://example.com/long.",
    ],
    ["https://t.co/ab https://t.co/ab", "https://example.com/short https://example.com/short"],
    ["https://t.co/abですね", "https://example.com/shortですね"],
    ["another's https://t.co/abc", "another's https://t.co/abc"],
  ])("makes %o to %o", (text, expanded) => {
    expect(expandLinks(text, links)).toBe(expanded);
  });

  it("leaves a text alone whose post has no links", () => {
    expect(expandLinks("https://t.co/ab", [])).toBe("https://t.co/ab");
  });

  it("does not look into addresses for more, and takes them as they are", () => {
    const nested = [
      { short: "https://t.co/a", expanded: "https://e.com/?u=https://t.co/b&n=$1$&" },
      { short: "https://t.co/b", expanded: "https://wrong.example" },
    ];
    expect(expandLinks("https://t.co/a", nested)).toBe("https://e.com/?u=https://t.co/b&n=$1$&");
  });

  it("takes signs of patterns in a link for themselves", () => {
    const odd = [{ short: "http://a.b/c?d=(e)*", expanded: "https://e.com" }];
    expect(expandLinks("http://a.b/c?d=(e)* http://a.b/cc", odd)).toBe(
      "https://e.com http://a.b/cc",
    );
  });

  it("changes nothing but links, and none of these is left", () => {
    const part = fc.record({ before: writing(), slug: fc.stringMatching(/^[A-Za-z0-9]{1,10}$/) });
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const some = parts.map(({ slug }) => ({
          short: `https://t.co/${slug}`,
          expanded: `https://example.com/${slug}`,
        }));
        const join = (link: "short" | "expanded") =>
          parts.map(({ before }, index) => `${before} ${some[index]?.[link]}`).join(" ");
        expect(expandLinks(join("short"), some)).toBe(join("expanded"));
      }),
    );
  });
});

it("A text is decoded, and the addresses of its links are not: X escapes the text alone", () => {
  const links = [{ short: "https://t.co/a", expanded: "https://e.com/?a=1&amp;b=&lt;2" }];
  expect(readableText({ text: "Q&amp;A https://t.co/a", links })).toBe(
    "Q&A https://e.com/?a=1&amp;b=&lt;2",
  );
});

it("A permalink is X's own, and works without a handle", () => {
  expect(permalink("20", "jack")).toBe("https://x.com/jack/status/20");
  expect(permalink("20")).toBe("https://x.com/i/status/20");
});

function writing(): fc.Arbitrary<string> {
  const sign = fc.constantFrom("&", "<", ">", "amp;", "lt;", "gt;", "é", "👩‍🚒", "\n", " ", "$&");
  return fc.array(fc.oneof(sign, fc.string({ unit: "binary" }))).map((parts) => parts.join(""));
}
