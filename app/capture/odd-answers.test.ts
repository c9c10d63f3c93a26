import { afterEach, describe, expect, it } from "vitest";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import { archivedIds, blobsUnder, captureDepsOf, SOURCE, watch } from "../testing/captures.ts";
import { createParts, type Parts } from "../testing/harness.ts";
import { type ScriptedAnswer, type ScriptedX, startScriptedX } from "../testing/serve-x.ts";
import { capture } from "./capture.ts";
import { readCoverage } from "./coverage.ts";
import { postsOf } from "../feeds/posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const at = (hour: number) => `2026-01-01T${String(hour).padStart(2, "0")}:00:00.000Z`;
/** Two on a page, newest first. */
const POSTS = [10, 9, 8, 7, 6, 5].map((hour) => ({
  ...postAt(at(hour)),
  edit_history_tweet_ids: [],
}));
const IDS = POSTS.map(({ id }) => id);

let x: ScriptedX;
afterEach(() => x.close());

describe("A next_token that X does not know any more", () => {
  it("has the interval read from its beginning, each post once", async () => {
    let forgotten = 0;
    const parts = await script((token) =>
      token === "2" && (forgotten += 1) === 1 ? REFUSAL : pageOf(token),
    );
    await readDay(parts);
    expect(tokens()).toEqual([undefined, "1", "2", undefined, "1", "2"]);
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toMatchObject([
      { ...DAY, posts: 6 },
    ]);
    expect(parts.log.of("capture.unexpected-answer")).toMatchObject([
      { jobId: "job-1", reason: "X does not know its next_token any more" },
    ]);
  });

  it("has it read from its beginning, too, by the run that comes after one that was cut off", async () => {
    let epoch = "";
    const parts = await script((token) =>
      token !== undefined && !token.startsWith(epoch)
        ? REFUSAL
        : pageOf(token?.replace("new", ""), epoch),
    );
    const dying = watch(parts.twitter, async (_query, call) => {
      if (call === 3) {
        throw new Error("the process dies");
      }
    });
    await expect(readDay(parts, dying)).rejects.toThrow("the process dies");
    epoch = "new";
    await readDay(parts);
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    // Two, three from the beginning, and the answer that there is none that is older.
    expect(blobsUnder(parts, "/pages/")).toHaveLength(2 + 3 + 1);
  });

  it("and never will is an error, and nothing counts as read", async () => {
    const parts = await script((token) => (token === "2" ? REFUSAL : pageOf(token)));
    await expect(readDay(parts)).rejects.toMatchObject({ code: "x-bad-response" });
    expect(tokens()).toEqual([undefined, "1", "2", undefined, "1", "2"]);
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toEqual([]);
    await expect(readDay(parts)).rejects.toMatchObject({ code: "x-bad-response" });
    expect(tokens().slice(6)).toEqual(["2", undefined, "1", "2"]);
  });

  it("is no excuse for a question that X refuses however it is asked", async () => {
    x = await startScriptedX(() => REFUSAL);
    const parts = createParts(x.url);
    await expect(readDay(parts)).rejects.toMatchObject({ code: "x-bad-request" });
    expect(x.requests.map(({ url }) => tokenOf(url))).toEqual([undefined, undefined]);
  });
});

describe("Pages that lead in a circle", () => {
  it("are left, and the interval is read from its beginning", async () => {
    let circles = 0;
    const parts = await script((token) =>
      token === "2" && (circles += 1) === 1 ? pageOf(token, "", "1") : pageOf(token),
    );
    await readDay(parts);
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
    expect(parts.log.of("capture.unexpected-answer")).toMatchObject([
      { reason: "X gave a next_token again" },
    ]);
  });

  it("again and again are an error, and nothing counts as read", async () => {
    const parts = await script((token) => (token === "2" ? pageOf(token, "", "1") : pageOf(token)));
    await expect(readDay(parts)).rejects.toMatchObject({ code: "x-bad-response" });
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toEqual([]);
  });

  it("that are the same under ever new tokens are left, and X is asked for what is older", async () => {
    let pages = 0;
    const parts = await script(() => {
      pages += 1;
      return answer(POSTS.slice(0, 2), { next_token: `next${pages}` });
    });
    const { gaps } = await readDay(parts);
    expect(gaps).toEqual([]);
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
  });

  it("that are the same, where X has none that is older, are a gap behind them", async () => {
    let pages = 0;
    const parts = await script(() => {
      pages += 1;
      return answer(POSTS.slice(0, 2), { next_token: `next${pages}` });
    }, []);
    const { gaps } = await readDay(parts);
    expect(gaps).toMatchObject([
      { start: DAY.start, end: "2026-01-01T09:00:01Z", reason: "X sent a page again" },
    ]);
    expect(pages).toBe(1 + 4);
  });

  it("without end, under ever new tokens, that are empty, are given up", async () => {
    let pages = 0;
    const parts = await script(() => {
      pages += 1;
      return answer(pages === 1 ? POSTS.slice(0, 2) : [], { next_token: `next${pages}` });
    });
    await expect(readDay(parts)).rejects.toMatchObject({ code: "x-bad-response" });
    // Each of the empty ones is asked for twice.
    expect(pages).toBe(1 + 2 * 20);
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toEqual([]);
  });
});

