import { describe, expect, it } from "vitest";
import { type Cut, cutOf, weightOf } from "./cut-text.ts";
import type { WirePost } from "./wire.ts";

const LONG = "The north quay opens again at dawn. ".repeat(8);
const at = (length: number) => LONG.slice(0, length).replace(/ $/, ".");

function post(text: string, members: Partial<WirePost> = {}): WirePost {
  return { id: "1212161512043446272", text, ...members };
}

describe("A text may be cut", () => {
  const itself = {
    urls: [
      { url: "https://t.co/a", expanded_url: "https://x.com/i/web/status/1212161512043446272" },
    ],
  };

  it.each<[string, WirePost, Cut | undefined]>([
    ["that leads to its own post", post("Short https://t.co/a", { entities: itself }), "cut"],
    ["that ends in an ellipsis near X's limit", post(`${at(275)}…`), "cut"],
    ["that ends in an ellipsis and a link", post(`${at(250)}… https://t.co/abcdefghij`), "cut"],
    ["that ends in three dots near X's limit", post(`${at(270)}...`), "cut"],
    ["that is as long as a short one can be", post(at(280)), "at the limit"],
    ["that is longer than a short one can be", post(at(288)), "at the limit"],
    ["of signs that count twice", post("港".repeat(140)), "at the limit"],
    ["that is short", post("Short…"), undefined],
    ["that is a sign shorter than it could be", post(at(279)), undefined],
    ["with escaped signs, which count once", post(`${at(270)} &amp;&amp;`), undefined],
    [
      "after the handles of an answer",
      post(`@abcdefghijklmno ${at(264)}`, {
        display_text_range: [17, 281],
      }),
      undefined,
    ],
    [
      "of a repost, which X always cuts",
      post(`RT @a: ${at(271)}…`, {
        referenced_tweets: [{ type: "retweeted", id: "1" }],
      }),
      undefined,
    ],
    ["whose note came", post(`${at(275)}…`, { note_tweet: { text: LONG } }), undefined],
    [
      "whose note came in the new words",
      post(`${at(275)}…`, { note_post: { text: LONG } }),
      undefined,
    ],
    ["whose note is empty", post(`${at(275)}…`, { note_tweet: { text: "" } }), "cut"],
  ])("%s: %#", (_what, wire, cut) => {
    expect(cutOf(wire)).toBe(cut);
  });
});

it.each([
  ["a".repeat(280), 280],
  ["é".repeat(200), 200],
  ["e\u0301".repeat(200), 200],
  ["港".repeat(140), 280],
  ["👨‍👩‍👧‍👦".repeat(140), 280],
  ["🇳🇴".repeat(140), 280],
])("X counts %s for %d", (text, weight) => {
  expect(weightOf(text)).toBe(weight);
});
