import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { archivedIds, blobsUnder, captureDepsOf, SOURCE } from "../testing/captures.ts";
import { createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import type { TimelineQuery, Twitter } from "../twitter/client.ts";
import { capture } from "./capture.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { readCoverage } from "./coverage.ts";
import { prove, readEvidence } from "./proof.ts";
import { postsOf } from "../feeds/posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const NEXT_DAY = { start: DAY.end, end: "2026-01-03T00:00:00Z" };
/** All of the day's posts, a minute apart, but the one at its very end. */
const POSTS = manyPosts(250);
const IDS = POSTS.slice(1).map(({ id }) => id);
/** The second of the oldest post of the first page is in doubt, too: another may have been made in it. */
const SECOND_PAGE_BEGINS = "2026-01-01T22:21:01Z";

let x: LocalX;
afterEach(() => x?.close());

async function startWorld(posts = POSTS): Promise<Parts> {
  x = await startSmallX(posts, { keys: X_KEYS });
  return createParts(x.url);
}

describe("A page without posts behind a next_token, at which X ends", () => {
  it("is asked for again: all posts arrive, and it is told once", async () => {
    const parts = await startWorld();
    const empty = emptyTimes(2, isBehindToken);
    const { gaps } = await readDay(parts, { twitter: lie(parts.twitter, empty) });
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect(gaps).toEqual([]);
    expect(parts.log.of("capture.request-repeated")).toMatchObject([
      { jobId: "job-1", asked: 3, reason: expect.stringContaining("next_token") as unknown },
    ]);
  });

  it("is kept as it came, also where X gave the posts later", async () => {
    const parts = await startWorld();
    await readDay(parts, { twitter: lie(parts.twitter, emptyTimes(2, isBehindToken)) });
    const kept = blobsUnder(parts, "/doubted/").map((name) => parts.store.blobs.get(name));
    expect(kept.map((blob) => String(Buffer.from(blob?.body ?? [])))).toEqual([EMPTY, EMPTY]);
    expect(kept[0]?.metadata).toMatchObject({
      request: expect.stringContaining("pagination_token=") as unknown,
    });
  });

  it("for good has X asked another way, by the id of the oldest post", async () => {
    const parts = await startWorld();
    const empty = emptyTimes(Infinity, isBehindToken);
    const { gaps } = await readDay(parts, { twitter: lie(parts.twitter, empty) });
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect(gaps).toEqual([]);
  });

  it("for good, however X is asked, is a gap that says so; what is here is archived", async () => {
    const parts = await startWorld();
    await readDay(parts, { twitter: hidesOlder(parts) });
    const { intervals, gaps } = await readCoverage(parts.store, postsOf("job-1"));
    expect(gaps).toMatchObject([
      {
        start: DAY.start,
        end: SECOND_PAGE_BEGINS,
        reason: expect.stringContaining("a next_token") as unknown,
        tried: expect.stringMatching(/asked for 4 times.*until_id/) as unknown,
      },
    ]);
    expect(intervals).toMatchObject([{ start: SECOND_PAGE_BEGINS, end: DAY.end }]);
    expect(await archivedIds(parts, DAY)).toEqual(IDS.slice(0, 99));
    expect(parts.log.of("gap.recorded")).toHaveLength(1);
    expect(prove(await readEvidence(parts.store, postsOf("job-1")), { intervals })).toMatchObject({
      proven: [{ start: SECOND_PAGE_BEGINS, end: DAY.end }],
      unproven: [],
    });
  });

  it("is read again later, with whatever is read then, and the gap is closed", async () => {
    const parts = await startWorld();
    await readDay(parts, { twitter: hidesOlder(parts) });
    await capture(captureDepsOf(parts, { posts: 250 }), SOURCE, NEXT_DAY);
    expect((await readCoverage(parts.store, postsOf("job-1"))).gaps).toHaveLength(1);
    parts.clock.advance(HOUR_MS);
    const later = { start: NEXT_DAY.end, end: "2026-01-04T00:00:00Z" };
    const { intervals, gaps } = await capture(captureDepsOf(parts, { posts: 250 }), SOURCE, later);
    expect(gaps).toEqual([]);
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect(parts.log.of("gap.closed")).toMatchObject([
      { windowStart: DAY.start, windowEnd: SECOND_PAGE_BEGINS },
    ]);
    expect(
      prove(await readEvidence(parts.store, postsOf("job-1")), { intervals }).unproven,
    ).toEqual([]);
    // Their window was answered without them.
    expect(parts.log.of("capture.late-post")).toHaveLength(150);
  });

  it("stays a gap while X contradicts itself, and is read ever less often", async () => {
    const parts = await startWorld();
    await readDay(parts, { twitter: hidesOlder(parts) });
    const asked: number[] = [];
    for (let day = 3; day < 33; day += 1) {
      parts.clock.advance(24 * HOUR_MS);
      let calls = 0;
      const twitter = hidesOlder(parts, DAY.start, () => (calls += 1));
      const later = { start: dayOf(day), end: dayOf(day + 1) };
      await capture(captureDepsOf(parts, { twitter, posts: 250 }), SOURCE, later);
      asked.push(calls);
    }
    const { intervals, gaps } = await readCoverage(parts.store, postsOf("job-1"));
    expect(gaps).toMatchObject([{ start: DAY.start, end: SECOND_PAGE_BEGINS }]);
    const readings = asked.filter((calls) => calls > 0).length;
    expect(readings).toBeGreaterThan(3);
    expect(readings).toBeLessThan(10);
    expect(parts.log.of("gap.recorded")).toHaveLength(1);
    expect(
      prove(await readEvidence(parts.store, postsOf("job-1")), { intervals }).unproven,
    ).toEqual([]);
    expect(await archivedIds(parts, DAY)).toEqual(IDS.slice(0, 99));
  });
});

describe("A chain of pages that ends too early", () => {
  it("is gone on with from its oldest post: no end is believed on one answer", async () => {
    const parts = await startWorld();
    const cut = atFirst(1, (query, page) =>
      query.paginationToken === undefined && query.untilId === undefined
        ? { ...page, meta: { result_count: 100 } }
        : undefined,
    );
    const { gaps } = await readDay(parts, { twitter: lie(parts.twitter, cut) });
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect(gaps).toEqual([]);
  });

  it("with an empty next_token, too", async () => {
    const parts = await startWorld();
    const cut = atFirst(1, (query, page) =>
      query.untilId === undefined
        ? { ...page, meta: { result_count: 100, next_token: "" } }
        : undefined,
    );
    await readDay(parts, { twitter: lie(parts.twitter, cut) });
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
  });
});

describe("A first page without posts", () => {
  it("is asked for again: a day is not quiet on one answer", async () => {
    const parts = await startWorld();
    const empty = emptyTimes(1, ({ paginationToken }) => paginationToken === undefined);
    await readDay(parts, { twitter: lie(parts.twitter, empty) });
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
  });
});

describe("A page that answers another question", () => {
  it("was here already, and says that it is the last: is asked for again", async () => {
    const parts = await startWorld();
    let first: Page | undefined;
    const repeat = atFirst(2, (query, page) => {
      first ??= page;
      return isBehindToken(query) ? { ...first, meta: { result_count: 100 } } : undefined;
    });
    const { gaps } = await readDay(parts, { twitter: lie(parts.twitter, repeat) });
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect(gaps).toEqual([]);
  });

  it("was here already, and leads on: the page that it stands for is not passed over", async () => {
    const parts = await startWorld();
    let first: Page | undefined;
    let second: string | undefined;
    const twitter = lie(parts.twitter, (query, page) => {
      first ??= page;
      if (!isBehindToken(query) || !page.data) {
        return undefined;
      }
      second ??= query.paginationToken;
      return query.paginationToken === second ? { ...first, meta: page.meta } : undefined;
    });
    const { gaps } = await readDay(parts, { twitter });
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect(gaps).toEqual([]);
  });

  it.each([
    ["another account", { author_id: "43" }],
    ["another time", { id: "700000000000000000", created_at: "2016-02-17T00:00:00.000Z" }],
  ])("has posts of %s: is asked for again", async (_title, members) => {
    const parts = await startWorld();
    const other = { ...POSTS[3], ...members };
    const stale = atFirst(1, () => ({ data: [other], meta: { result_count: 1 } }));
    const { gaps } = await readDay(parts, { twitter: lie(parts.twitter, stale) });
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect(gaps).toEqual([]);
  });

  it("for good is an error, and nothing counts as read", async () => {
    const parts = await startWorld();
    const other = { ...POSTS[3], author_id: "43" };
    const stale = atFirst(Infinity, () => ({ data: [other], meta: { result_count: 1 } }));
    const reading = readDay(parts, { twitter: lie(parts.twitter, stale) });
    await expect(reading).rejects.toMatchObject({ code: "x-bad-response" });
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toEqual([]);
    expect(blobsUnder(parts, "/rejected/")).toHaveLength(1);
  });
});

describe("A page whose meta does not fit it", () => {
  it.each<[string, (page: Page) => Page]>([
    ["says that it has none, and ends", (page) => ({ ...page, meta: { result_count: 0 } })],
    [
      "names an oldest post that it does not have",
      (page) => ({ data: page.data?.slice(0, 50), meta: { ...page.meta, result_count: 50 } }),
    ],
  ])("%s: is asked for again", async (_title, change) => {
    const parts = await startWorld();
    const twitter = lie(
      parts.twitter,
      atFirst(1, (_query, page) => change(page)),
    );
    const { gaps } = await readDay(parts, { twitter });
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect(gaps).toEqual([]);
  });
});

const HOUR_MS = 3_600_000;
const MORE = "more";
const EMPTY = '{"meta":{"result_count":0}}';

const pageSchema = z.looseObject({
  data: z.array(z.looseObject({ id: z.string() })).optional(),
  meta: z.looseObject({}),
});
type Page = { data?: object[] | undefined; meta: object };
type Lie = (query: TimelineQuery, page: Page) => Page | undefined;

/** X as it is, but for the answers that a test changes. */
function lie(twitter: Twitter, change: Lie): Twitter {
  return {
    ...twitter,
    async timeline(token, accountId, query) {
      // The token of a test's own leads nowhere at X.
      const { paginationToken, ...first } = query;
      const asked = paginationToken === MORE ? first : query;
      const { body, about } = await twitter.timeline(token, accountId, asked);
      if (paginationToken === MORE) {
        about["request"] += `&pagination_token=${MORE}`;
      }
      const page = pageSchema.parse(JSON.parse(body.toString("utf8")));
      const changed = change(query, page);
      return { body: changed ? Buffer.from(JSON.stringify(changed)) : body, about };
    },
  };
}

function atFirst(times: number, change: Lie): Lie {
  let left = times;
  return (query, page) => {
    const changed = left > 0 ? change(query, page) : undefined;
    left -= changed ? 1 : 0;
    return changed;
  };
}

function emptyTimes(times: number, matches: (query: TimelineQuery) => boolean): Lie {
  return atFirst(times, (query) => (matches(query) ? { meta: { result_count: 0 } } : undefined));
}

function isBehindToken({ paginationToken }: TimelineQuery): boolean {
  return paginationToken !== undefined;
}

/** X gives the newest page of a day, leads to the next one, and gives no more, however it is asked. */
function hidesOlder(
  { twitter }: Parts,
  start: string = DAY.start,
  onCall: () => void = () => undefined,
): Twitter {
  return lie(twitter, ({ startTime = "", paginationToken, untilId }, page) => {
    if (startTime !== start) {
      return undefined;
    }
    onCall();
    const newest = new Set(POSTS.slice(0, 100).map(({ id }) => id));
    const data = page.data?.filter((post) => newest.has(String(Reflect.get(post, "id"))));
    const isFirst = paginationToken === undefined && untilId === undefined;
    return isFirst && data?.length === 100
      ? undefined
      : { meta: { result_count: 0, ...(isFirst && { next_token: MORE }) } };
  });
}

function readDay(parts: Parts, changes: Partial<CaptureDeps>) {
  return capture(captureDepsOf(parts, { posts: 250, ...changes }), SOURCE, DAY);
}

function dayOf(day: number): string {
  return new Date(Date.UTC(2026, 0, day)).toISOString().replace(".000Z", "Z");
}
