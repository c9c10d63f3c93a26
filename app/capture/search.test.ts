import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import type { Post } from "../../scripts/local/x/timeline.ts";
import { recordAcceptance } from "../delivery/ledger.ts";
import { readOutbox } from "../delivery/outbox.ts";
import { ConnectorError, type ErrorCode } from "../errors.ts";
import { readJob } from "../jobs/job.ts";
import { scheduledCaptureDepsOf, pass } from "../testing/capture-runs.ts";
import { archivedIds, captureDepsOf, SOURCE } from "../testing/captures.ts";
import { addJob, createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import { startSchedule } from "../worker/capture-schedule.ts";
import { capture } from "./capture.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { addToCoverage, readCoverage } from "./coverage.ts";
import { addSeconds } from "../time/intervals.ts";
import { prove, readEvidence } from "./proof.ts";
import { searchGaps } from "./search.ts";
import { DEPTH } from "./scan.ts";
import { postsOf } from "../feeds/posts.ts";

/** A minute apart; X's timeline gives the newest 3,200. Of the others, every tenth is a repost. */
const POSTS: Post[] = manyPosts(DEPTH + 60).map((post, index) =>
  index >= DEPTH - 10 && index % 10 !== 1 && (index < DEPTH - 1 || index % 10 === 0)
    ? { ...post, referenced_tweets: [{ type: "retweeted", id: "7" }] }
    : post,
);
const OLD = POSTS.slice(DEPTH);
const SEARCHABLE = OLD.filter(({ referenced_tweets: references }) => !references);
const ALL = { start: "2025-12-30T00:00:00Z", end: "2026-01-02T00:00:01Z" };
const OLDEST = POSTS[DEPTH - 1]?.created_at.replace(".000Z", "Z") ?? "";
const GAP = { start: ALL.start, end: addSeconds(OLDEST, 1) };
const REPOSTS = /no reposts/;

let x: LocalX;
afterEach(() => x.close());

async function start(): Promise<Parts> {
  x = await startSmallX(POSTS, { keys: X_KEYS });
  return createParts(x.url);
}

function readAllOf(parts: Parts, changes: Partial<CaptureDeps> = {}) {
  return capture(captureDepsOf(parts, { fullArchiveSearch: true, ...changes }), SOURCE, ALL);
}

function refusing(parts: Parts, code: ErrorCode): Parts["twitter"] {
  const search = async () => {
    throw new ConnectorError(code, "X answered 403");
  };
  return { ...parts.twitter, search };
}

describe("What X's timeline no longer gives", () => {
  it("is read by search, where the app may: all but reposts, for which a gap stays", async () => {
    const parts = await start();
    const { intervals, gaps } = await readAllOf(parts);
    expect(await archivedIds(parts, ALL)).toEqual(
      [...POSTS.slice(0, DEPTH), ...SEARCHABLE].map(({ id }) => id),
    );
    expect(gaps).toMatchObject([{ ...GAP, reason: expect.stringMatching(REPOSTS) as unknown }]);
    expect(intervals).toMatchObject([{ ...GAP, without: "reposts" }, { start: GAP.end }]);
    expect(parts.log.of("gap.recorded")).toMatchObject([
      { windowStart: GAP.start, windowEnd: GAP.end },
      { windowStart: GAP.start, windowEnd: GAP.end, reason: gaps[0]?.reason },
    ]);
  });

  it("is a gap that says so, where the app may not", async () => {
    const parts = await start();
    const { gaps } = await readAllOf(parts, { fullArchiveSearch: false });
    expect(gaps).toMatchObject([{ ...GAP, unsearched: true }]);
    expect(parts.log.of("gap.recorded")).toHaveLength(1);
  });

  it("costs nothing when it is asked for again", async () => {
    const parts = await start();
    await readAllOf(parts);
    const twitter = { ...refusing(parts, "x-unavailable"), timeline: refuseAll };
    await expect(readAllOf(parts, { twitter })).resolves.toBeDefined();
  });

  it("is not looked for where X had no posts yet: X would refuse, and later gaps go without", async () => {
    const parts = await start();
    await readAllOf(parts);
    const before = { start: "2005-01-01T00:00:00Z", end: "2006-01-01T00:00:00Z" };
    await capture(captureDepsOf(parts, { fullArchiveSearch: true }), SOURCE, before);
    expect((await readCoverage(parts.store, postsOf("job-1"))).gaps[0]).toMatchObject(GAP);
    expect(parts.log.of("capture.search-refused")).toEqual([]);
  });

  it("goes on where it was cut off, and does not ask for a page twice", async () => {
    const parts = await start();
    const { store } = parts;
    const replace: typeof store.replace = async (name, body, etag) => {
      if (Buffer.from(body).includes('"reposts"')) {
        throw new Error("the process dies");
      }
      return store.replace(name, body, etag);
    };
    const dying = readAllOf(parts, { store: { ...store, replace } });
    await expect(dying).rejects.toThrow("the process dies");
    expect(await archivedIds(parts, GAP)).toEqual([POSTS[DEPTH - 1]?.id]);
    await readAllOf(parts, {
      twitter: { ...refusing(parts, "x-unavailable"), timeline: refuseAll },
    });
    expect(await archivedIds(parts, GAP)).toHaveLength(SEARCHABLE.length + 1);
  });
});

describe("A search that proves nothing", () => {
  it("because X does not show the account in it, leaves the gap, and is not tried again", async () => {
    const parts = await start();
    let asked = 0;
    const search: Parts["twitter"]["search"] = async () => {
      asked += 1;
      return { body: Buffer.from('{"meta":{"result_count":0}}'), about: {} };
    };
    const twitter = { ...parts.twitter, search };
    const { gaps } = await readAllOf(parts, { twitter });
    const tried = expect.stringContaining("X's search does not show post") as unknown;
    expect(gaps).toMatchObject([{ ...GAP, tried }]);
    expect(gaps[0]).not.toHaveProperty("unsearched");
    await readAllOf(parts, { twitter });
    // Twice for the first time: that X shows nothing is not believed on one answer.
    expect(asked).toBe(2);
  });

  it.each<ErrorCode>(["x-forbidden", "x-token-refused", "x-bad-request"])(
    "because X answers %s is told of, leaves the gap and the job's sign-in, and is tried again",
    async (code) => {
      const parts = await start();
      await addJob(parts, "job-1");
      const { gaps } = await readAllOf(parts, { twitter: refusing(parts, code) });
      expect(gaps).toMatchObject([{ ...GAP, unsearched: true }]);
      expect(parts.log.of("capture.search-refused")).toMatchObject([{ jobId: "job-1", code }]);
      expect(await readJob(parts.store, "job-1")).not.toHaveProperty("needsSignIn");
      await readAllOf(parts);
      expect(await archivedIds(parts, GAP)).toHaveLength(SEARCHABLE.length + 1);
    },
  );
});

describe("A post that search is held against", () => {
  const GAP_BEFORE = { start: at("01"), end: at("20") };
  const repost: Partial<Post> = { referenced_tweets: [{ type: "retweeted", id: "7" }] };
  const old = postAt("2025-12-10T12:00:00.000Z");

  it("is looked for in what was read soonest after the gap, and not in all", async () => {
    const parts = await startAfterGap([postOf("22"), postOf("23"), postOf("27")]);
    // A part touches its neighbours, which may hold a post of its very end.
    expect(await daysReadBy(parts)).toEqual(["20", "21", "22", "23"]);
    expect(await archivedIds(parts, GAP_BEFORE)).toEqual([old.id]);
  });

  it("is not looked for again where there was none, until more has been read", async () => {
    const parts = await startAfterGap([{ ...postOf("22"), ...repost }, postOf("28")]);
    expect(await daysReadBy(parts)).toEqual(["20", "21", "22", "23", "24", "25", "26", "27"]);
    expect(await gapsOf(parts)).toMatchObject([{ unsearched: true, noPostUntil: at("28") }]);
    expect(await daysReadBy(parts)).toEqual([]);
    await readDay(parts, "28");
    expect(await daysReadBy(parts)).toEqual(["27", "28"]);
    expect(await archivedIds(parts, GAP_BEFORE)).toEqual([old.id]);
  });

  /** What the timeline does not give, and each day from the 20th to the 27th read for itself. */
  async function startAfterGap(posts: Post[]): Promise<Parts> {
    x = await startSmallX([...posts, old], { keys: X_KEYS });
    const parts = createParts(x.url);
    for (const day of ["20", "21", "22", "23", "24", "25", "26", "27"]) {
      await readDay(parts, day);
    }
    const gap = { ...GAP_BEFORE, reason: "beyond", tried: "all", unsearched: true };
    const recordedAt = "2026-01-01T00:00:00Z";
    await addToCoverage(parts.store, postsOf("job-1"), { gaps: [{ ...gap, recordedAt }] });
    return parts;
  }

  async function readDay(parts: Parts, day: string): Promise<void> {
    const window = { start: at(day), end: addSeconds(at(day), 86_400) };
    await capture(captureDepsOf(parts, { posts: 5 }), SOURCE, window);
  }

  /** Days of which pages are read while the gap is searched. */
  async function daysReadBy(parts: Parts): Promise<string[]> {
    const days = new Set<string>();
    const read = (name: string) => {
      const [, day] = /2025-12-(\d\d)\/.*\/pages\//.exec(name) ?? [];
      if (day !== undefined && !name.includes("-search/")) {
        days.add(day);
      }
      return parts.store.read(name);
    };
    const store = { ...parts.store, read };
    await searchGaps(captureDepsOf(parts, { store, fullArchiveSearch: true }), SOURCE);
    return [...days].toSorted();
  }

  async function gapsOf({ store }: Parts) {
    return (await readCoverage(store, postsOf("job-1"))).gaps;
  }

  function postOf(day: string): Post {
    return postAt(`2025-12-${day}T12:00:00.000Z`);
  }

  function at(day: string): string {
    return `2025-12-${day}T00:00:00Z`;
  }
});

it("An earlier version of a post that search found waits, also for the window that it is found for", async () => {
  const version = postAt("2025-12-10T12:00:00.000Z");
  const newest = postAt("2025-12-10T12:10:00.000Z");
  const history = { edit_history_tweet_ids: [version.id, newest.id] };
  x = await startSmallX([postAt("2026-01-01T12:00:00.000Z"), { ...newest, ...history }], {
    keys: X_KEYS,
    otherPosts: [{ ...version, ...history }],
  });
  const parts = createParts(x.url);
  const gap = { start: "2025-12-01T00:00:00Z", end: "2026-01-01T00:00:00Z" };
  const deps = captureDepsOf(parts, { posts: 5, fullArchiveSearch: true });
  await capture(deps, SOURCE, { start: gap.end, end: "2026-01-02T00:00:00Z" });
  const about = { reason: "beyond", tried: "all", unsearched: true };
  await addToCoverage(parts.store, postsOf("job-1"), {
    gaps: [{ ...gap, ...about, recordedAt: "2026-01-02T00:00:00Z" }],
  });
  await capture(deps, SOURCE, gap);
  expect(await archivedIds(parts, gap)).toEqual([newest.id]);
  const waiting = await Array.fromAsync(readOutbox(parts.store, "job-1"));
  expect(waiting).toMatchObject([{ id: version.id, reason: "late" }]);
});

describe("A search that contradicts itself", () => {
  it("leaves a gap that is searched again by itself, until all posts are there", async () => {
    const parts = await start();
    const { twitter } = parts;
    const cut: Parts["twitter"]["search"] = async (accountId, query) => {
      const answer = await twitter.search(accountId, query);
      const page = z.looseObject({ data: z.array(z.looseObject({})) });
      const parsed = page.safeParse(JSON.parse(answer.body.toString("utf8")));
      const isPage = parsed.success && query.maxResults > 10;
      return isPage
        ? { ...answer, body: Buffer.from(JSON.stringify({ ...parsed.data, data: [] })) }
        : answer;
    };
    const suspect = expect.stringContaining("more posts than it sent") as unknown;
    const first = await readAllOf(parts, { twitter: { ...twitter, search: cut } });
    expect(first.gaps).toMatchObject([GAP, { ...GAP, reason: suspect }]);
    // Too early, and far from what is asked for.
    const next = { start: "2026-01-03T00:00:00Z", end: "2026-01-04T00:00:00Z" };
    const deps = () => captureDepsOf(parts, { fullArchiveSearch: true });
    expect((await capture(deps(), SOURCE, next)).gaps).toHaveLength(2);
    parts.clock.advance(3_600_000);
    const { gaps, intervals } = await capture(deps(), SOURCE, next);
    expect(gaps).toMatchObject([{ ...GAP, reason: expect.stringMatching(REPOSTS) as unknown }]);
    expect(intervals[0]).toMatchObject({ ...GAP, without: "reposts" });
    expect(await archivedIds(parts, GAP)).toHaveLength(SEARCHABLE.length + 1);
    expect(
      prove(await readEvidence(parts.store, postsOf("job-1")), { intervals }).unproven,
    ).toEqual([]);
  });
});

describe("Once search is allowed", () => {
  it("a beat reads the gaps that are there, and what its window was answered without goes out", async () => {
    const parts = await start();
    await addJob(parts, "job-1");
    await readAllOf(parts, { fullArchiveSearch: false });
    const answer = { jobId: "job-1", taskId: "task-1", asked: 1 };
    await recordAcceptance(parts.store, answer, {
      day: "2026-06-01",
      acceptedAt: "2026-06-01T12:00:00.000Z",
      window: ALL,
    });
    await startSchedule(scheduledCaptureDepsOf(parts), "job-1");
    await pass(parts, 1, scheduledCaptureDepsOf(parts, { fullArchiveSearch: true }));
    const waiting = await Array.fromAsync(readOutbox(parts.store, "job-1"));
    expect(new Set(waiting.map(({ id }) => id))).toEqual(new Set(SEARCHABLE.map(({ id }) => id)));
    expect(waiting[0]).toMatchObject({ reason: "late" });
    expect((await readCoverage(parts.store, postsOf("job-1"))).gaps).toMatchObject([
      { ...GAP, reason: expect.stringMatching(REPOSTS) as unknown },
    ]);
  });

  it("a window from before all that timelines know is read, too", async () => {
    const old = postAt("2010-11-05T12:00:00.000Z");
    const recent = postAt("2026-01-01T12:00:00.000Z");
    x = await startSmallX([recent, old], { keys: X_KEYS });
    const parts = createParts(x.url);
    const deps = captureDepsOf(parts, { posts: 2, fullArchiveSearch: true });
    await capture(deps, SOURCE, { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" });
    const window = { start: "2005-01-01T00:00:00Z", end: "2010-11-06T00:00:00Z" };
    await capture(deps, SOURCE, window);
    expect(await archivedIds(parts, window)).toEqual([old.id]);
  });
});

async function refuseAll(): Promise<never> {
  throw new Error("X is not to be asked");
}
