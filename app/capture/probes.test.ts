import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { archivedIds, captureDepsOf, SOURCE, watch } from "../testing/captures.ts";
import { createClock } from "../testing/clock.ts";
import { createParts, OWN_TOKEN, X_KEYS } from "../testing/harness.ts";
import { windowsOf } from "../testing/windows.ts";
import { capture } from "./capture.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { createAskAccount } from "./probes.ts";
import { addSeconds, type Interval } from "../time/intervals.ts";
import { prove, readEvidence } from "./proof.ts";
import { DEPTH } from "./scan.ts";
import { postsOf } from "../feeds/posts.ts";

/** A minute apart, the newest at 2026-01-02T00:00:00Z, the oldest 55 hours before it. */
const POSTS = manyPosts(3300);
const REACHABLE = POSTS.slice(0, DEPTH).map(({ id }) => id);
const OLDEST = (POSTS[DEPTH - 1]?.created_at ?? "").replace(".000Z", "Z");
const ALL = { start: "2025-12-30T00:00:00Z", end: "2026-01-02T00:00:01Z" };

let x: LocalX;
beforeAll(async () => {
  x = await startSmallX(POSTS, { keys: X_KEYS });
});
afterAll(() => x.close());

describe("A timeline that is longer than X's depth", () => {
  it("in one window: every reachable post is there, and the gap ends at the oldest of them", async () => {
    const parts = createParts(x.url);
    const { gaps } = await capture(captureDepsOf(parts), SOURCE, ALL);
    expect(await archivedIds(parts, ALL)).toEqual(REACHABLE);
    expect(gaps).toEqual([
      {
        start: ALL.start,
        end: addSeconds(OLDEST, 1),
        reason: "X gives only the newest 3200 posts of an account",
        tried: expect.stringContaining(
          `all 3200 posts that X gave were read, the oldest of ${OLDEST}`,
        ) as unknown,
        recordedAt: "2026-06-01T12:00:00Z",
        unsearched: true,
      },
    ]);
    expect(parts.log.of("gap.recorded")).toHaveLength(1);
  });

  it.each([
    ["from the oldest", windowsOf(ALL, 12)],
    ["from the newest", windowsOf(ALL, 12).toReversed()],
  ])(
    "in windows of 12 hours, %s: the same posts, and no window is a quiet one",
    async (_t, windows) => {
      const parts = createParts(x.url);
      for (const window of windows) {
        await capture(captureDepsOf(parts), SOURCE, window);
      }
      const { gaps } = await capture(captureDepsOf(parts), SOURCE, ALL);
      expect(await archivedIds(parts, ALL)).toEqual(REACHABLE);
      const missing = POSTS.slice(DEPTH).map(({ created_at: at }) => at.replace(".000Z", "Z"));
      expect(
        missing.filter((at) => !gaps.some(({ start, end }) => start <= at && at < end)),
      ).toEqual([]);
      expect(
        gaps
          .map(({ end }) => end)
          .toSorted()
          .at(-1),
      ).toBe(addSeconds(OLDEST, 1));
    },
  );

  it("has no post returned more than twice, however many windows lie beyond it", async () => {
    const other = await startSmallX(POSTS, { keys: X_KEYS });
    const parts = createParts(other.url);
    const early = { start: "2025-12-20T00:00:00Z", end: ALL.start };
    for (const window of [...windowsOf(early, 24), ALL]) {
      const { gaps } = await capture(captureDepsOf(parts), SOURCE, window);
      expect(gaps.some(({ start, end }) => start <= window.start && window.start < end)).toBe(true);
    }
    const probes = windowsOf(early, 24).length + 1;
    expect(other.returned()).toBeLessThanOrEqual(2 * DEPTH + probes * 5);
    expect(other.reads()).toBe(DEPTH);
    await other.close();
  });

  it("read again costs nothing", async () => {
    const parts = createParts(x.url);
    await capture(captureDepsOf(parts), SOURCE, ALL);
    const twitter = watch(parts.twitter);
    for (const window of [ALL, ...windowsOf(ALL, 12)]) {
      await capture(captureDepsOf(parts, { twitter }), SOURCE, window);
    }
    expect(twitter.queries).toEqual([]);
  });
});

describe("The proof that a window is within reach", () => {
  const recent = { start: "2026-01-01T20:00:00Z", end: "2026-01-01T21:00:00Z" };

  it("needs no question where X says that the account has few posts", async () => {
    expect(await probes({ posts: DEPTH - 200 }, recent)).toEqual([]);
  });

  it("is a post that is older than the window", async () => {
    expect(await probes({ posts: 100_000 }, recent)).toEqual([
      { sinceId: expect.any(String) as unknown, maxResults: 5 },
      { endTime: recent.start, maxResults: 5 },
    ]);
  });

  it("is not given by X saying nothing of how many posts there are", async () => {
    expect(await probes({ askAccount: sayNothing }, recent)).toHaveLength(2);
  });

  it.each([
    ["says nothing of it", { askAccount: sayNothing }],
    ["counts posts that it does not give", { posts: 100_000 }],
  ])("is a count of newer posts, where X %s and has none that is older", async (_t, about) => {
    const few = await startSmallX(manyPosts(30), { keys: X_KEYS });
    const parts = createParts(few.url);
    const window = { start: "2026-01-01T23:31:00Z", end: "2026-01-01T23:41:00Z" };
    const deps = captureDepsOf(parts, about);
    const { intervals, gaps } = await capture(deps, SOURCE, window);
    expect([intervals, gaps]).toMatchObject([[window], []]);
    expect(
      prove(await readEvidence(parts.store, postsOf("job-1")), { intervals }).unproven,
    ).toEqual([]);
    await few.close();
  });

  async function probes(
    about: { posts?: number; askAccount?: CaptureDeps["askAccount"] },
    window: Interval,
  ) {
    const parts = createParts(x.url);
    const twitter = watch(parts.twitter);
    await capture(captureDepsOf(parts, { twitter, ...about }), SOURCE, window);
    return twitter.queries.filter(({ maxResults }) => maxResults === 5);
  }
});

/** An account of which X does not say how many posts it has. */
const sayNothing: CaptureDeps["askAccount"] = async () => ({
  body: Buffer.from('{"data":{"id":"42","username":"small","name":"Small"}}'),
  about: {},
});

describe("What X says of an account", () => {
  const clock = createClock();
  let asked = 0;
  afterEach(() => {
    asked = 0;
  });
  const account = async () => {
    asked += 1;
    return { body: Buffer.from(String(asked)), about: {} };
  };

  it("is asked once in a quarter of an hour, for each account", async () => {
    const askAccount = createAskAccount({ account }, clock.now);
    const ask = async (accountId: string) =>
      String((await askAccount({ jobId: "job-1", accountId, token: OWN_TOKEN })).body);
    expect([await ask("42"), await ask("42"), await ask("43")]).toEqual(["1", "1", "2"]);
    clock.advance(15 * 60_000);
    expect(await ask("42")).toBe("3");
  });
});
