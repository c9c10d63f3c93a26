import { afterEach, describe, expect, it } from "vitest";
import { createParts, OWN_TOKEN, type Parts } from "../testing/harness.ts";
import { type ScriptedAnswer, type ScriptedX, startScriptedX } from "../testing/serve-x.ts";
import { createXAgent } from "./agent.ts";
import { createTwitter, type Twitter } from "./client.ts";
import { createAskForPosts } from "./vocabulary.ts";

const POST = {
  id: "7",
  text: "Hello",
  created_at: "2026-01-01T00:00:00.000Z",
  author_id: "42",
  conversation_id: "7",
  edit_history_tweet_ids: ["7"],
};
const PAGE = { status: 200, body: { data: [POST], meta: { result_count: 1 } } };
const SEARCHED = {
  startTime: "2026-01-01T00:00:00Z",
  endTime: "2026-01-02T00:00:00Z",
  maxResults: 500,
};

const ENDPOINTS: [string, (twitter: Twitter) => Promise<{ body: Buffer }>][] = [
  ["timeline", (twitter) => twitter.timeline(OWN_TOKEN, "42", { maxResults: 100 })],
  ["lookup", (twitter) => twitter.lookup(OWN_TOKEN, ["7"])],
  ["search", (twitter) => twitter.search("42", SEARCHED)],
];

/** As X refuses a value, and a parameter, that it does not know (docs/x-api.md#errors). */
const REFUSALS: Record<string, ScriptedAnswer> = {
  "one field of many": refusal("tweet.fields", "id,text,note_tweet", "value [note_tweet]"),
  "an expansion": refusal("expansions", "author_id,referenced_tweets.id", "value [referenced]"),
  "a field of a user": refusal("user.fields", "id,affiliation", "value [affiliation]"),
  "the parameter itself": {
    ...refusal("tweet.fields", "id,text", ""),
    body: invalid({
      parameters: { "tweet.fields": ["id,text"] },
      message: "The query parameter [tweet.fields] is not one of [id,max_results,post.fields]",
    }),
  },
  "two things at once": {
    status: 400,
    body: invalid(
      { parameters: { expansions: ["referenced_tweets.id"] }, message: "Not one of [author_id]" },
      { parameters: { "tweet.fields": ["note_tweet"] }, message: "Not one of [id]" },
    ),
  },
  "no word but": {
    status: 200,
    body: { data: [{ id: "7", text: "Hello" }], meta: { result_count: 1 } },
  },
  "no word on who wrote but": {
    status: 200,
    body: { data: [{ ...POST, author_id: undefined }], meta: { result_count: 1 } },
  },
};

let x: ScriptedX;
afterEach(() => x.close());

/** An X that has this for who asks in these words, and posts for everybody else. */
async function startX(answers: Partial<Record<"tweet.fields" | "post.fields", ScriptedAnswer>>) {
  x = await startScriptedX(({ path }) => {
    if (path === "/oauth2/token") {
      return { status: 200, body: { token_type: "bearer", access_token: "token" } };
    }
    const asked = path.includes("post.fields=") ? "post.fields" : "tweet.fields";
    return answers[asked] ?? PAGE;
  });
  return createParts(x.url);
}

const wordsAsked = () =>
  x.requests.flatMap(({ url }) => /[?&](tweet|post)\.fields=/.exec(url)?.[1] ?? []);

describe.each(ENDPOINTS)("%s", (endpoint, ask) => {
  it.each(Object.entries(REFUSALS))(
    "asks in X's other words where X refuses with %s",
    async (_what, refused) => {
      const { twitter, log, store } = await startX({ "tweet.fields": refused });
      expect(JSON.parse((await ask(twitter)).body.toString())).toEqual(PAGE.body);
      expect(wordsAsked()).toEqual(["tweet", "post"]);
      expect(log.of("x.vocabulary-changed")).toMatchObject([
        {
          level: "warn",
          detail: `${endpoint}: post.fields`,
          reason: expect.any(String) as unknown,
        },
      ]);
      expect(store.blobs.has("x/vocabulary.json")).toBe(true);
    },
  );
});

