import { describe, expect, it } from "vitest";
import { generateTimeline, SHAPES } from "./generate.ts";
import { isOnlyWithoutQuery } from "./media-objects.ts";
import { type Media, newestFirst, type Post } from "./timeline.ts";

const timeline = generateTimeline();

function some(test: (post: Post) => boolean): boolean {
  return timeline.posts.some(test);
}

function isFirstMedium(post: Post, test: (media: Media) => boolean): boolean {
  const media = timeline.media.get(post.attachments?.media_keys?.[0] ?? "");
  return media?.media_key.startsWith("3_") === false && test(media);
}

function timeOf(post: Post): number {
  return Number((BigInt(post.id) >> 22n) + 1288834974657n);
}

describe("the generated timeline", () => {
  it("is the same for the same seed and another for another", () => {
    expect(generateTimeline()).toEqual(timeline);
    expect(generateTimeline(7).posts).not.toEqual(timeline.posts);
  });

  it("has some 240 posts of three days, newest first, with ids that tell their time", () => {
    expect(timeline.posts.length).toBeGreaterThan(220);
    expect([...timeline.posts].sort(newestFirst)).toEqual(timeline.posts);
    expect(timeline.posts.at(0)?.created_at).toBe("2026-03-03T00:00:00.000Z");
    expect(timeline.posts.at(-1)?.created_at).toBe("2026-02-28T00:00:00.000Z");
    for (const post of timeline.everyPost.values()) {
      expect(Math.floor(timeOf(post) / 1000)).toBe(Date.parse(post.created_at) / 1000);
    }
  });

  it("has posts at midnight, on full hours, within one second, in a burst, and a quiet half day", () => {
    const perSecond = Map.groupBy(timeline.posts, (post) => post.created_at);
    const burst = timeline.posts.filter((post) => post.created_at.startsWith("2026-03-01T08:"));
    const quiet = timeline.posts.filter((post) => /^2026-03-01T(1[2-9]|2)/.test(post.created_at));
    expect(perSecond.has("2026-03-01T00:00:00.000Z")).toBe(true);
    expect(perSecond.has("2026-03-01T06:00:00.000Z")).toBe(true);
    expect([...perSecond.values()].some((posts) => posts.length > 1)).toBe(true);
    expect(burst.length).toBeGreaterThan(100);
    expect(quiet).toEqual([]);
  });

  it("has every shape several times", () => {
    expect(timeline.posts.length / Object.keys(SHAPES).length).toBeGreaterThan(4);
  });

  it("keeps short texts within 280 characters", () => {
    const tooLong = timeline.posts.filter((post) => Array.from(post.text).length > 280);
    expect(tooLong).toEqual([]);
  });

  it.each([
    ["a long post", (post: Post) => (post.note_tweet?.text.length ?? 0) > 280],
    ["a reply in a thread", (post: Post) => post.conversation_id !== post.id],
    ["a poll", (post: Post) => post.attachments?.poll_ids !== undefined],
    ["a place", (post: Post) => post.geo !== undefined],
    ["four photos", (post: Post) => post.attachments?.media_keys?.length === 4],
    ["an article with a cover", (post: Post) => post.article?.cover_media !== undefined],
    ["an edited post of three versions", (post: Post) => post.edit_history_tweet_ids?.length === 3],
    [
      "an article with code",
      (post: Post) => (post.article?.entities?.code?.[0]?.code ?? "").includes(" < "),
    ],
    ["an empty note", (post: Post) => post.note_tweet?.text === ""],
    ["a text that is cut, with no more of it", (post: Post) => /^.{270,280}…$/su.test(post.text)],
    ["X's notice of a withheld post", (post: Post) => post.text.includes("has been withheld")],
    ["coordinates alone", (post: Post) => post.geo !== undefined && !post.geo.place_id],
    ["a paid partnership", (post: Post) => post["paid_partnership"] === true],
    ["members that X sends oddly", (post: Post) => post["sent_oddly"] !== undefined],
    [
      "a video that X gives as a stream only",
      (post: Post) => isFirstMedium(post, ({ variants = [] }) => variants.length === 1),
    ],
    [
      "a video that X has only without the query of its address",
      (post: Post) => isFirstMedium(post, isOnlyWithoutQuery),
    ],
    ["HTML entities", (post: Post) => post.text.includes("&lt;")],
    [
      "a lost photo",
      (post: Post) => timeline.lostMedia.has(post.attachments?.media_keys?.[0] ?? ""),
    ],
    [
      "a repost cut at 140 characters",
      (post: Post) => post.text.startsWith("RT @") && /^.{139}…$/su.test(post.text),
    ],
    [
      "a reference to a post that is gone",
      (post: Post) => (post.referenced_tweets ?? []).some(({ id }) => !timeline.everyPost.has(id)),
    ],
    [
      "a reply to a protected post",
      (post: Post) => timeline.users.get(post.in_reply_to_user_id ?? "")?.protected === true,
    ],
  ])("has %s", (_what, test) => {
    expect(some(test)).toBe(true);
  });

  it("places entities where their words stand", () => {
    const wrong = [...timeline.everyPost.values()].flatMap((post) =>
      (post.entities?.mentions ?? []).filter(({ username, ...place }) => {
        const [start, end] = [Number(place["start"]), Number(place["end"])];
        return Array.from(post.text).slice(start, end).join("") !== `@${username}`;
      }),
    );
    expect(wrong).toEqual([]);
  });
});
