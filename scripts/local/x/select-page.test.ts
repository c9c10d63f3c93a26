import { describe, expect, it } from "vitest";
import { Refusal } from "./problems.ts";
import { selectPage } from "./select-page.ts";
import { manyPosts, postAt } from "./testing/small-timeline.ts";
import { readTimelineQuery } from "./timeline-query.ts";

const CLOCK = { now: Date.parse("2026-06-01T00:00:00Z"), followsWindows: false };

function read(query: Record<string, string>, clock = CLOCK) {
  return readTimelineQuery(new URLSearchParams(query), clock);
}

describe("the query of a timeline", () => {
  it.each([
    [{ max_results: "4" }],
    [{ max_results: "101" }],
    [{ max_results: "ten" }],
    [{ start_time: "2010-11-05T23:59:59Z" }],
    [{ start_time: "2026-01-01" }],
    [{ start_time: "2026-01-01T00:00:00+01:00" }],
    [{ start_time: "2026-13-01T00:00:00Z" }],
    [{ start_time: "2026-05-31T23:59:51Z" }],
    [{ end_time: "2026-05-31T23:59:51Z" }],
    [{ start_time: "2026-01-02T00:00:00Z", end_time: "2026-01-02T00:00:00Z" }],
    [{ since_id: "-1" }],
    [{ until_id: "12345678901234567890" }],
    [{ exclude: "quotes" }],
  ])("is refused with 400: %o", (query) => {
    expect(() => read(query)).toThrow(Refusal);
  });

  it.each([
    [{}],
    [{ max_results: "5" }],
    [{ max_results: "100" }],
    [{ start_time: "2010-11-06T00:00:00Z", end_time: "2026-05-31T23:59:50Z" }],
    [{ start_time: "2026-01-01T00:00:00.000Z" }],
    [{ exclude: "replies,retweets" }],
  ])("is accepted: %o", (query) => {
    expect(() => read(query)).not.toThrow();
  });

  it("may end at the very moment of the clock that follows the windows, not later", () => {
    const clock = { ...CLOCK, followsWindows: true };
    expect(() => read({ end_time: "2026-06-01T00:00:00Z" }, clock)).not.toThrow();
    expect(() => read({ end_time: "2026-06-01T00:00:01Z" }, clock)).toThrow(Refusal);
    expect(() => read({ start_time: "2026-05-31T23:59:51Z" }, clock)).toThrow(Refusal);
  });
});

describe("a page of a timeline", () => {
  const late = postAt("2026-01-01T00:00:03.000Z");
  const middle = postAt("2026-01-01T00:00:02.000Z");
  const early = postAt("2026-01-01T00:00:01.000Z");

  it.each([
    ["start_time is inclusive", { start_time: "2026-01-01T00:00:02Z" }, [late, middle]],
    ["end_time is inclusive", { end_time: "2026-01-01T00:00:02Z" }, [middle, early]],
    ["since_id is exclusive", { since_id: middle.id }, [late]],
    ["until_id is exclusive", { until_id: middle.id }, [early]],
    [
      "since_id beats start_time",
      { since_id: early.id, start_time: "2026-01-01T00:00:03Z" },
      [late, middle],
    ],
    [
      "until_id beats end_time",
      { until_id: late.id, end_time: "2026-01-01T00:00:01Z" },
      [middle, early],
    ],
  ])("shows that %s", (_what, query, expected) => {
    const { posts } = selectPage([late, middle, early], read(query), undefined);
    expect(posts).toEqual(expected);
  });

  it.each([
    [250, {}, 250],
    [3300, {}, 3200],
    [3300, { exclude: "replies" }, 800],
  ])("leads in a walk through %i posts with %o to %i", (count, query, expected) => {
    const timeline = manyPosts(count);
    const wanted = read({ max_results: "100", ...query });
    const ids = new Set<string>();
    let page = selectPage(timeline, wanted, undefined);
    while (page.next !== undefined) {
      page.posts.forEach((post) => ids.add(post.id));
      page = selectPage(timeline, wanted, page.next);
    }
    page.posts.forEach((post) => ids.add(post.id));
    expect(ids.size).toBe(expected);
  });

  it("is empty in the middle of a walk, and the walk goes on", () => {
    const timeline = manyPosts(30);
    const wanted = read({});
    const first = selectPage(timeline, wanted, undefined);
    const second = selectPage(timeline, wanted, first.next);
    const third = selectPage(timeline, wanted, second.next);
    expect([first, second, third].map((page) => page.posts.length)).toEqual([10, 0, 10]);
    expect(third.posts).toEqual(timeline.slice(10, 20));
  });

  it("leads back to the page before", () => {
    const timeline = manyPosts(30);
    const wanted = read({});
    const first = selectPage(timeline, wanted, undefined);
    const empty = selectPage(timeline, wanted, first.next);
    const third = selectPage(timeline, wanted, empty.next);
    for (const page of [empty, third]) {
      expect(selectPage(timeline, wanted, page.previous).posts).toEqual(first.posts);
    }
  });

  it("is empty beyond the newest 3,200, without an error", () => {
    const oldest = manyPosts(3210).slice(3200);
    const query = read({ end_time: oldest[0]?.created_at ?? "" });
    const page = selectPage(manyPosts(3210), query, undefined);
    expect(page).toEqual({ posts: [] });
  });

  it("leaves out what was excluded", () => {
    const reply = { ...middle, referenced_tweets: [{ type: "replied_to" as const, id: "1" }] };
    const repost = { ...early, referenced_tweets: [{ type: "retweeted" as const, id: "1" }] };
    const { posts } = selectPage(
      [late, reply, repost],
      read({ exclude: "replies,retweets" }),
      undefined,
    );
    expect(posts).toEqual([late]);
  });
});