describe("What X takes", () => {
  const ask = (twitter: Twitter) => twitter.timeline(OWN_TOKEN, "42", { maxResults: 100 });
  const refused = REFUSALS["one field of many"];

  it("is known from then on, also to another instance", async () => {
    const parts = await startX({ ...(refused && { "tweet.fields": refused }) });
    await ask(parts.twitter);
    await ask(parts.twitter);
    await ask(anotherInstance(parts));
    expect(wordsAsked()).toEqual(["tweet", "post", "post", "post"]);
    expect(parts.log.of("x.vocabulary-changed")).toHaveLength(1);
  });

  it("is known to an instance that has been running, minutes later", async () => {
    const answers: Parameters<typeof startX>[0] = {};
    const parts = await startX(answers);
    const other = anotherInstance(parts);
    await ask(other);
    Object.assign(answers, { "tweet.fields": refused });
    await ask(parts.twitter);
    parts.clock.advance(6 * 60_000);
    await ask(other);
    expect(wordsAsked()).toEqual(["tweet", "tweet", "post", "post"]);
    expect(parts.log.of("x.vocabulary-changed")).toHaveLength(1);
  });

  it("is known for one question, and not for those that X still takes as before", async () => {
    const { twitter } = await startX({ ...(refused && { "tweet.fields": refused }) });
    await ask(twitter);
    await twitter.lookup(OWN_TOKEN, ["7"]);
    expect(wordsAsked()).toEqual(["tweet", "post", "tweet", "post"]);
  });

  it("may be the first words again", async () => {
    const answers: Parameters<typeof startX>[0] = { ...(refused && { "tweet.fields": refused }) };
    const { twitter, log } = await startX(answers);
    await ask(twitter);
    answers["post.fields"] = refusal("post.fields", "id,note_post", "value [note_post]");
    delete answers["tweet.fields"];
    await ask(twitter);
    await ask(twitter);
    expect(wordsAsked()).toEqual(["tweet", "post", "post", "tweet", "tweet"]);
    expect(log.of("x.vocabulary-changed")).toHaveLength(2);
  });

  it("is what is configured, once that is changed", async () => {
    const parts = await startX({ ...(refused && { "tweet.fields": refused }) });
    await ask(parts.twitter);
    const preferred = "post";
    const { store, log, settings, clock } = parts;
    const askForPosts = createAskForPosts({ store, preferred, log: log.log, now: clock.now });
    const twitter = createTwitter(settings, { agent: createXAgent(x.url), askForPosts });
    await ask(twitter);
    expect(wordsAsked()).toEqual(["tweet", "post", "post"]);
  });

  it("is learnt anew where what is known of it cannot be read", async () => {
    const { twitter, store } = await startX({ ...(refused && { "tweet.fields": refused }) });
    await store.put("x/vocabulary.json", Buffer.from("{"));
    await ask(twitter);
    await ask(twitter);
    expect(wordsAsked()).toEqual(["tweet", "post", "post"]);
  });

  it("is neither: X's words on both are said", async () => {
    const { twitter, log, store } = await startX({
      "tweet.fields": refusal("tweet.fields", "id,note_tweet", "value [note_tweet]"),
      "post.fields": refusal("post.fields", "id,note_post", "value [note_post]"),
    });
    const error: unknown = await ask(twitter).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "x-bad-request" });
    expect(String(error)).toMatch(/value \[note_tweet\].*value \[note_post\]/);
    expect(wordsAsked()).toEqual(["tweet", "post"]);
    expect(log.of("x.vocabulary-changed")).toEqual([]);
    expect(store.blobs.has("x/vocabulary.json")).toBe(false);
  });

  it("is not asked for where it is something else that X refuses", async () => {
    const { twitter } = await startX({
      "tweet.fields": refusal("max_results", "100", "value [100]"),
    });
    await expect(ask(twitter)).rejects.toMatchObject({
      code: "x-bad-request",
      message: expect.stringContaining("`max_results` query parameter value [100]") as unknown,
    });
    expect(wordsAsked()).toEqual(["tweet"]);
  });

  it("is known where X takes the words and refuses the page's token", async () => {
    const { twitter, log } = await startX({
      ...(refused && { "tweet.fields": refused }),
      "post.fields": refusal("pagination_token", "next", "value [next]"),
    });
    await expect(ask(twitter)).rejects.toMatchObject({ parameters: ["pagination_token"] });
    expect(log.of("x.vocabulary-changed")).toHaveLength(1);
  });

  it("is not known where X is down when it is asked again", async () => {
    const { twitter, log } = await startX({
      ...(refused && { "tweet.fields": refused }),
      "post.fields": { status: 503 },
    });
    await expect(ask(twitter)).rejects.toMatchObject({ code: "x-unavailable" });
    expect(log.of("x.vocabulary-changed")).toEqual([]);
  });

  it.each([
    ["one post of many lacks it", [POST, { id: "6", text: "Odd" }]],
    ["there is no post", []],
  ])("is not in doubt where %s", async (_what, data) => {
    const { twitter } = await startX({
      "tweet.fields": { status: 200, body: { data, meta: { result_count: data.length } } },
    });
    await ask(twitter);
    expect(wordsAsked()).toEqual(["tweet"]);
  });
});