describe("A page with fewer posts than X says it has", () => {
  const SHORT = answer(POSTS.slice(2, 3), { result_count: 2, next_token: "2" });

  it("is asked for again, and costs nothing where X mends it", async () => {
    let asked = 0;
    const parts = await script((token) =>
      token === "1" && (asked += 1) < 3 ? SHORT : pageOf(token),
    );
    const { gaps } = await readDay(parts);
    expect(gaps).toEqual([]);
    expect(await archivedIds(parts, DAY)).toEqual(IDS);
  });

  it("for good is a gap between its neighbours, and what is there is archived", async () => {
    const parts = await script((token) => (token === "1" ? SHORT : pageOf(token)));
    const { intervals, gaps } = await readDay(parts);
    const gap = { start: "2026-01-01T06:00:00Z", end: "2026-01-01T09:00:01Z" };
    expect(gaps).toMatchObject([{ ...gap, reason: "X said that it has more posts than it sent" }]);
    expect(intervals).toMatchObject([
      { start: DAY.start, end: gap.start },
      { start: gap.end, end: DAY.end },
    ]);
    expect(await archivedIds(parts, DAY)).toEqual(IDS.filter((id) => id !== POSTS[3]?.id));
    expect(parts.log.of("gap.recorded")).toHaveLength(1);
    expect(parts.log.of("capture.request-repeated")).toMatchObject([
      { reason: "X announced 2 posts and sent 1", asked: 4, detail: "it stayed so" },
    ]);
  });
});

describe("A post that cannot be read", () => {
  const ODD = { ...postAt(at(7)), text: { html: "Hello" } };
  const GAP = { start: "2026-01-01T07:00:00Z", end: "2026-01-01T07:00:01Z" };
  const OTHERS = POSTS.filter(({ id }) => id !== ODD.id);
  const withOdd = POSTS.map((post) => (post.id === ODD.id ? ODD : post));

  it("is a gap of its second, told once; its window is read, and it is kept as it came", async () => {
    const parts = await script((token) => pageOf(token, "", undefined, withOdd));
    const { intervals, gaps } = await readDay(parts);
    const reason = `X sent post ${ODD.id} in a form that cannot be read`;
    expect(gaps).toMatchObject([{ ...GAP, reason }]);
    expect(intervals).toMatchObject([
      { start: DAY.start, end: GAP.start },
      { start: GAP.end, end: DAY.end },
    ]);
    expect(await archivedIds(parts, DAY)).toEqual(OTHERS.map(({ id }) => id));
    const pages = blobsUnder(parts, "/pages/").map((name) => parts.store.blobs.get(name)?.body);
    expect(Buffer.concat(pages.flatMap((body) => body ?? [])).toString()).toContain('"html"');
    await readDay(parts);
    expect(tokens()).toEqual([undefined, "1", "2"]);
    expect(parts.log.of("gap.recorded")).toMatchObject([{ windowStart: GAP.start, reason }]);
  });

  it("is told of once however often it is read again, and also where it showed late", async () => {
    let shown: object[] = OTHERS;
    const parts = await script(() => answer(shown));
    await readDay(parts);
    shown = withOdd;
    const next = (hour: number) =>
      capture(
        captureDepsOf(parts, { posts: 6 }),
        SOURCE,
        { start: `2026-01-02T0${hour}:00:00Z`, end: `2026-01-02T0${hour + 1}:00:00Z` },
        { lookBackSeconds: 86_400 },
      );
    expect((await next(0)).gaps).toMatchObject([GAP]);
    expect((await next(1)).gaps).toMatchObject([GAP]);
    expect(parts.log.of("gap.recorded")).toHaveLength(1);
    expect(await archivedIds(parts, DAY)).toEqual(OTHERS.map(({ id }) => id));
  });

  it("in part is archived with what can be read, and told of", async () => {
    const parts = await script(() => answer([{ ...POSTS[0], attachments: "3_1" }]), []);
    expect((await readDay(parts)).gaps).toEqual([]);
    expect(await archivedIds(parts, DAY)).toEqual(IDS.slice(0, 1));
    expect(parts.log.of("capture.fields-missing")).toMatchObject([
      { detail: expect.stringContaining("attachments (readable)") as unknown },
    ]);
  });

  it("is no odd post where none of its page can be: nothing counts as read", async () => {
    const parts = await script(() => answer([ODD, { ...ODD, id: IDS[0] }]));
    await expect(readDay(parts)).rejects.toMatchObject({ code: "x-bad-response" });
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toEqual([]);
    expect(blobsUnder(parts, "/rejected/")).toHaveLength(1);
  });
});

