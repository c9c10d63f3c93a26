import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { LocalX } from "../contracts.ts";
import { getAs } from "./testing/get-as.ts";
import { CALLBACK, manyPosts, postAt, startSmallX } from "./testing/small-timeline.ts";
import { createClient } from "./testing/x-client.ts";

const object = z.record(z.string(), z.unknown());
const answerSchema = z.object({
  data: z.array(object).optional(),
  includes: z.record(z.string(), z.array(object)).optional(),
  errors: z.array(object).optional(),
  meta: object.optional(),
});

describe("the API", () => {
  let x: LocalX | undefined;
  afterEach(async () => x?.close());

  async function get(path: string, query: Record<string, string> = {}) {
    const answer: unknown = await createClient(x?.url ?? "").v2.get(path, query);
    return answerSchema.parse(answer);
  }

  it("gives only the default members unless more are asked for", async () => {
    const post = postAt("2026-01-01T00:00:00.000Z");
    x = await startSmallX([post]);
    const { id, text } = post;
    expect(await get("users/42/tweets")).toEqual({
      data: [{ id, text, edit_history_tweet_ids: [id] }],
      meta: { result_count: 1, newest_id: id, oldest_id: id },
    });
  });

  it("binds a page token to its query", async () => {
    x = await startSmallX(manyPosts(30));
    const query = { max_results: "10", "tweet.fields": "created_at" };
    const first = await get("users/42/tweets", query);
    const token = z.string().parse(first.meta?.["next_token"]);
    const next = await get("users/42/tweets", { ...query, pagination_token: token });
    expect(next.meta).toMatchObject({ result_count: 0 });
    for (const change of [
      { max_results: "11" },
      { since_id: "1" },
      { pagination_token: `${token.slice(0, -1)}0` },
      { pagination_token: `${token}zz` },
      { pagination_token: "made-up" },
    ]) {
      const changed = get("users/42/tweets", { ...query, pagination_token: token, ...change });
      await expect(changed).rejects.toMatchObject({
        code: 400,
        data: { title: "Invalid Request" },
      });
    }
  });

  it("follows the clock: what is newer does not exist yet, and before it is set nothing does", async () => {
    const [late, early] = [postAt("2026-01-02T00:00:00.000Z"), postAt("2026-01-01T00:00:00.000Z")];
    x = await startSmallX([late, early], { history: false });
    expect((await get("users/42/tweets")).meta).toEqual({ result_count: 0 });
    x.setNow(new Date("2026-01-01T23:59:59Z"));
    expect((await get("users/42/tweets")).data?.map((post) => post["id"])).toEqual([early.id]);
    expect((await get("tweets", { ids: late.id })).errors).toHaveLength(1);
    x.setNow(new Date("2026-01-02T00:00:00Z"));
    const ended = await get("users/42/tweets", { end_time: "2026-01-02T00:00:00Z" });
    expect(ended.data).toHaveLength(2);
    expect(x.posts()).toHaveLength(2);
    x.setNow(new Date("2026-01-01T23:59:59Z"));
    x.letClockRun();
    const recent = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, "");
    expect((await get("users/42/tweets", { end_time: recent })).data).toHaveLength(2);
  });

  it("shows a late post nowhere until it is time, and knows of it all the same", async () => {
    const [late, early] = [postAt("2026-01-02T00:00:00.000Z"), postAt("2026-01-01T00:00:00.000Z")];
    x = await startSmallX([late, early], { late: [late.id] });
    expect((await get("users/42/tweets")).data?.map((post) => post["id"])).toEqual([early.id]);
    expect((await get("tweets", { ids: late.id })).errors).toHaveLength(1);
    expect(x.posts()).toHaveLength(2);
    x.showLatePosts();
    const shown = await get("users/42/tweets");
    expect(shown.data?.map((post) => post["id"])).toEqual([late.id, early.id]);
  });

  it("reports ids that it does not show among the errors, with status 200", async () => {
    const post = postAt("2026-01-01T00:00:00.000Z");
    const hidden = postAt("2025-12-31T00:00:00.000Z", { author_id: "44" });
    x = await startSmallX([post], { otherPosts: [hidden] });
    const { data, errors } = await get("tweets", { ids: `${post.id},7,${hidden.id}` });
    expect(data).toHaveLength(1);
    const problems = "https://api.x.com/2/problems";
    expect(errors).toMatchObject([
      { resource_id: "7", type: `${problems}/resource-not-found` },
      { resource_id: hidden.id, type: `${problems}/not-authorized-for-resource` },
    ]);
    expect(await get("tweets", { ids: "7" })).not.toHaveProperty("data");
  });

  it("gives a single post as an object", async () => {
    const post = postAt("2026-01-01T00:00:00.000Z");
    x = await startSmallX([post]);
    const answer: unknown = await createClient(x.url).v2.get(`tweets/${post.id}`);
    expect(answer).toMatchObject({ data: { id: post.id } });
  });

  it("bills a post once a day and counts each return", async () => {
    const post = postAt("2026-01-01T00:00:00.000Z");
    const quoted = postAt("2025-12-31T00:00:00.000Z", { author_id: "43" });
    const quote = { ...post, referenced_tweets: [{ type: "quoted" as const, id: quoted.id }] };
    x = await startSmallX([quote], { otherPosts: [quoted] });
    await get("users/42/tweets", { expansions: "referenced_tweets.id" });
    await get("users/42/tweets");
    await get("tweets", { ids: `${post.id},${quoted.id}` });
    expect([x.reads(), x.otherReads()]).toEqual([1, 1]);
    expect([post.id, quoted.id].map((id) => x?.returned(id))).toEqual([3, 1]);
    // The first answer had both: the own one as an owned read, the other as something that goes along.
    expect(x.billed()).toEqual({ ownPosts: 1, otherPosts: 1, users: 0, dollars: 0.006 });
  });

  it("bills an own post more that was asked for by its id", async () => {
    const post = postAt("2026-01-01T00:00:00.000Z");
    x = await startSmallX([post]);
    await get("tweets", { ids: post.id, expansions: "author_id" });
    expect(x.billed()).toEqual({ ownPosts: 1, otherPosts: 0, users: 1, dollars: 0.015 });
  });

  it.each([
    ["users/42/tweets", {}, 900],
    ["users/42/mentions", {}, 300],
    ["users", { ids: "42" }, 900],
    ["tweets", { ids: "42" }, 5000],
  ])("allows as many requests to %s as X does", async (path, query, limit) => {
    x = await startSmallX([postAt("2026-01-01T00:00:00.000Z")]);
    const answer = await createClient(x.url).v2.get(path, query, { fullResponse: true });
    expect(answer.rateLimit).toMatchObject({ limit, remaining: limit - 1 });
  });

  it.each([
    ["an unknown path", "users/42/followers", {}, 404],
    ["an unknown parameter", "users/42/tweets", { count: "5" }, 400],
    ["a user id that is none", "users/small/tweets", {}, 400],
    ["no ids", "tweets", {}, 400],
    ["101 ids", "tweets", { ids: Array.from({ length: 101 }, () => "1").join(",") }, 400],
  ])("refuses %s", async (_what, path, query, code) => {
    x = await startSmallX([postAt("2026-01-01T00:00:00.000Z")]);
    await expect(get(path, query)).rejects.toMatchObject({ code });
  });

  it("refuses another method with 405 and another host with 421", async () => {
    x = await startSmallX([postAt("2026-01-01T00:00:00.000Z")]);
    await expect(createClient(x.url).v2.delete("users/me")).rejects.toMatchObject({ code: 405 });
    expect((await getAs(x.url, "https://api.twitter.com/2/users/me")).status).toBe(421);
    expect((await getAs(x.url, "https://api.x.com/2/users/me")).status).toBe(401);
  });

  it("allows 75 requests in 15 minutes to users/me, and says so in headers", async () => {
    x = await startSmallX([postAt("2026-01-01T00:00:00.000Z")]);
    const client = createClient(x.url);
    const { rateLimit } = await client.v2.get("users/me", {}, { fullResponse: true });
    expect(rateLimit).toMatchObject({ limit: 75, remaining: 74 });
    for (let request = 2; request <= 75; request++) {
      await client.v2.me();
    }
    await expect(client.v2.me()).rejects.toMatchObject({
      code: 429,
      data: { title: "Too Many Requests" },
      rateLimit: { limit: 75, remaining: 0 },
    });
    expect((await get("users/42/tweets")).data).toHaveLength(1);
  });

  it("leaves nothing open when it is closed", async () => {
    const closing = await startSmallX([], { callbackUrl: CALLBACK });
    await fetch(`${closing.url}/2/users/me`);
    await closing.close();
    await expect(fetch(closing.url)).rejects.toThrow("fetch failed");
  });
});
