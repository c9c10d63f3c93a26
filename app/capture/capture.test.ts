import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { archivedIds, blobsUnder, captureDepsOf, SOURCE, watch } from "../testing/captures.ts";
import { createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import { startScriptedX } from "../testing/serve-x.ts";
import { capture } from "./capture.ts";
import { readCoverage } from "./coverage.ts";
import type { Interval } from "../time/intervals.ts";
import { postsOf } from "../feeds/posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
/** All of the day's posts, a minute apart, but the one at its very end. */
const POSTS = manyPosts(250);
const IDS = POSTS.slice(1).map(({ id }) => id);

let x: LocalX;
afterEach(() => x?.close());

async function start(posts = POSTS, otherPosts: typeof posts = []): Promise<Parts> {
  x = await startSmallX(posts, { keys: X_KEYS, otherPosts });
  return createParts(x.url);
}

describe("A window", () => {
  it("is read over all its pages, the empty one with a next_token too", async () => {
    const parts = await start();
    const twitter = watch(parts.twitter);
    await capture(captureDepsOf(parts, { twitter, posts: 250 }), SOURCE, DAY);
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    const counts = twitter.bodies.map((body) => resultCount(body));
    // The empty one twice, and in the end that there is none that is older.
    expect(counts).toEqual([100, 0, 0, 100, 50, 0]);
  });

  it("is stored page by page, as the bytes came, before the next page is asked for", async () => {
    const parts = await start();
    const storedAtCall: number[] = [];
    const twitter = watch(parts.twitter, async () => {
      storedAtCall.push(blobsUnder(parts, "/pages/").length);
    });
    await capture(captureDepsOf(parts, { twitter, posts: 250 }), SOURCE, DAY);
    expect(storedAtCall).toEqual([0, 1, 1, 2, 3, 4]);
    const stored = blobsUnder(parts, "/pages/").map((name) => parts.store.blobs.get(name));
    const [first, , ...others] = twitter.bodies;
    expect(stored.map((blob) => blob && Buffer.from(blob.body))).toEqual([first, ...others]);
    expect(stored[0]?.metadata).toMatchObject({
      request: expect.stringMatching(
        /^users\/42\/tweets\?.*start_time=2026-01-01T00%3A00%3A00Z/,
      ) as unknown,
      receivedat: "2026-06-01T12:00:00.000Z",
    });
  });

  it("that was cut off goes on where it stopped, and asks for no page twice", async () => {
    const parts = await start();
    const dying = watch(parts.twitter, async (_query, call) => {
      if (call === 4) {
        throw new Error("the process dies");
      }
    });
    await expect(
      capture(captureDepsOf(parts, { twitter: dying, posts: 250 }), SOURCE, DAY),
    ).rejects.toThrow("the process dies");
    expect((await readCoverage(parts.store, postsOf(SOURCE.jobId))).intervals).toEqual([]);
    const twitter = watch(parts.twitter);
    await capture(captureDepsOf(parts, { twitter, posts: 250 }), SOURCE, DAY);
    expect(twitter.queries).toHaveLength(3);
    expect(twitter.queries[0]?.paginationToken).toBe(dying.queries[3]?.paginationToken);
    expect(x.returned()).toBe(250);
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
  });

  it("that was cut off after its last page asks X for nothing", async () => {
    const parts = await start();
    const { store } = parts;
    const replace: typeof store.replace = async (name, ...written) => {
      if (name.endsWith("/coverage.json")) {
        throw new Error("the process dies");
      }
      return store.replace(name, ...written);
    };
    const deps = captureDepsOf(parts, { store: { ...store, replace }, posts: 250 });
    await expect(capture(deps, SOURCE, DAY)).rejects.toThrow("the process dies");
    const twitter = watch(parts.twitter);
    await capture(captureDepsOf(parts, { twitter, posts: 250 }), SOURCE, DAY);
    expect(twitter.queries).toEqual([]);
    expect((await readCoverage(store, postsOf(SOURCE.jobId))).intervals).toMatchObject([DAY]);
  });

  it("that is known already costs nothing, as a whole or in part", async () => {
    const parts = await start();
    const twitter = watch(parts.twitter);
    const deps = captureDepsOf(parts, { twitter, posts: 250 });
    await capture(deps, SOURCE, DAY);
    const before = twitter.queries.length;
    await capture(deps, SOURCE, DAY);
    const part = { start: "2026-01-01T22:00:00Z", end: "2026-01-01T23:00:00Z" };
    await capture(deps, SOURCE, part);
    expect(twitter.queries).toHaveLength(before);
    expect(await archivedIds(parts, part)).toHaveLength(60);
  });

  it("that overlaps what is known asks for the rest only", async () => {
    const parts = await start();
    const twitter = watch(parts.twitter);
    const deps = captureDepsOf(parts, { twitter, posts: 250 });
    const noon = { start: "2026-01-01T20:00:00Z", end: "2026-01-01T21:00:00Z" };
    await capture(deps, SOURCE, noon);
    await capture(deps, SOURCE, DAY);
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    const asked = twitter.queries.filter(
      ({ paginationToken, untilId }) => paginationToken === undefined && untilId === undefined,
    );
    expect(asked.map(({ startTime, endTime }) => ({ start: startTime, end: endTime }))).toEqual([
      noon,
      { start: DAY.start, end: noon.start },
      { start: noon.end, end: DAY.end },
    ]);
  });

  it("without a post is known, too", async () => {
    const parts = await start([]);
    const coverage = await capture(captureDepsOf(parts, { posts: 0 }), SOURCE, DAY);
    expect(coverage).toMatchObject({ intervals: [{ ...DAY, posts: 0 }], gaps: [] });
  });
});

describe("Windows side by side", () => {
  const HOURS = ["20", "21", "22", "23"].map((hour) => `2026-01-01T${hour}:00:00Z`);

  it("give every post once, and pay for the post on their boundary once", async () => {
    const parts = await start();
    const deps = captureDepsOf(parts, { posts: 250 });
    for (const window of pairs([...HOURS, DAY.end])) {
      await capture(deps, SOURCE, window);
    }
    const whole = { start: HOURS[0] ?? "", end: DAY.end };
    expect(await archivedIds(parts, whole)).toEqual(IDS.slice(0, 240));
    // The post at the end of the last window comes with it: X counts the second of its end in.
    expect(x.returned()).toBe(241);
  });

  it("miss nothing where the newest post of the first was edited within the second", async () => {
    const old = postAt("2026-01-01T09:50:00.000Z");
    const next = postAt("2026-01-01T10:10:00.000Z");
    const { id } = postAt("2026-01-01T10:40:00.000Z");
    const edited = { ...old, id, edit_history_tweet_ids: [old.id, id] };
    const parts = await start([edited, next], [old]);
    for (const window of pairs(["09", "10", "11"].map((hour) => `2026-01-01T${hour}:00:00Z`))) {
      const { gaps } = await capture(captureDepsOf(parts, { posts: 2 }), SOURCE, window);
      expect(gaps).toEqual([]);
    }
    const whole = { start: "2026-01-01T09:00:00Z", end: "2026-01-01T11:00:00Z" };
    expect(await archivedIds(parts, whole)).toEqual([id, next.id]);
  });

  it.each([["newest first"], ["in any order"]])("give every post once, %s", async (order) => {
    const parts = await start();
    const deps = captureDepsOf(parts, { posts: 250 });
    const windows = pairs([...HOURS, DAY.end]).toReversed();
    for (const window of order === "newest first" ? windows : shuffle(windows)) {
      await capture(deps, SOURCE, window);
    }
    for (const window of windows) {
      expect(await archivedIds(parts, window)).toHaveLength(60);
    }
  });

  it("share a second that has several posts", async () => {
    const noon = "2026-01-01T12:00:00.000Z";
    const { id } = postAt(noon);
    const three = [0n, 1n, 2n].map((more) => postAt(noon, { id: String(BigInt(id) + more) }));
    const parts = await start(three);
    const deps = captureDepsOf(parts, { posts: 3 });
    const [morning, afternoon] = pairs([DAY.start, "2026-01-01T12:00:00Z", DAY.end]);
    for (const window of [morning, afternoon]) {
      await capture(deps, SOURCE, window ?? DAY);
    }
    expect(await archivedIds(parts, morning ?? DAY)).toEqual([]);
    expect(await archivedIds(parts, afternoon ?? DAY)).toHaveLength(3);
  });
});

describe("A window that has not ended", () => {
  it.each([
    ["2026-06-01T12:00:00Z", "2026-06-01T12:01:00.000Z"],
    ["2026-06-01T11:59:01Z", "2026-06-01T12:00:01.000Z"],
    ["2026-06-02T00:00:00Z", "2026-06-02T00:01:00.000Z"],
  ])("%s waits until %s and asks X for nothing", async (end, retryAt) => {
    const parts = await start();
    const twitter = watch(parts.twitter);
    const open = capture(captureDepsOf(parts, { twitter }), SOURCE, { start: DAY.start, end });
    await expect(open).rejects.toMatchObject({ code: "window-open", retryAt: new Date(retryAt) });
    expect(twitter.queries).toEqual([]);
  });

  it("is read as soon as it has settled", async () => {
    const parts = await start();
    const window = { start: DAY.start, end: "2026-06-01T11:59:00Z" };
    expect((await capture(captureDepsOf(parts), SOURCE, window)).intervals).toHaveLength(1);
  });
});

describe("An answer that cannot be used", () => {
  const good = { id: "1", text: "t", created_at: "2026-01-01T12:00:00.000Z", author_id: "42" };

  it.each([
    ["without created_at", { data: [{ ...good, created_at: undefined }] }],
    ["without author_id", { data: [{ ...good, author_id: undefined }] }],
    ["with an id that is none", { data: [{ ...good, id: "../x" }] }],
  ])("%s is kept apart, and X is asked anew the next time", async (_title, body) => {
    let said: object = body;
    const scripted = await startScriptedX(() => ({ status: 200, body: said }));
    const parts = createParts(scripted.url);
    const deps = captureDepsOf(parts, { posts: 1 });
    await expect(capture(deps, SOURCE, DAY)).rejects.toMatchObject({ code: "x-bad-response" });
    expect(blobsUnder(parts, "/pages/")).toEqual([]);
    const [rejected = ""] = blobsUnder(parts, "/rejected/");
    const kept = Buffer.from(parts.store.blobs.get(rejected)?.body ?? []).toString();
    expect(kept).toBe(JSON.stringify(body));
    said = { data: [good], meta: { result_count: 1 } };
    await capture(deps, SOURCE, DAY);
    await scripted.close();
    expect(await archivedIds(parts, DAY)).toEqual(["1"]);
  });
});

function resultCount(body: Buffer): number {
  const count = /"result_count":(\d+)/.exec(body.toString())?.[1];
  return Number(count);
}

function pairs(instants: string[]): Interval[] {
  return instants.slice(1).map((end, index) => ({ start: instants[index] ?? "", end }));
}

function shuffle<T>(all: T[]): T[] {
  return all.toSorted((a, b) => (all.indexOf(a) % 2) - (all.indexOf(b) % 2));
}