it("Ids that go up instead of down lose no post, and are told of", async () => {
  const upwards = POSTS.toReversed();
  const parts = await script((token) => pageOf(token, "", undefined, upwards));
  const { intervals } = await readDay(parts);
  expect(await archivedIds(parts, DAY)).toEqual(IDS);
  expect(intervals).toMatchObject([{ ...DAY, newestId: IDS[0] }]);
  expect(parts.log.of("capture.unexpected-answer")).toHaveLength(3);
});

it("Fields that did not arrive are told of, and the post is archived", async () => {
  const { edit_history_tweet_ids: _, ...bare } = { ...POSTS[0], ...postAt(at(10)) };
  const cut = {
    ...postAt(at(9)),
    conversation_id: "1",
    public_metrics: {},
    edit_history_tweet_ids: [],
    entities: {
      urls: [{ url: "https://t.co/a", expanded_url: `https://x.com/i/web/status/${IDS[1]}` }],
    },
  };
  const parts = await script(() => answer([bare, cut]), []);
  await readDay(parts);
  expect(await archivedIds(parts, DAY)).toEqual(IDS.slice(0, 2));
  expect(parts.log.of("capture.fields-missing")).toMatchObject([
    {
      detail:
        "timeline: under neither of its names X gives the text beyond 280 characters, what posts refer to",
    },
    {
      jobId: "job-1",
      level: "error",
      detail:
        "conversation_id, public_metrics, edit history, note (the text beyond 280 characters)",
    },
  ]);
});

const REFUSAL: ScriptedAnswer = {
  status: 400,
  body: {
    title: "Invalid Request",
    type: "https://api.x.com/2/problems/invalid-request",
    errors: [{ message: "The `pagination_token` query parameter value [2] is not valid" }],
  },
};

/** An X that says what is wanted of its pages, and knows what is older than a post. */
async function script(
  say: (token: string | undefined) => ScriptedAnswer,
  posts: { id: string }[] = POSTS,
): Promise<Parts> {
  x = await startScriptedX(({ path }) => {
    const untilId = new URLSearchParams(path.split("?")[1]).get("until_id");
    const isOlder = ({ id }: { id: string }) => BigInt(id) < BigInt(untilId ?? 0);
    return untilId === null ? say(tokenOf(path)) : answer(posts.filter(isOlder));
  });
  return createParts(x.url);
}

function readDay(parts: Parts, twitter = parts.twitter) {
  return capture(captureDepsOf(parts, { twitter, posts: POSTS.length }), SOURCE, DAY);
}

/** Page tokens that X was asked with, in order. */
function tokens(): (string | undefined)[] {
  return x.requests.filter(({ url }) => !url.includes("until_id")).map(({ url }) => tokenOf(url));
}

function tokenOf(path: string): string | undefined {
  return new URLSearchParams(path.split("?")[1]).get("pagination_token") ?? undefined;
}

function pageOf(token = "0", epoch = "", next?: string, posts: object[] = POSTS): ScriptedAnswer {
  const page = Number(token);
  const isLast = page === posts.length / 2 - 1;
  const follows = next ?? `${epoch}${page + 1}`;
  const data = posts.slice(page * 2, page * 2 + 2);
  return answer(data, isLast && next === undefined ? {} : { next_token: follows });
}

function answer(data: object[], meta: object = {}): ScriptedAnswer {
  return { status: 200, body: { data, meta: { result_count: data.length, ...meta } } };
}
