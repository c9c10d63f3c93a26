import { describe, expect, it } from "vitest";
import type { TruePost } from "../contracts.ts";
import { generateTimeline } from "./generate.ts";
import { createMediaFiles } from "./media-files.ts";
import { postAt, smallTimeline } from "./testing/small-timeline.ts";
import type { Post, Timeline } from "./timeline.ts";
import { decodeHtml, tellTruth } from "./truth.ts";

function tell(timeline: Timeline): TruePost[] {
  return tellTruth(timeline, createMediaFiles(timeline));
}

function tellOne(members: Partial<Post>, others: Post[] = []): TruePost | undefined {
  return tell(smallTimeline([postAt("2026-01-01T00:00:00.000Z", members)], others))[0];
}

function quoting(id: string) {
  return [{ type: "quoted" as const, id }];
}

const before = postAt("2025-12-31T00:00:00.000Z", { author_id: "43", text: "A &amp; B" });

describe("the truth about a post", () => {
  it.each([
    ["&amp;&lt;&gt;", "&<>"],
    ["&amp;amp;", "&amp;"],
    ["&quot; &amp", "&quot; &amp"],
  ])("decodes %s once", (stored, read) => {
    expect(decodeHtml(stored)).toBe(read);
  });

  it("takes text and entities of a long post from its note", () => {
    const truth = tellOne({
      text: "short",
      entities: { urls: [{ url: "https://t.co/s" }] },
      note_tweet: {
        text: "the whole",
        entities: {
          urls: [{ url: "https://t.co/n", expanded_url: "https://a.example" }],
          mentions: [{ username: "other" }],
        },
      },
    });
    expect(truth).toMatchObject({
      text: "the whole",
      links: [{ short: "https://t.co/n", expanded: "https://a.example" }],
      mentions: [{ id: "43", username: "other" }],
    });
  });

  it("takes text and entities of a post with an empty note from the post", () => {
    const entities = { urls: [{ url: "https://t.co/s", expanded_url: "https://s.example" }] };
    expect(tellOne({ text: "short", entities, note_tweet: { text: "" } })).toMatchObject({
      text: "short",
      links: [{ short: "https://t.co/s", expanded: "https://s.example" }],
    });
  });

  it("names what an article has, with its code, as it is", () => {
    const timeline = generateTimeline();
    const facts = tell(timeline).flatMap((post) => post.facts);
    expect(facts).toContain("How we count tides & ships");
    expect(facts).toContain("const isHigh = tide > 4 && wind < 12; // &amp;");
  });

  it("names the members that X sends oddly, and is none the less complete", () => {
    const entities = { urls: [{ url: "https://t.co/s" }] };
    expect(tellOne({ entities, sent_oddly: { entities: null, geo: 5 } })).toMatchObject({
      links: [{ short: "https://t.co/s" }],
      oddMembers: ["entities", "geo"],
    });
  });

  it("takes the preview picture for a video that X gives as a stream, and a film where it is", () => {
    const timeline = generateTimeline();
    const media = tell(timeline).flatMap((post) => post.media);
    const previews = media.filter(({ isPreview }) => isPreview);
    expect(previews.length).toBeGreaterThan(1);
    expect(new Set(previews.map(({ contentType }) => contentType))).toEqual(
      new Set(["image/jpeg"]),
    );
  });

  it("names the earlier versions that X hands out", () => {
    const post = postAt("2026-01-01T00:00:00.000Z");
    const version = postAt("2025-12-31T23:50:00.000Z", { text: "before" });
    const edit_history_tweet_ids = ["7", version.id, post.id];
    const told = tellOne({ edit_history_tweet_ids }, [{ ...version, edit_history_tweet_ids }]);
    expect(told?.earlier).toMatchObject([{ id: version.id, text: "before", earlier: [] }]);
    expect(tellOne({})?.earlier).toEqual([]);
  });

  it("takes the complete text of a repost from the original", () => {
    const long = { ...before, text: "cut", note_tweet: { text: "not cut" } };
    const members = {
      text: "RT @Other: A…",
      referenced_tweets: [{ type: "retweeted" as const, id: before.id }],
    };
    expect(tellOne(members, [before])?.text).toBe("A & B");
    expect(tellOne(members, [long])?.text).toBe("not cut");
    expect(tellOne(members)?.text).toBe("RT @Other: A…");
  });

  it("leaves out a referenced post that is gone or protected", () => {
    const hidden = { ...before, id: "9", author_id: "44" };
    const truth = tellOne(
      {
        referenced_tweets: [
          { type: "quoted", id: before.id },
          { type: "replied_to", id: "8" },
          { type: "replied_to", id: "9" },
        ],
      },
      [before, hidden],
    );
    const shown = truth?.references.map(({ post }) => post?.author.username);
    expect(shown).toEqual(["Other", undefined, undefined]);
  });

  it("ends where posts refer to each other in a circle", () => {
    const posts = [
      postAt("2026-01-01T00:00:00.000Z", { id: "1", referenced_tweets: quoting("2") }),
      postAt("2026-01-01T00:00:00.000Z", { id: "2", referenced_tweets: quoting("1") }),
    ];
    expect(tell(smallTimeline(posts))).toHaveLength(2);
  });

  it("tells of the generated timeline every post, with lost media marked", () => {
    const timeline = generateTimeline();
    const truth = tell(timeline);
    const media = truth.flatMap((post) => post.media);
    expect(truth.map((post) => post.id)).toEqual(timeline.posts.map((post) => post.id));
    expect(media.filter(({ available }) => !available)).toHaveLength(2);
    expect(media.filter(({ available, bytes }) => available && bytes === 0)).toEqual([]);
  });
});
