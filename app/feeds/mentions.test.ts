import { afterEach, expect, it, vi } from "vitest";
import { capture } from "../capture/capture.ts";
import { readCoverage } from "../capture/coverage.ts";
import { readOutbox } from "../delivery/outbox.ts";
import { blobsUnder, captureDepsOf, SOURCE } from "../testing/captures.ts";
import { ACCOUNT, createParts, type Parts } from "../testing/harness.ts";
import type { Question, Twitter } from "../twitter/client.ts";
import { MENTIONS } from "./mentions.ts";
import { POSTS } from "./posts.ts";

const WINDOW = { start: "2026-05-01T00:00:00Z", end: "2026-05-02T00:00:00Z" };
const NOON = "2026-05-01T12:00:00.000Z";
const OF_NOON = 2050183451243446272n;
const SOURCE_OF_MENTIONS = { ...SOURCE, feed: MENTIONS };

afterEach(() => vi.restoreAllMocks());

it("Each mention waits for the next task, once; the account's own posts do not", async () => {
  const { parts, asked, twitter } = createWorld([
    mention(1, "43"),
    mention(2, "42"),
    mention(3, "44"),
  ]);
  const deps = captureDepsOf(parts, { twitter, posts: 0 });
  await capture(deps, SOURCE_OF_MENTIONS, WINDOW);
  await capture(deps, SOURCE_OF_MENTIONS, WINDOW);
  const waiting = await Array.fromAsync(readOutbox(parts.store, "job-1"));
  expect(waiting.map(({ feed, id, reason }) => [feed, id, reason])).toEqual([
    ["mentions", idOf(1), "record"],
    ["mentions", idOf(3), "record"],
  ]);
  expect(await readCoverage(parts.store, SOURCE_OF_MENTIONS)).toMatchObject({
    intervals: [WINDOW],
    gaps: [],
  });
  expect((await readCoverage(parts.store, SOURCE)).intervals).toEqual([]);
  expect(asked.every(({ query }) => !(query["expansions"] ?? "").includes("author_id"))).toBe(true);
  expect(blobsUnder(parts, "evidence/job-1/mentions/captures/").length).toBeGreaterThan(0);
});

it("An author is asked for once, and is the sender of each of her mentions", async () => {
  const { parts, asked, twitter } = createWorld([
    mention(1, "43"),
    mention(2, "43", { in_reply_to_user_id: ACCOUNT.id }),
  ]);
  await capture(captureDepsOf(parts, { twitter, posts: 0 }), SOURCE_OF_MENTIONS, WINDOW);
  expect(asked.filter(({ path }) => path === "users").map(({ query }) => query["ids"])).toEqual([
    "43",
  ]);
  const items = await Promise.all([1, 2].map((number) => itemOf(parts, idOf(number))));
  expect(items).toMatchObject([
    {
      ItemType: "Mention",
      Id: idOf(1),
      Sender: { Id: "43", Name: "User 43 (@user43)" },
      Recipients: [{ Id: ACCOUNT.id }],
    },
    { ItemType: "MentionReply", Id: idOf(2), Sender: { Id: "43" } },
  ]);
});

it("What lies beyond the newest 800 is a gap, in words of mentions, and is not searched", async () => {
  const many = Array.from({ length: 800 }, (_, index) => mention(index + 1, "43"));
  const { parts, twitter } = createWorld(many);
  const deps = captureDepsOf(parts, { twitter, posts: 5, fullArchiveSearch: true });
  await capture(deps, SOURCE_OF_MENTIONS, WINDOW);
  const { gaps } = await readCoverage(parts.store, SOURCE_OF_MENTIONS);
  expect(gaps.map(({ reason, unsearched }) => [reason, unsearched])).toEqual([
    ["X gives only the newest 800 mentions of an account", undefined],
  ]);
});

it("A post that the timeline has is the timeline's, and no mention", async () => {
  const both = mention(1, "43");
  const { parts, twitter } = createWorld([both]);
  // The same post, as the own timeline gives it: once, and nothing older.
  const timeline: Twitter["timeline"] = async (_token, _accountId, { untilId, endTime }) => {
    const isAskedFor = untilId === undefined && endTime === WINDOW.end;
    return answerOf(isAskedFor ? [Object.assign({}, both, { author_id: ACCOUNT.id })] : []);
  };
  const deps = captureDepsOf(parts, { twitter: { ...twitter, timeline }, posts: 1 });
  await capture(deps, { ...SOURCE, feed: POSTS }, WINDOW);
  await capture(deps, SOURCE_OF_MENTIONS, WINDOW);
  expect(await Array.fromAsync(readOutbox(parts.store, "job-1"))).toEqual([]);
});

async function itemOf({ store }: Parts, id: string) {
  for await (const entry of readOutbox(store, "job-1")) {
    const page = entry.id === id ? await MENTIONS.openPage(store, entry.pages[0] ?? "") : undefined;
    const record = await page?.find(id);
    if (record) {
      const window = WINDOW;
      const provenance = { jobId: "job-1", window, pageSha256: page?.sha256 ?? "" };
      return record.toItem({ account: ACCOUNT, media: new Map(), provenance });
    }
  }
  throw new Error(`${id} does not wait`);
}

function createWorld(all: ReturnType<typeof mention>[]) {
  const parts = createParts("http://127.0.0.1:1");
  parts.clock.set("2026-05-03T00:00:00.000Z");
  const asked: Question[] = [];
  const twitter: Twitter = {
    ...parts.twitter,
    async read(_token, question) {
      asked.push(question);
      const { path, query } = question;
      if (path === "users") {
        const data = (query["ids"] ?? "").split(",").map(toUser);
        return { body: Buffer.from(JSON.stringify({ data })), about: { request: "users" } };
      }
      const { until_id: until, since_id: since, start_time: start, end_time: end } = query;
      const isIn = ({ id, created_at: at }: { id: string; created_at: string }) =>
        (until === undefined || BigInt(id) < BigInt(until)) &&
        (since === undefined || BigInt(id) > BigInt(since)) &&
        (start === undefined || at >= start) &&
        (end === undefined || at <= end);
      const size = Number(query["max_results"]);
      const posts = all.filter(isIn).toSorted((a, b) => (BigInt(a.id) > BigInt(b.id) ? -1 : 1));
      return answerOf(posts.slice(0, size), `${path}?${new URLSearchParams(query).toString()}`);
    },
  };
  return { parts, asked, twitter };
}

function answerOf(
  data: { id: string }[],
  request = "users/42/tweets?start_time=2026-05-01T00:00:00Z&end_time=2026-05-02T00:00:00Z",
) {
  const page = { ...(data.length > 0 && { data }), meta: { result_count: data.length } };
  const receivedat = "2026-05-03T00:00:00.000Z";
  return {
    body: Buffer.from(JSON.stringify(page)),
    about: { request, receivedat, askedat: receivedat },
  };
}

function mention(number: number, author: string, members: object = {}) {
  return {
    id: idOf(number),
    text: "Hello @small",
    created_at: NOON,
    author_id: author,
    conversation_id: idOf(number),
    edit_history_tweet_ids: [idOf(number)],
    ...members,
  };
}

function idOf(number: number): string {
  return String(OF_NOON + BigInt(number));
}

function toUser(id: string) {
  return { id, name: `User ${id}`, username: `user${id}` };
}
