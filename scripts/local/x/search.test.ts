import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { LocalX } from "../contracts.ts";
import { startX } from "./server.ts";
import { CALLBACK, postAt, smallTimeline, startSmallX } from "./testing/small-timeline.ts";
import { createAppClient, createClient, KEYS } from "./testing/x-client.ts";

const SEARCH = "tweets/search/all";
/** A minute apart, newest first; every tenth is a repost. */
const POSTS = Array.from({ length: 40 }, (_, index) => {
  const time = new Date(Date.parse("2026-01-01T01:00:00Z") - index * 60_000).toISOString();
  const repost = { referenced_tweets: [{ type: "retweeted" as const, id: "7" }] };
  return postAt(time, index % 10 === 0 ? repost : {});
});
const OWN = POSTS.filter((_, index) => index % 10 !== 0).map(({ id }) => id);
const ALL = {
  query: "from:42",
  start_time: "2026-01-01T00:00:00Z",
  end_time: "2026-01-02T00:00:00Z",
};

const answerSchema = z.object({
  data: z.array(z.looseObject({ id: z.string() })).optional(),
  meta: z.looseObject({ next_token: z.string().optional() }),
});

let x: LocalX;
let app: Awaited<ReturnType<ReturnType<typeof createAppClient>["appLogin"]>>;
beforeAll(async () => {
  const shy = postAt("2026-01-01T00:30:00.000Z", { author_id: "44" });
  x = await startSmallX(POSTS, { otherPosts: [shy] });
  app = await createAppClient(x.url).appLogin();
});
afterAll(() => x.close());

async function search(query: Record<string, string>) {
  return answerSchema.parse(await app.v2.get(SEARCH, query));
}

function idsOf({ data = [] }: z.infer<typeof answerSchema>): string[] {
  return data.map(({ id }) => id);
}

describe("the search of all posts", () => {
  it("is for the app alone, which shows its key and secret", async () => {
    await expect(createClient(x.url).v2.get(SEARCH, ALL)).rejects.toMatchObject({ code: 403 });
    const wrong = createAppClient(x.url, { twitterApiSecretKey: "wrong" });
    await expect(wrong.appLogin()).rejects.toMatchObject({ code: 403 });
    const headers = { authorization: "Bearer AAAAwrong" };
    const answer = await fetch(`${x.url}/2/${SEARCH}?query=from:42`, { headers });
    expect(answer.status).toBe(401);
    await expect(app.v2.get("users/42/tweets")).rejects.toMatchObject({ code: 403 });
  });

  it("gives an account's posts page by page, and no reposts", async () => {
    const first = await search({ ...ALL, max_results: "30" });
    const token = first.meta.next_token ?? "";
    const second = await search({ ...ALL, max_results: "30", next_token: token });
    expect([...idsOf(first), ...idsOf(second)]).toEqual(OWN);
    expect(second.meta.next_token).toBeUndefined();
    expect(idsOf(await search({ ...ALL, query: "from:small", max_results: "500" }))).toEqual(OWN);
  });

  it("counts its start in and its end out", async () => {
    const [newer, older] = [OWN[0], OWN[1]];
    const times = { start_time: "2026-01-01T00:58:00Z", end_time: "2026-01-01T00:59:00Z" };
    expect(idsOf(await search({ ...ALL, ...times }))).toEqual([older]);
    const later = { start_time: "2026-01-01T00:59:00Z", end_time: "2026-01-01T01:00:00Z" };
    expect(idsOf(await search({ ...ALL, ...later }))).toEqual([newer]);
  });

  it("looks back thirty days where it is not told, and shows no protected account", async () => {
    const { end_time } = ALL;
    expect(idsOf(await search({ query: "from:42", end_time, max_results: "500" }))).toEqual(OWN);
    const late = { query: "from:42", end_time: "2026-02-15T00:00:00Z" };
    expect(idsOf(await search(late))).toEqual([]);
    expect(idsOf(await search({ ...ALL, query: "from:44" }))).toEqual([]);
  });

  it.each([
    ["another operator", { query: "cats" }],
    ["fewer than ten", { max_results: "9" }],
    ["more than 500", { max_results: "501" }],
    ["a time before all posts", { start_time: "2006-03-20T23:59:59Z" }],
    ["two starts", { since_id: "1" }],
    ["two ends", { until_id: "1" }],
    ["two tokens", { next_token: "a", pagination_token: "b" }],
    ["a token of no search", { next_token: "made-up" }],
    ["a parameter that it does not know", { exclude: "replies" }],
  ])("refuses %s", async (_title, change) => {
    await expect(search({ ...ALL, ...change })).rejects.toMatchObject({ code: 400 });
  });
});

describe("The pace of searches", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is one a second, whatever is left of the window", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const timeline = smallTimeline(POSTS);
    const strict = await startX({ timeline, keys: KEYS, callbackUrl: CALLBACK, history: true });
    const client = await createAppClient(strict.url).appLogin();
    await client.v2.get(SEARCH, ALL);
    vi.setSystemTime(Date.now() + 999);
    await expect(client.v2.get(SEARCH, ALL)).rejects.toMatchObject({
      code: 429,
      rateLimit: { limit: 300 },
    });
    vi.setSystemTime(Date.now() + 1);
    expect(answerSchema.parse(await client.v2.get(SEARCH, ALL)).data).toHaveLength(10);
    await strict.close();
  });
});
