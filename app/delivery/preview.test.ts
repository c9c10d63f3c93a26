import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBody, type Wire } from "../testing/wire-pages.ts";
import { parsePage } from "../twitter/page.ts";
import { cut } from "./characters.ts";
import { previewOf } from "./preview.ts";

const link = { url: "https://t.co/p", expanded_url: "https://x.com/small/status/1/photo/1" };
const MEDIA = ["photo", "video", "animated_gif"].map((type, index) => ({
  media_key: `${index}_1`,
  type,
}));

describe("What a subject is made of", () => {
  it.each<[string, Wire, string]>([
    ["is one line", { text: "One\ntwo\u2028 three\t" }, "One two three"],
    [
      "ends where X ends what it shows",
      {
        text: "Q&amp;A https://t.co/p",
        display_text_range: [0, 7],
        entities: { urls: [{ ...link, start: 8, end: 22 }] },
      },
      "Q&A",
    ],
    [
      "does not end before words, however X counted",
      { text: "Tide and time https://t.co/p", display_text_range: [0, 4] },
      "Tide and time https://t.co/p",
    ],
    [
      "has the note, which no range is of",
      { text: "Lo…", display_text_range: [0, 3], note_tweet: { text: "Long and whole" } },
      "Long and whole",
    ],
    [
      "has links that lead somewhere",
      { text: "See https://t.co/p now", entities: { urls: [{ ...link, start: 4, end: 18 }] } },
      "See https://x.com/small/status/1/photo/1 now",
    ],
    ["is [photo]", { text: "https://t.co/p", attachments: { media_keys: ["0_1"] } }, "[photo]"],
    [
      "is [photo] with X's range, too",
      { text: "https://t.co/p", display_text_range: [0, 0], attachments: { media_keys: ["0_1"] } },
      "[photo]",
    ],
    ["is [video]", { text: "https://t.co/p", attachments: { media_keys: ["1_1"] } }, "[video]"],
    [
      "is all kinds, each once",
      { text: " ", attachments: { media_keys: ["2_1", "0_1", "0_1", "9_9"] } },
      "[GIF] [photo] [medium]",
    ],
    ["is [poll]", { text: "", attachments: { poll_ids: ["5"] } }, "[poll]"],
    [
      "is the title of an article",
      { text: "https://t.co/p", article: { title: "Title", cover_media: "0_1" } },
      "[article] Title",
    ],
    [
      "is [quote]",
      { text: "https://t.co/p", referenced_tweets: [{ type: "quoted", id: "7" }] },
      "[quote]",
    ],
    [
      "is never only a link",
      { text: "https://t.co/p", entities: { urls: [{ ...link, start: 0, end: 14 }] } },
      "[link] https://x.com/small/status/1/photo/1",
    ],
    ["is [no text]", { text: "" }, "[no text]"],
  ])("%s", (_what, members, preview) => {
    expect(previewOfPost(members)).toBe(preview);
  });

  it("stands behind its intro, and within the limit with it", () => {
    const preview = previewOfPost({ text: "word ".repeat(100) }, "(edited) ");
    expect(preview).toMatch(/^\(edited\) word .* word…$/);
    expect(Array.from(preview).length).toBeLessThanOrEqual(250);
  });
});

describe("A text that is cut", () => {
  const unit = fc.constantFrom("grapheme", "grapheme-composite", "grapheme-ascii" as const);

  it("is never longer than it may be, and ends with a whole sign", () => {
    const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
    fc.assert(
      fc.property(
        unit.chain((one) => fc.string({ unit: one, maxLength: 60 })),
        fc.integer({ min: 1, max: 40 }),
        (text, most) => {
          const short = cut(text, most);
          expect(Array.from(short).length).toBeLessThanOrEqual(most);
          const kept = Array.from(text).length <= most ? text : short.slice(0, -1);
          const ends = Array.from(graphemes.segment(text), ({ index }) => index);
          const isWhole = [...ends, text.length].some(
            (end) => text.slice(0, end).trimEnd() === kept.trimEnd(),
          );
          expect({ isWhole, isBeginning: text.startsWith(kept) }).toEqual({
            isWhole: true,
            isBeginning: true,
          });
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["families", "👩‍👩‍👧‍👦".repeat(3), 10],
    ["flags", "🇨🇭🇫🇮🇳🇴", 4],
    ["skin tones", "abc👍🏽", 4],
    ["marks", "abcde\u0301\u0302f", 7],
    ["a consonant cluster", "abक्षि", 5],
  ])("keeps %s whole", (_what, text, most) => {
    const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
    const starts = Array.from(graphemes.segment(text), ({ index }) => index);
    expect(starts).toContain(cut(text, most).length - 1);
  });
});

function previewOfPost(members: Wire, intro = ""): string {
  const { posts, includes } = parsePage(
    toBody({
      data: [{ id: "1", created_at: "2026-01-01T00:00:00Z", author_id: "2", ...members }],
      includes: { media: MEDIA },
    }),
  );
  return posts[0] ? previewOf(intro, posts[0], includes) : "";
}
