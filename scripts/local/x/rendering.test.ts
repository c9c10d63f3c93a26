import { describe, expect, it } from "vitest";
import { answerPosts } from "./answer-posts.ts";
import { postAt, smallTimeline } from "./testing/small-timeline.ts";
import type { Post } from "./timeline.ts";
import { readSelection } from "./vocabulary.ts";

const quoted = postAt("2025-12-31T00:00:00.000Z", {
  author_id: "43",
  attachments: { media_keys: ["3_7"] },
});
const older = postAt("2025-12-31T23:00:00.000Z");
const post = postAt("2026-01-01T00:00:00.000Z", {
  edit_history_tweet_ids: [older.id, "9"],
  note_tweet: { text: "the whole" },
  in_reply_to_user_id: "45",
  referenced_tweets: [
    { type: "quoted", id: quoted.id },
    { type: "replied_to", id: "77" },
  ],
  entities: { mentions: [{ username: "other", id: "43" }] },
  public_metrics: { retweet_count: 3, like_count: 4 },
  brand_new: "nobody knows it yet",
});

function answer(query: Record<string, string>, posts: Post[] = [post]) {
  const view = {
    timeline: smallTimeline([post], [quoted, older]),
    viewerId: "42",
    now: undefined,
    hidden: new Set<string>(),
  };
  const found = { posts, errors: [] };
  return answerPosts(view, readSelection(new URLSearchParams(query)), found);
}

function membersOf(query: Record<string, string>): string[] {
  return Object.keys(answer(query).data?.[0] ?? {}).sort();
}

describe("members of a post", () => {
  it.each([
    ["nothing", {}, ["edit_history_tweet_ids"]],
    [
      "legacy fields",
      { "tweet.fields": "note_tweet,author_id" },
      ["author_id", "edit_history_tweet_ids", "note_tweet"],
    ],
    ["a new name in the legacy list", { "tweet.fields": "note_post" }, ["edit_history_tweet_ids"]],
    ["new fields", { "post.fields": "note_post" }, ["note_post"]],
    [
      "a legacy name in the new list",
      { "post.fields": "note_tweet,author_id,referenced_tweets" },
      [],
    ],
    [
      "both lists: the legacy one is void",
      { "post.fields": "lang", "tweet.fields": "note_tweet" },
      [],
    ],
    [
      "what only expansions bring in the new vocabulary",
      { "post.fields": "lang", expansions: "author_id,referenced_posts,edit_history_post_ids" },
      ["author_id", "edit_history_post_ids", "referenced_posts"],
    ],
    [
      "legacy expansions with new fields",
      { "post.fields": "lang", expansions: "referenced_tweets.id,edit_history_tweet_ids" },
      [],
    ],
    [
      "new expansions with legacy fields",
      { expansions: "referenced_posts" },
      ["edit_history_tweet_ids"],
    ],
  ])("when a request asks for %s", (_what, query, expected) => {
    const always = ["brand_new", "id", "text"];
    expect(membersOf(query)).toEqual([...always, ...expected].sort());
  });

  it("spell public metrics as the vocabulary has it", () => {
    const [legacy] = answer({ "tweet.fields": "public_metrics" }).data ?? [];
    const [renamed] = answer({ "post.fields": "public_metrics" }).data ?? [];
    expect(legacy?.["public_metrics"]).toEqual({ retweet_count: 3, like_count: 4 });
    expect(renamed?.["public_metrics"]).toEqual({ repost_count: 3, like_count: 4 });
  });
});

it("Members of any object come as X sends them oddly, if they were asked for", () => {
  const odd = { ...post, sent_oddly: { lang: null, public_metrics: 5, entities: [] } };
  const media = { media_key: "3_7", sent_oddly: { variants: [null], url: 5, width: null } };
  const view = {
    timeline: smallTimeline([odd], [quoted, older], [media]),
    viewerId: "42",
    now: undefined,
    hidden: new Set<string>(),
  };
  const query = {
    "post.fields": "lang,public_metrics",
    "media.fields": "variants",
    expansions: "attachments.media_keys",
  };
  const found = { posts: [{ ...odd, attachments: { media_keys: ["3_7"] } }], errors: [] };
  const sent = answerPosts(view, readSelection(new URLSearchParams(query)), found);
  expect(sent.data).toMatchObject([{ lang: null, public_metrics: 5 }]);
  expect(sent.data?.[0]).not.toHaveProperty("entities");
  expect(sent.data?.[0]).not.toHaveProperty("sent_oddly");
  expect(sent.includes?.["media"]).toEqual([{ media_key: "3_7", type: "photo", variants: [null] }]);
});

describe("includes", () => {
  it("are absent without expansions", () => {
    expect(answer({ "media.fields": "url" })).not.toHaveProperty("includes");
  });

  it("hold each object once per page", () => {
    const query = { expansions: "author_id,entities.mentions.username,referenced_tweets.id" };
    const { includes } = answer(query, [post, { ...post, id: "5" }]);
    expect(includes?.["users"]?.map((user) => user["id"])).toEqual(["42", "43"]);
    expect(includes?.["tweets"]?.map((one) => one["id"])).toEqual([quoted.id]);
  });

  it("reach one level down where the legacy vocabulary says so", () => {
    const expansions = "referenced_tweets.id.author_id,referenced_tweets.id.attachments.media_keys";
    const { includes } = answer({ expansions, "media.fields": "url" });
    expect(includes?.["users"]?.map((user) => user["username"])).toEqual(["Other"]);
    expect(includes?.["media"]).toMatchObject([{ media_key: "3_7", type: "photo" }]);
    expect(includes).not.toHaveProperty("tweets");
  });

  it("are called posts in the new vocabulary, with the same members as the page's posts", () => {
    const { includes } = answer({ "post.fields": "created_at", expansions: "referenced_posts" });
    expect(includes?.["posts"]).toEqual([
      { id: quoted.id, text: quoted.text, created_at: quoted.created_at },
    ]);
  });

  it("hold older versions of an edited post", () => {
    const { includes } = answer({ expansions: "edit_history_tweet_ids" });
    expect(includes?.["tweets"]?.map((one) => one["id"])).toEqual([older.id]);
  });

  it("are made up for by errors where X has no such object", () => {
    const expansions = "in_reply_to_user_id,referenced_tweets.id,edit_history_tweet_ids";
    expect(answer({ expansions }).errors).toMatchObject([
      { parameter: "in_reply_to_user_id", resource_id: "45", resource_type: "user" },
      { parameter: "referenced_tweets.id", resource_id: "77", resource_type: "tweet" },
      { parameter: "edit_history_tweet_ids", resource_id: "9", resource_type: "tweet" },
    ]);
    const [error] = answer({ "post.fields": "lang", expansions: "referenced_posts" }).errors ?? [];
    expect(error).toMatchObject({ parameter: "referenced_posts", resource_type: "post" });
  });
});
