import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { archivedIds, captureDepsOf, SOURCE } from "../testing/captures.ts";
import { createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import type { TimelineQuery, Twitter } from "../twitter/client.ts";
import { capture } from "./capture.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { readCoverage } from "./coverage.ts";
import type { Interval } from "../time/intervals.ts";
import { postsOf } from "../feeds/posts.ts";

/** The clock stands at 2026-06-01T12:00:00Z when the first window is read. */
const FIRST = { start: "2026-06-01T00:00:00Z", end: "2026-06-01T11:58:00Z" };
const SECOND = { start: FIRST.end, end: "2026-06-02T11:58:00Z" };
const THIRD = { start: SECOND.end, end: "2026-06-03T11:58:00Z" };
const DAY_MS = 24 * 3_600_000;
const EARLIER = postsFrom("2026-06-01T08:00:00Z", 5);
const OF_SECOND = postsFrom("2026-06-01T20:00:00Z", 8);

let x: LocalX;
afterEach(() => x?.close());

describe("A window whose first page is empty, again and again, while the account's count has grown", () => {
  it("is asked for again: all posts arrive, and nothing is a gap", async () => {
    const parts = await startWorld([...OF_SECOND, ...EARLIER]);
    await read(parts, FIRST, { posts: 5 });
    parts.clock.advance(DAY_MS);
    const twitter = emptied(parts.twitter, 3);
    const { gaps } = await read(parts, SECOND, { twitter, posts: 13 });
    expect(await archivedIds(parts, SECOND)).toEqual(idsOf(OF_SECOND));
    expect(gaps).toEqual([]);
    expect(parts.log.of("gap.recorded")).toEqual([]);
    expect(parts.log.of("gap.closed")).toEqual([]);
    expect(parts.log.of("capture.request-repeated")).toMatchObject([
      { reason: expect.stringContaining("8 posts more") as unknown },
    ]);
  });

  it("for good is a gap with its reason, does not count as read, and is read again later", async () => {
    const parts = await startWorld([...OF_SECOND, ...EARLIER]);
    await read(parts, FIRST, { posts: 5 });
    parts.clock.advance(DAY_MS);
    await read(parts, SECOND, { twitter: emptied(parts.twitter, Infinity), posts: 13 });
    const { intervals, gaps } = await readCoverage(parts.store, postsOf("job-1"));
    expect(gaps).toMatchObject([
      {
        ...SECOND,
        reason: expect.stringContaining("8 posts more") as unknown,
        readAgainAt: expect.any(String) as unknown,
      },
    ]);
    expect(intervals).toMatchObject([FIRST]);
    expect(parts.log.of("gap.recorded")).toMatchObject([
      { windowStart: SECOND.start, windowEnd: SECOND.end },
    ]);
    parts.clock.advance(DAY_MS);
    expect((await read(parts, THIRD, { posts: 13 })).gaps).toEqual([]);
    expect(await archivedIds(parts, SECOND)).toEqual(idsOf(OF_SECOND));
    expect(parts.log.of("gap.closed")).toHaveLength(1);
    expect(parts.log.of("capture.late-post")).toHaveLength(8);
    expect(parts.log.of("gap.recorded")).toHaveLength(1);
  });

  it("stays a gap while X gives nothing, and is told of once", async () => {
    const parts = await startWorld([...OF_SECOND, ...EARLIER]);
    await read(parts, FIRST, { posts: 5 });
    parts.clock.advance(DAY_MS);
    const twitter = emptied(parts.twitter, Infinity);
    await read(parts, SECOND, { twitter, posts: 13 });
    parts.clock.advance(DAY_MS);
    const { gaps } = await read(parts, THIRD, { twitter, posts: 13 });
    expect(gaps).toMatchObject([SECOND]);
    expect(parts.log.of("gap.recorded")).toHaveLength(1);
  });

  it("is found out by the next window, where the account was not asked anew", async () => {
    const parts = await startWorld([...OF_SECOND, ...EARLIER]);
    await read(parts, FIRST, { posts: 5 });
    parts.clock.advance(DAY_MS);
    // As the answer that was kept from before.
    await read(parts, SECOND, { twitter: emptied(parts.twitter, 2), posts: 5, at: NOON });
    expect(await archivedIds(parts, SECOND)).toEqual([]);
    parts.clock.advance(DAY_MS);
    const { gaps } = await read(parts, THIRD, { posts: 13 });
    expect(gaps).toEqual([]);
    expect(await archivedIds(parts, SECOND)).toEqual(idsOf(OF_SECOND));
    expect(parts.log.of("capture.late-post")).toHaveLength(8);
  });

  it("is a gap no more once the posts came with others", async () => {
    const parts = await startWorld([...OF_SECOND, ...EARLIER]);
    await read(parts, FIRST, { posts: 5 });
    parts.clock.advance(DAY_MS);
    const half = { start: SECOND.start, end: "2026-06-01T18:00:00Z" };
    // Empty in truth; the posts of the second half become visible late.
    const twitter = emptied(parts.twitter, Infinity);
    await read(parts, half, { twitter, posts: 13 });
    expect((await readCoverage(parts.store, postsOf("job-1"))).gaps).toMatchObject([half]);
    const other = { start: half.end, end: SECOND.end };
    await read(parts, other, { posts: 13 });
    parts.clock.advance(DAY_MS);
    expect((await read(parts, THIRD, { posts: 13 })).gaps).toEqual([]);
    expect(await archivedIds(parts, SECOND)).toEqual(idsOf(OF_SECOND));
  });
});

describe("No window is suspected", () => {
  it.each<[string, Partial<Played>]>([
    ["where the posts are newer than it", { newer: 8, counts: [5, 13] }],
    ["where a great many are newer than it", { newer: 250, counts: [5, 255] }],
    ["where posts were deleted meanwhile", { counts: [5, 2] }],
    ["where nothing has happened", { counts: [5, 5] }],
    ["where X says no count", { counts: [5, undefined] }],
    ["where X has said no count before", { counts: [undefined, 13] }],
    ["where an edit is counted as a post", { edited: true, counts: [5, 6] }],
    ["which is the job's first", { first: false, counts: [5, 13] }],
  ])("%s", async (_title, played) => {
    const { first = true, newer = 0, edited = false, counts = [] } = played;
    const time = "2026-06-02T11:58:30Z";
    const [newest] = postsFrom("2026-06-01T11:57:00Z", 1);
    const version = postsFrom("2026-06-01T12:10:00Z", 1)[0];
    const editedPost = version && newest && { ...version, created_at: newest.created_at };
    const posts = postsFrom(time, newer, 100);
    const withEdit = edited && editedPost ? [editedPost] : [];
    const parts = await startWorld([...posts, ...withEdit, ...EARLIER]);
    if (first) {
      await read(parts, FIRST, { posts: counts[0] });
    }
    parts.clock.advance(DAY_MS);
    const { gaps } = await read(parts, SECOND, { posts: counts[1], lookBackSeconds: 4500 });
    expect(gaps).toEqual([]);
    expect(parts.log.of("capture.request-repeated")).toEqual([]);
  });

  it("where it lies long before the count", async () => {
    const parts = await startWorld(EARLIER);
    await read(parts, FIRST, { posts: 5 });
    parts.clock.advance(DAY_MS);
    const history = { start: "2026-02-01T00:00:00Z", end: "2026-02-02T00:00:00Z" };
    expect((await read(parts, history, { posts: 13 })).gaps).toEqual([]);
  });

  it("where the posts may lie in one between that nobody has asked for yet", async () => {
    const parts = await startWorld([...OF_SECOND, ...EARLIER]);
    await read(parts, FIRST, { posts: 5 });
    parts.clock.advance(2 * DAY_MS);
    expect((await read(parts, THIRD, { posts: 13 })).gaps).toEqual([]);
    expect((await read(parts, SECOND, { posts: 13 })).gaps).toEqual([]);
    expect(parts.log.of("capture.request-repeated")).toEqual([]);
  });

  it("where a post that is counted becomes visible a minute late", async () => {
    const late = postsFrom("2026-06-02T11:59:50Z", 1);
    const parts = await startWorld([...late, ...EARLIER]);
    await read(parts, FIRST, { posts: 5 });
    parts.clock.advance(DAY_MS);
    let waited = 0;
    const wait = async (ms: number) => {
      waited += ms;
    };
    const twitter = emptied(parts.twitter, Infinity, () => waited < 60_000);
    expect((await read(parts, SECOND, { twitter, wait, posts: 6 })).gaps).toEqual([]);
    expect(parts.log.of("gap.recorded")).toEqual([]);
  });
});

const NOON = "2026-06-01T12:00:00.000Z";

type Played = {
  first: boolean;
  newer: number;
  edited: boolean;
  counts: (number | undefined)[];
};

async function startWorld(posts: ReturnType<typeof postsFrom>): Promise<Parts> {
  x = await startSmallX(posts, { keys: X_KEYS });
  return createParts(x.url);
}

/** A window is read, while X says that the account has so many posts; `at`: when it said so. */
function read(
  parts: Parts,
  window: Interval,
  {
    posts,
    at = parts.clock.now().toISOString(),
    lookBackSeconds = 0,
    ...changes
  }: Partial<CaptureDeps> & { posts: number | undefined; at?: string; lookBackSeconds?: number },
) {
  const metrics = posts === undefined ? {} : { public_metrics: { tweet_count: posts } };
  const data = { id: "42", username: "small", name: "Small", ...metrics };
  const answer = { body: Buffer.from(JSON.stringify({ data })), about: { receivedat: at } };
  const deps = captureDepsOf(parts, { ...changes, askAccount: async () => answer });
  return capture(deps, SOURCE, window, { lookBackSeconds });
}

/** X as it is, but that it answers questions without a token with no post, so many times. */
function emptied(twitter: Twitter, times: number, isOn: () => boolean = () => true): Twitter {
  let left = times;
  return {
    ...twitter,
    async timeline(token, accountId, query: TimelineQuery) {
      const answer = await twitter.timeline(token, accountId, query);
      if (query.paginationToken !== undefined || query.maxResults < 100 || left <= 0 || !isOn()) {
        return answer;
      }
      left -= 1;
      return { ...answer, body: Buffer.from('{"meta":{"result_count":0}}') };
    },
  };
}

/** So many posts, a minute (or so many milliseconds) apart, newest first. */
function postsFrom(time: string, count: number, apartMs = 60_000) {
  return Array.from({ length: count }, (_, index) =>
    postAt(new Date(Date.parse(time) + index * apartMs).toISOString()),
  ).toReversed();
}

function idsOf(posts: { id: string }[]): string[] {
  return posts.map(({ id }) => id);
}