const CUT = `${"a".repeat(250)}… https://t.co/a`;
const LINK = { start: 252, end: 266, url: "https://t.co/a" };
const TO_ITSELF = { urls: [{ ...LINK, expanded_url: "https://x.com/i/web/status/7" }] };
const LONG = { ...POST, text: CUT, entities: TO_ITSELF };
const NOTE = { text: "a".repeat(900) };
const REPLY = { ...POST, conversation_id: "5" };
const PARENT = { type: "replied_to", id: "6" };
const { edit_history_tweet_ids: HISTORY, ...UNVERSIONED } = POST;
const QUOTE = {
  ...POST,
  entities: {
    urls: [{ url: "https://t.co/b", expanded_url: "https://twitter.com/other/status/5" }],
  },
};

/** Posts without one thing that they were asked for, and with it in X's other words. */
const DROPPED: Record<string, [without: object, whole: object]> = {
  "the text of a long post": [page(LONG), page({ ...LONG, note_post: NOTE })],
  "the text of a long post, of which an empty one remains": [
    page({ ...LONG, note_tweet: { text: "" } }),
    page({ ...LONG, note_post: NOTE }),
  ],
  "the text of a long post without a link": [
    page({ ...POST, text: `${"a".repeat(270)}…` }),
    page({ ...POST, text: `${"a".repeat(270)}…`, note_post: NOTE }),
  ],
  "the text of a long post that goes along": [
    { ...page(POST), includes: { tweets: [{ ...LONG, id: "7" }] } },
    { ...page(POST), includes: { posts: [{ ...LONG, id: "7", note_post: NOTE }] } },
  ],
  "what is answered": [page(REPLY), page({ ...REPLY, referenced_posts: [PARENT] })],
  "what is reposted": [
    page({ ...POST, text: "RT @other: Hello" }),
    page({ ...POST, text: "RT @other: Hello", referenced_posts: [{ type: "retweeted", id: "5" }] }),
  ],
  "what is quoted": [
    page(QUOTE),
    page({ ...QUOTE, referenced_posts: [{ type: "quoted", id: "5" }] }),
  ],
  "to whom a post belongs that goes along": [
    { ...page(POST), includes: { tweets: [{ ...POST, id: "5" }] } },
    {
      ...page({ ...POST, referenced_posts: [{ type: "quoted", id: "5" }] }),
      includes: { posts: [{ ...POST, id: "5" }] },
    },
  ],
  "the versions": [page(UNVERSIONED), page({ ...UNVERSIONED, edit_history_post_ids: HISTORY })],
};

