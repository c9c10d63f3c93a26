import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { captureDepsOf, SOURCE, watch } from "../testing/captures.ts";
import { createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import { capture } from "./capture.ts";
import { isFarMore, wordsForClaim } from "./claim.ts";
import { readCoverage } from "./coverage.ts";
import { postsOf } from "../feeds/posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const NEXT_DAY = { start: DAY.end, end: "2026-01-03T00:00:00Z" };
const BEFORE = { start: "2025-12-31T00:00:00Z", end: DAY.start };
const ACCOUNT_SINCE = "2025-12-31T00:00:00.000Z";

let x: LocalX;
afterEach(() => x?.close());

async function startWorld(): Promise<Parts> {
  x = await startSmallX(manyPosts(250), { keys: X_KEYS });
  return createParts(x.url);
}

describe("Where X counts far more posts than its timeline gives", () => {
  it("coverage and the log say so, once; it is no gap", async () => {
    const parts = await startWorld();
    await capture(captureDepsOf(parts, { posts: 5000 }), SOURCE, DAY);
    await capture(captureDepsOf(parts, { posts: 5000 }), SOURCE, NEXT_DAY);
    const { claim, gaps } = await readCoverage(parts.store, postsOf("job-1"));
    expect(claim).toMatchObject({ posts: 5000, given: 250 });
    expect(gaps).toEqual([]);
    expect(parts.log.of("capture.posts-missing")).toMatchObject([
      { jobId: "job-1", posts: 5000, count: 250, reason: expect.stringMatching(/250/) as unknown },
    ]);
  });

  it("is said of an account of few posts once its whole life was read", async () => {
    const parts = await startWorld();
    parts.clock.set("2026-01-03T00:02:00Z");
    const data = {
      id: "42",
      username: "small",
      name: "Small",
      created_at: ACCOUNT_SINCE,
      public_metrics: { tweet_count: 2000 },
    };
    const answer = { body: Buffer.from(JSON.stringify({ data })), about: {} };
    const deps = captureDepsOf(parts, { askAccount: async () => answer });
    for (const window of [BEFORE, DAY]) {
      await capture(deps, SOURCE, window);
      expect((await readCoverage(parts.store, postsOf("job-1"))).claim).toBeUndefined();
    }
    await capture(deps, SOURCE, NEXT_DAY);
    expect((await readCoverage(parts.store, postsOf("job-1"))).claim).toMatchObject({
      posts: 2000,
    });
  });

  it("the remark goes once it is so no more", async () => {
    const parts = await startWorld();
    await capture(captureDepsOf(parts, { posts: 5000 }), SOURCE, DAY);
    x = await restart();
    const { twitter } = createParts(x.url);
    const window = { start: "2025-12-30T00:00:00Z", end: DAY.start };
    await capture(captureDepsOf(parts, { twitter, posts: 3005 }), SOURCE, window);
    expect((await readCoverage(parts.store, postsOf("job-1"))).claim).toBeUndefined();
  });

  it("is not told of posts that lie before what was read, or beyond X's depth", async () => {
    const parts = await startWorld();
    const hour = { start: "2026-01-01T22:00:00Z", end: "2026-01-02T00:00:00Z" };
    const twitter = watch(parts.twitter);
    await capture(captureDepsOf(parts, { twitter, posts: 5000 }), SOURCE, hour);
    const next = { start: hour.end, end: "2026-01-02T01:00:00Z" };
    await capture(captureDepsOf(parts, { twitter, posts: 5000 }), SOURCE, next);
    expect((await readCoverage(parts.store, postsOf("job-1"))).claim).toBeUndefined();
    // Older posts are asked for once, and not with each window.
    expect(
      twitter.queries.filter(
        ({ startTime, sinceId, maxResults }) =>
          maxResults === 5 && startTime === undefined && sinceId === undefined,
      ),
    ).toHaveLength(1);
  });
});

it.each([
  [{ posts: 5000, given: 250 }, true],
  [{ posts: 100, given: 60 }, true],
  // What X's count is late with.
  [{ posts: 30, given: 12 }, false],
  [{ posts: 3000, given: 2800 }, false],
  [{ posts: 100_000, given: 3200 }, false],
  [{ posts: 100, given: 120 }, false],
])("far more than it gives: %j is %s", (claim, expected) => {
  expect(isFarMore(claim)).toBe(expected);
});

it("The remark is a sentence for a person", () => {
  expect(wordsForClaim({ posts: 5000, given: 250 })).toBe(
    "X says 5,000 posts, its timeline ended after 250, which is before its depth of 3,200: posts may be withheld or deleted",
  );
});

/** The account as it is once X gives what it counts. */
async function restart(): Promise<LocalX> {
  await x.close();
  return startSmallX(manyPosts(2990), { keys: X_KEYS });
}
