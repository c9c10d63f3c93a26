import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import type { Post } from "../../scripts/local/x/timeline.ts";
import { postToItem } from "../delivery/item.ts";
import { readOutbox } from "../delivery/outbox.ts";
import {
  archivedIds,
  blobsUnder,
  captureDepsOf,
  type Fate,
  SOURCE,
  withholding,
} from "../testing/captures.ts";
import { PROVENANCE } from "../testing/deliveries.ts";
import { ACCOUNT, createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import { capture } from "./capture.ts";
import { readCoverage } from "./coverage.ts";
import { lookUp } from "./lookup.ts";
import { readStoredPage } from "./pages.ts";
import { POSTS, postsOf } from "../feeds/posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const NEXT_DAY = { start: DAY.end, end: "2026-01-03T00:00:00Z" };

/** The account's post, edited over midnight, and another one of the second of its first version. */
const FIRST = postAt("2026-01-01T23:50:00.000Z");
const EDITED = postAt("2026-01-02T00:10:00.000Z", {
  edit_history_tweet_ids: [FIRST.id, idOf("2026-01-02T00:10:00.000Z")],
});
const BESIDE = { ...postAt("2026-01-01T23:50:00.000Z"), id: String(BigInt(FIRST.id) + 7n) };
/** Others' posts: one that quotes, and what it quotes. */
const QUOTED = postAt("2025-12-01T00:00:00.000Z", { author_id: "43" });
const QUOTING = postAt("2025-12-02T00:00:00.000Z", {
  author_id: "43",
  referenced_tweets: [{ type: "quoted", id: QUOTED.id }],
});
const REPOST = postAt("2026-01-02T12:00:00.000Z", {
  referenced_tweets: [{ type: "retweeted", id: QUOTING.id }],
});
const LONE = postAt("2026-01-02T15:00:00.000Z");

let x: LocalX;
afterEach(() => x?.close());

describe("An earlier version of which X says nothing", () => {
  it("is asked for again, and is there", async () => {
    const { parts, read, twitter } = await start([omit(FIRST)], { lookups: 2 });
    await read(NEXT_DAY);
    expect(twitter.lookups()).toEqual([[FIRST.id, QUOTED.id], [FIRST.id], [FIRST.id]]);
    expect(await waitingIn(parts)).toEqual([[FIRST.id, "late"]]);
    expect(await gapsOf(parts)).toEqual([]);
    expect(parts.log.of("capture.post-unanswered")).toEqual([]);
  });

  it("is a gap that names it, where X keeps silent, and a line in the log", async () => {
    const { parts, read } = await start([omit(FIRST)]);
    await read(NEXT_DAY);
    expect(await gapsOf(parts)).toMatchObject([
      {
        start: "2026-01-01T23:50:00Z",
        end: "2026-01-01T23:50:01Z",
        postId: FIRST.id,
        reason: expect.stringContaining(`${FIRST.id} of the account`) as unknown,
      },
    ]);
    expect(parts.log.of("gap.recorded")).toMatchObject([{ postId: FIRST.id }]);
    expect(parts.log.of("capture.post-unanswered")).toMatchObject([{ postId: FIRST.id }]);
  });

  it("is a gap, too, where X refuses it, with the reason", async () => {
    const { parts, read } = await start([{ id: FIRST.id, as: "refused" }]);
    await read(NEXT_DAY);
    const [gap] = await gapsOf(parts);
    expect(gap?.reason).toContain("Not Found Error");
    expect(parts.log.of("capture.post-unanswered")).toEqual([]);
  });

  it("keeps no other post of its second from being read", async () => {
    const { parts, read } = await start([omit(FIRST)]);
    await read(NEXT_DAY);
    await read(DAY);
    expect(await archivedIds(parts, DAY)).toEqual([BESIDE.id]);
    expect((await readCoverage(parts.store, postsOf(SOURCE.jobId))).intervals).toMatchObject([
      DAY,
      NEXT_DAY,
    ]);
  });

  it("is asked for again hours later, waits then, and closes its gap", async () => {
    const { parts, read, twitter } = await start([omit(FIRST)], { lookups: 3 });
    await read(NEXT_DAY);
    await read(NEXT_DAY);
    expect(twitter.lookups()).toHaveLength(3);
    parts.clock.advance(2 * 3_600_000);
    await read(NEXT_DAY);
    expect(await waitingIn(parts)).toEqual([[FIRST.id, "late"]]);
    expect(await gapsOf(parts)).toEqual([]);
    expect(blobsUnder(parts, "/missing/")).toEqual([]);
  });

  it("is asked for two times more and not for ever; the gap stays", async () => {
    const { parts, read, twitter } = await start([omit(FIRST)]);
    await read(NEXT_DAY);
    for (let hours = 0; hours < 100; hours += 10) {
      parts.clock.advance(10 * 3_600_000);
      await read(NEXT_DAY);
    }
    expect(twitter.lookups()).toHaveLength(3 + 3 + 3);
    expect(await gapsOf(parts)).toHaveLength(1);
    expect(await waitingIn(parts)).toEqual([]);
  });
});

describe("A post that is only shown, and of which X says nothing,", () => {
  it("is named in the item that shows it, and in the log", async () => {
    const { parts, read } = await start([omit(QUOTED)]);
    await read(NEXT_DAY);
    expect(await contentOf(parts, REPOST)).toContain(
      "did not hand out (X was asked 3 times and neither gave it nor said why not)",
    );
    expect(parts.log.of("capture.post-unanswered")).toMatchObject([{ postId: QUOTED.id }]);
    expect(await gapsOf(parts)).toEqual([]);
  });

  it("has the post that shows it go out anew, once X gives it", async () => {
    const { parts, read } = await start([omit(QUOTED)], { lookups: 3 });
    await read(NEXT_DAY);
    parts.clock.advance(2 * 3_600_000);
    await read(NEXT_DAY);
    expect(await waitingIn(parts)).toContainEqual([REPOST.id, "completed"]);
    const waiting = await Array.fromAsync(readOutbox(parts.store, SOURCE.jobId));
    const [page = ""] = waiting.find(({ id }) => id === REPOST.id)?.pages ?? [];
    const stored = await readStoredPage(parts.store, POSTS, page);
    expect(stored?.page.includes.posts.get(QUOTED.id)?.text).toBe(QUOTED.text);
    // What was handed over stays as it was.
    expect(await contentOf(parts, REPOST)).toContain("did not hand out");
  });
});

describe("A post of the account that stands only among a page's errors", () => {
  it("is asked for by its id, and waits for its window", async () => {
    const { parts, read } = await start([{ id: LONE.id, as: "refused" }], { lookups: 0 });
    await read(NEXT_DAY);
    expect(await waitingIn(parts)).toContainEqual([LONE.id, "late"]);
    expect(await archivedIds(parts, NEXT_DAY)).toContain(LONE.id);
    expect(await gapsOf(parts)).toEqual([]);
  });

  it("is a gap where X refuses it by its id, too", async () => {
    const { parts, read } = await start([{ id: LONE.id, as: "refused" }]);
    await read(NEXT_DAY);
    expect(await gapsOf(parts)).toMatchObject([
      { start: "2026-01-02T15:00:00Z", end: "2026-01-02T15:00:01Z", postId: LONE.id },
    ]);
  });
});

describe("Named posts", () => {
  it("of which X says nothing are asked for again with what else is asked, and told of", async () => {
    const { parts, deps, twitter } = await start([omit(LONE)]);
    const ids = [LONE.id, REPOST.id];
    const notRead = await lookUp(deps, { ...SOURCE, taskId: "t", ids });
    expect([...notRead]).toEqual([[LONE.id, expect.stringContaining("asked 3 times")]]);
    expect(twitter.lookups().slice(0, 3)).toEqual([ids, [LONE.id], [LONE.id]]);
    expect(parts.log.of("capture.post-unanswered")).toMatchObject([
      { taskId: "t", postId: LONE.id },
    ]);
  });
});

function omit({ id }: Post): Fate {
  return { id, as: "omitted" };
}

function idOf(time: string): string {
  return postAt(time).id;
}

async function start(fates: Fate[], { lookups = 1000 }: { lookups?: number } = {}) {
  x = await startSmallX([LONE, REPOST, EDITED, BESIDE], {
    keys: X_KEYS,
    otherPosts: [FIRST, QUOTED, QUOTING],
  });
  const parts = createParts(x.url);
  const twitter = withholding(parts.twitter, fates, { lookups });
  const deps = captureDepsOf(parts, { twitter, posts: 4 });
  return { parts, deps, twitter, read: (window: typeof DAY) => capture(deps, SOURCE, window) };
}

async function waitingIn({ store }: Parts) {
  const entries = await Array.fromAsync(readOutbox(store, SOURCE.jobId));
  return entries.map(({ id, reason }) => [id, reason]);
}

async function gapsOf({ store }: Parts) {
  return (await readCoverage(store, postsOf(SOURCE.jobId))).gaps;
}

async function contentOf({ store }: Parts, { id }: Post): Promise<string> {
  for (const name of [...store.blobs.keys()].filter((one) => /captures.*\/pages\//.test(one))) {
    const stored = await readStoredPage(store, POSTS, name);
    const post = stored?.page.posts.find((one) => one.id === id);
    if (stored && post) {
      const { includes } = stored.page;
      const { PreContext } = postToItem({
        post,
        includes,
        account: ACCOUNT,
        media: new Map(),
        receivedAt: stored.receivedAt,
        provenance: PROVENANCE,
      });
      return PreContext?.map(({ Content }) => Content).join("\n") ?? "";
    }
  }
  return "";
}