describe("A field that X drops without a word", () => {
  const ask = (twitter: Twitter) => twitter.timeline(OWN_TOKEN, "42", { maxResults: 100 });
  const answered = async (twitter: Twitter): Promise<unknown> =>
    JSON.parse((await ask(twitter)).body.toString());

  it.each(Object.entries(DROPPED))(
    "is asked for in X's other words, and had from then on: %s",
    async (_what, [without, whole]) => {
      const { twitter, log } = await startX({
        "tweet.fields": { status: 200, body: without },
        "post.fields": { status: 200, body: whole },
      });
      expect(await answered(twitter)).toEqual(whole);
      expect(await answered(twitter)).toEqual(whole);
      expect(wordsAsked()).toEqual(["tweet", "post", "post"]);
      expect(log.of("x.vocabulary-changed")).toMatchObject([{ detail: "timeline: post.fields" }]);
      expect(log.of("capture.fields-missing")).toEqual([]);
    },
  );

  it.each(Object.entries(DROPPED))(
    "is told of where neither gives it, and asked for again within the hour by nobody: %s",
    async (_what, [without]) => {
      const neither = { status: 200, body: without };
      const parts = await startX({ "tweet.fields": neither, "post.fields": neither });
      expect(await answered(parts.twitter)).toEqual(without);
      await ask(parts.twitter);
      await ask(anotherInstance(parts));
      expect(wordsAsked()).toEqual(["tweet", "post", "tweet", "tweet"]);
      expect(parts.log.of("capture.fields-missing")).toMatchObject([{ level: "error" }]);
      parts.clock.advance(61 * 60_000);
      await ask(parts.twitter);
      expect(wordsAsked()).toEqual(["tweet", "post", "tweet", "tweet", "tweet", "post"]);
      expect(parts.log.of("x.vocabulary-changed")).toEqual([]);
    },
  );

  it("counts for less than another that only the first words give", async () => {
    const [withoutNote] = DROPPED["the text of a long post"] ?? [];
    const { twitter } = await startX({
      "tweet.fields": {
        status: 200,
        body: page({ ...LONG, edit_history_tweet_ids: undefined, note_tweet: NOTE }),
      },
      "post.fields": { status: 200, body: withoutNote ?? {} },
    });
    expect(await answered(twitter)).toMatchObject({ data: [{ note_tweet: NOTE }] });
    expect(wordsAsked()).toEqual(["tweet", "post"]);
  });

  it.each(["tweet", "post"])(
    "is not given up for one refusal of the words that give it, which are %s.fields",
    async (good) => {
      const [without = {}, whole = {}] = DROPPED["the text of a long post"] ?? [];
      let refusals = 0;
      x = await startScriptedX(({ path }): ScriptedAnswer => {
        if (!path.includes(`${good}.fields=`)) {
          return { status: 200, body: without };
        }
        refusals += 1;
        return refusals === 1
          ? refusal(`${good}.fields`, "id", "value [id]")
          : { status: 200, body: whole };
      });
      const { twitter, log } = createParts(x.url);
      expect(await answered(twitter)).toEqual(whole);
      expect(log.of("capture.fields-missing")).toEqual([]);
    },
  );

  it("does not hold up the page where X's other words are refused, token and all", async () => {
    const [without = {}] = DROPPED["what is answered"] ?? [];
    const { twitter, log } = await startX({
      "tweet.fields": { status: 200, body: without },
      "post.fields": refusal("pagination_token", "next", "value [next]"),
    });
    expect(await answered(twitter)).toEqual(without);
    expect(log.of("capture.fields-missing")).toHaveLength(1);
    expect(log.of("x.vocabulary-changed")).toEqual([]);
  });

  it("is not believed to be dropped while X cannot say it in its other words", async () => {
    const [without = {}] = DROPPED["what is answered"] ?? [];
    const { twitter, log } = await startX({
      "tweet.fields": { status: 200, body: without },
      "post.fields": { status: 503 },
    });
    await expect(ask(twitter)).rejects.toMatchObject({ code: "x-unavailable" });
    expect(log.of("capture.fields-missing")).toEqual([]);
  });

  it.each([
    ["an author's own dots", [{ ...POST, text: `${"a".repeat(200)}…` }]],
    [
      "an edited post of its first version's conversation",
      [{ ...POST, conversation_id: "6", edit_history_tweet_ids: ["6", "7"] }],
    ],
    [
      "a link to one's own picture",
      [
        {
          ...POST,
          entities: { urls: [{ ...LINK, expanded_url: "https://x.com/small/status/7/photo/1" }] },
        },
      ],
    ],
    [
      "one post of many",
      [
        { ...REPLY, referenced_tweets: [PARENT] },
        { ...REPLY, id: "8" },
      ],
    ],
  ])("is not suspected for %s", async (_what, data) => {
    const { twitter } = await startX({ "tweet.fields": { status: 200, body: page(...data) } });
    await ask(twitter);
    expect(wordsAsked()).toEqual(["tweet"]);
  });
});

function page(...data: object[]) {
  return { data, meta: { result_count: data.length } };
}

function anotherInstance(parts: Parts): Twitter {
  return createTwitterOf(parts, parts.settings.X_API_URL);
}

function createTwitterOf({ settings, store, log, clock: { now } }: Parts, url: string): Twitter {
  const askForPosts = createAskForPosts({ store, preferred: "tweet", log: log.log, now });
  return createTwitter(settings, { agent: createXAgent(url), askForPosts, now });
}

function refusal(parameter: string, value: string, what: string): ScriptedAnswer {
  const message = `The \`${parameter}\` query parameter ${what} is not one of [id,text]`;
  return { status: 400, body: invalid({ parameters: { [parameter]: [value] }, message }) };
}

function invalid(...errors: object[]): object {
  return {
    errors,
    title: "Invalid Request",
    detail: "One or more parameters to your request was invalid.",
    type: "https://api.x.com/2/problems/invalid-request",
  };
}
