import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { LocalX } from "../contracts.ts";
import { generateTimeline } from "./generate.ts";
import { createMediaFiles } from "./media-files.ts";
import { getAnswer } from "./testing/get-answer.ts";
import { manyPosts, postAt, smallTimeline, startSmallX } from "./testing/small-timeline.ts";
import type { Post } from "./timeline.ts";
import { tellMentions } from "./true-mentions.ts";

const US = { entities: { mentions: [{ username: "Small", id: "42" }] } };
const OWN = postAt("2026-01-01T00:00:00.000Z");

function by(author_id: string, minute: number, members: Partial<Post> = US): Post {
  const time = `2026-01-01T01:${String(minute).padStart(2, "0")}:00.000Z`;
  return postAt(time, { author_id, ...members });
}

describe("the mentions of an account", () => {
  let x: LocalX | undefined;
  afterEach(async () => x?.close());

  async function startX(otherPosts: Post[], posts = [OWN]): Promise<LocalX> {
    return (x = await startSmallX(posts, { otherPosts }));
  }

  it("are posts that name it, newest first, wherever X marks the name", async () => {
    const mentions = [
      by("43", 1),
      by("43", 2, { entities: { mentions: [{ username: "SMALL" }] } }),
      by("43", 3, { note_tweet: { text: "the whole", entities: US.entities } }),
      by("42", 4),
    ];
    const { data } = await getAnswer(await startX(mentions), "users/42/mentions");
    expect(data?.map(({ id }) => id)).toEqual(mentions.map(({ id }) => id).toReversed());
  });

  it.each([
    ["a reply that left the name out", by("43", 1, { in_reply_to_user_id: "42" })],
    ["a repost", by("43", 1, { ...US, referenced_tweets: [{ type: "retweeted", id: OWN.id }] })],
    ["a post of a protected account", by("44", 1)],
    [
      "a post that names somebody else",
      by("43", 1, { entities: { mentions: [{ username: "s" }] } }),
    ],
    ["a version that was edited", by("43", 1, { ...US, edit_history_tweet_ids: ["1", "2"] })],
  ])("are not %s", async (_what, post) => {
    expect(await getAnswer(await startX([post]), "users/42/mentions")).toEqual({
      meta: { result_count: 0 },
    });
  });

  it("take bounds as timelines do, and no word of what to leave out", async () => {
    const [early, late] = [by("43", 1), by("43", 2)];
    const running = await startX([early, late]);
    const ids = async (query: Record<string, string>) =>
      (await getAnswer(running, "users/42/mentions", query)).data?.map(({ id }) => id);
    expect(await ids({ since_id: early.id })).toEqual([late.id]);
    expect(await ids({ until_id: late.id })).toEqual([early.id]);
    expect(await ids({ start_time: "2026-01-01T01:02:00Z" })).toEqual([late.id]);
    expect(await ids({ end_time: "2026-01-01T01:01:00Z" })).toEqual([early.id]);
    await expect(ids({ exclude: "replies" })).rejects.toMatchObject({ code: 400 });
    await expect(ids({ max_results: "4" })).rejects.toMatchObject({ code: 400 });
  });

  it("go back to the newest 800 alone, page by page, with tokens that no timeline takes", async () => {
    const others = manyPosts(810).map((post) => ({ ...post, author_id: "43", ...US }));
    const running = await startX(others);
    const seen: unknown[] = [];
    let query: Record<string, string> = { max_results: "100" };
    for (;;) {
      const { data = [], meta } = await getAnswer(running, "users/42/mentions", query);
      seen.push(...data.map(({ id }) => id));
      if (meta?.["next_token"] === undefined) {
        break;
      }
      query = { max_results: "100", pagination_token: z.string().parse(meta["next_token"]) };
    }
    expect(seen).toEqual(others.slice(0, 800).map(({ id }) => id));
    await expect(getAnswer(running, "users/42/tweets", query)).rejects.toMatchObject({ code: 400 });
  });

  it("come in both vocabularies", async () => {
    const running = await startX([by("43", 1)]);
    const fields = { "post.fields": "created_at", expansions: "author_id" };
    const { data, includes } = await getAnswer(running, "users/42/mentions", fields);
    expect(data?.[0]).toMatchObject({ author_id: "43" });
    expect(data?.[0]).not.toHaveProperty("edit_history_tweet_ids");
    expect(includes?.["users"]).toMatchObject([{ username: "Other" }]);
  });

  it("cost as little as own posts, and their authors, who need not go along, the most", async () => {
    const running = await startX([by("43", 1)]);
    await getAnswer(running, "users/42/mentions");
    expect(running.billed()).toEqual({ ownPosts: 0, otherPosts: 1, users: 0, dollars: 0.001 });
    await getAnswer(running, "users/42/mentions", { expansions: "author_id" });
    expect(running.billed()).toEqual({ ownPosts: 0, otherPosts: 1, users: 1, dollars: 0.011 });
  });
});

describe("the truth about mentions", () => {
  it("has what they quote, and what they answer where that is the account's own", () => {
    const theirs = postAt("2025-12-31T00:00:00.000Z", { author_id: "43" });
    const refer = (minute: number, type: "quoted" | "replied_to", { id }: Post) =>
      by("43", minute, { ...US, referenced_tweets: [{ type, id }] });
    const mentions = [
      refer(4, "quoted", theirs),
      refer(3, "quoted", OWN),
      refer(2, "replied_to", theirs),
      refer(1, "replied_to", OWN),
    ];
    const timeline = smallTimeline([OWN], [theirs, ...mentions]);
    const told = tellMentions(timeline, createMediaFiles(timeline));
    const shown = told.map(({ references }) => references.map(({ post }) => post?.id));
    expect(shown).toEqual([[theirs.id], [undefined], [undefined], [OWN.id]]);
  });

  it("has of the generated days every kind, and none that X does not count", () => {
    const timeline = generateTimeline();
    const told = tellMentions(timeline, createMediaFiles(timeline));
    const kinds = new Set(told.flatMap(({ references }) => references.map(({ type }) => type)));
    expect(kinds).toEqual(new Set(["replied_to", "quoted"]));
    expect(told.filter(({ answersUser }) => answersUser === timeline.account.id)).toHaveLength(2);
    expect(told.some(({ text }) => /tugs\?|Do not tell|^RT /.test(text))).toBe(false);
    expect(told.some(({ media }) => media.length > 0)).toBe(true);
  });
});
