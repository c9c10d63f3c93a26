import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { CALLBACK, postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { describeError } from "../errors.ts";
import { TEST_SECRETS, testSettings } from "../testing/environment.ts";
import { ACCOUNT, createParts, OWN_TOKEN, X_KEYS } from "../testing/harness.ts";
import { type ScriptedAnswer, type ScriptedX, startScriptedX } from "../testing/serve-x.ts";
import { decideAtX } from "../testing/visitor.ts";
import { createXAgent } from "./agent.ts";
import { createTwitter, type Twitter } from "./client.ts";
import { fieldsQuery } from "./fields.ts";
import { parsePage } from "./page.ts";
import type { AskForPosts } from "./vocabulary.ts";

const HTML = { "content-type": "text/html;charset=utf-8" };
const GZIP = { "content-type": "application/json", "content-encoding": "gzip" };
const FORM = "oauth_token=t&oauth_token_secret=s&oauth_callback_confirmed=true";
const EMPTY = { status: 200, body: { meta: { result_count: 0 } } };
const UNAUTHORIZED = { status: 401, body: { title: "Unauthorized", detail: "Unauthorized" } };

let x: LocalX | ScriptedX;
afterEach(() => x.close());

async function script(answer: Parameters<typeof startScriptedX>[0]) {
  const scripted = await startScriptedX(answer);
  x = scripted;
  return { requests: scripted.requests, twitter: createParts(scripted.url).twitter };
}

const SEARCHED = {
  startTime: "2026-01-01T00:00:00Z",
  endTime: "2026-01-02T00:00:00Z",
  maxResults: 500,
};

/** Every call that the connector makes to X. */
const CALLS: [string, (twitter: Twitter) => Promise<unknown>][] = [
  ["me", (twitter) => twitter.me()],
  ["timeline", (twitter) => twitter.timeline(OWN_TOKEN, "42", { maxResults: 100 })],
  ["lookup", (twitter) => twitter.lookup(OWN_TOKEN, ["1"])],
  ["search", (twitter) => twitter.search("42", SEARCHED)],
  ["requestToken", (twitter) => twitter.requestToken(CALLBACK)],
  [
    "accessToken",
    (twitter) => twitter.accessToken({ oauthToken: "t", oauthTokenSecret: "s" }, "verifier"),
  ],
  ["revoke", (twitter) => twitter.revoke(OWN_TOKEN)],
];

describe("An answer", () => {
  it("is kept byte by byte", async () => {
    const body = Buffer.from(
      '{ "meta":{"result_count":0},\n\t"new": "\\u00e9 é \\ud83d\\ude00 1.0" }',
    );
    const { twitter } = await script(() => ({ status: 200, body }));
    const answer = await twitter.timeline(OWN_TOKEN, "42", { maxResults: 5 });
    expect(answer.body.equals(body)).toBe(true);
  });

  it("comes with where and when it was had, as blob metadata may say it, and with no secret", async () => {
    const headers = {
      "x-transaction-id": "abc123",
      "api-version": "2.150",
      "set-cookie": "guest_id=v1%3A1",
      "x-rate-limit-remaining": "899",
    };
    const { twitter } = await script(() => ({ ...EMPTY, headers }));
    const { about } = await twitter.timeline(OWN_TOKEN, "42", {
      maxResults: 100,
      startTime: "2026-01-01T00:00:00Z",
    });
    expect(about).toEqual({
      request: expect.stringMatching(/^users\/42\/tweets\?tweet\.fields=/) as unknown,
      askedat: "2026-06-01T12:00:00.000Z",
      receivedat: "2026-06-01T12:00:00.000Z",
      apiversion: "2.150",
      contenttype: "application/json",
      date: expect.any(String) as unknown,
      xtransactionid: "abc123",
    });
    expect(about["request"]).toContain("&max_results=100&start_time=2026-01-01T00%3A00%3A00Z");
    const text = JSON.stringify(about);
    expect(Object.values(TEST_SECRETS).filter((secret) => text.includes(secret))).toEqual([]);
    // Azure Storage takes at most 8 KB of metadata, in ASCII, under names that could be of C#.
    expect(Buffer.byteLength(text)).toBeLessThan(8192);
    expect(Object.keys(about).join("")).toMatch(/^[a-z]+$/);
    expect(text).toMatch(/^[\u0020-\u007e]+$/);
  });

  it("to the longest question fits into blob metadata with it", async () => {
    const { twitter } = await script(() => EMPTY);
    const ids = Array.from({ length: 100 }, () => "9".repeat(19));
    const { about } = await twitter.lookup(OWN_TOKEN, ids);
    expect(Buffer.byteLength(JSON.stringify(about))).toBeLessThan(8192);
  });
});

describe.each(["tweet", "post"] as const)("In the vocabulary %s", (X_VOCABULARY) => {
  it("X is asked for everything, in this vocabulary alone, and by time and id as it reads them", async () => {
    const scripted = await startScriptedX(() => EMPTY);
    x = scripted;
    const { twitter } = createParts(scripted.url, { X_VOCABULARY });
    await twitter.timeline(OWN_TOKEN, "42", {
      maxResults: 100,
      startTime: "2026-01-01T00:00:00Z",
      endTime: "2026-01-02T00:00:00Z",
      sinceId: "7",
      paginationToken: "next",
    });
    await twitter.lookup(OWN_TOKEN, ["1", "2"]);
    const [timeline, lookup] = scripted.requests.map(
      ({ url }) => new URL(url, "https://api.x.com"),
    );
    expect(timeline?.pathname).toBe("/2/users/42/tweets");
    expect(Object.fromEntries(timeline?.searchParams ?? [])).toEqual({
      ...fieldsQuery(X_VOCABULARY),
      max_results: "100",
      start_time: "2026-01-01T00:00:00Z",
      end_time: "2026-01-02T00:00:00Z",
      since_id: "7",
      pagination_token: "next",
    });
    expect(lookup?.pathname).toBe("/2/tweets");
    expect(Object.fromEntries(lookup?.searchParams ?? [])).toEqual({
      ...fieldsQuery(X_VOCABULARY),
      ids: "1,2",
    });
  });

  it("a post with all that belongs to it is read from X", async () => {
    const quoted = postAt("2025-12-31T00:00:00.000Z", { author_id: "43" });
    const post = postAt("2026-01-01T00:00:00.000Z", {
      note_tweet: { text: "the whole long text" },
      conversation_id: quoted.id,
      in_reply_to_user_id: "43",
      referenced_tweets: [{ type: "quoted", id: quoted.id }],
      attachments: { media_keys: ["3_1"] },
      public_metrics: { like_count: 4, retweet_count: 2 },
    });
    x = await startSmallX([post], { keys: X_KEYS, otherPosts: [quoted] });
    const { twitter } = createParts(x.url, { X_VOCABULARY });
    const { body } = await twitter.timeline(OWN_TOKEN, ACCOUNT.id, { maxResults: 5 });
    const { posts, includes } = parsePage(body);
    expect(posts).toMatchObject([
      {
        id: post.id,
        text: "the whole long text",
        createdAt: "2026-01-01T00:00:00Z",
        authorId: "42",
        conversationId: quoted.id,
        inReplyToUserId: "43",
        references: [{ type: "quoted", id: quoted.id }],
        mediaKeys: ["3_1"],
        likes: 4,
      },
    ]);
    expect([...includes.posts.keys()]).toEqual([quoted.id]);
    expect(includes.users.get("42")?.username).toBe("small");
    expect(includes.media.get("3_1")?.type).toBe("photo");
  });
});

describe("A signature", () => {
  it("holds for whatever signs a question has: they are encoded as RFC 3986 has it", async () => {
    x = await startSmallX([], { keys: X_KEYS });
    const paginationToken = "a b+c*(d)!'~é%2F&=";
    const asked = createParts(x.url).twitter.timeline(OWN_TOKEN, ACCOUNT.id, {
      maxResults: 5,
      paginationToken,
    });
    // X looks at the token only once it has taken the signature.
    await expect(asked).rejects.toMatchObject({ code: "x-bad-request" });
  });

  it("has a nonce of its own, however many are made at once", async () => {
    x = await startSmallX([], { keys: X_KEYS });
    const { twitter } = createParts(x.url);
    const answers = await Promise.all(Array.from({ length: 30 }, () => twitter.me()));
    expect(answers.filter(({ id }) => id === ACCOUNT.id)).toHaveLength(30);
  });
});

describe("The account", () => {
  it("is asked for what the archive needs, and for no e-mail address", async () => {
    const data = { id: "42", username: "small", name: "Small" };
    const { twitter, requests } = await script(() => ({ status: 200, body: { data } }));
    await twitter.me(OWN_TOKEN);
    expect(requests.map(({ url }) => decodeURIComponent(url))).toEqual([
      "/2/users/me?user.fields=created_at,profile_image_url,public_metrics",
    ]);
  });

  it.each([
    ["old", { tweet_count: 12 }],
    ["new", { post_count: 12 }],
  ])("has as many posts as X says, in the %s word for it", async (_age, metrics) => {
    const data = { id: "42", username: "small", name: "Small", public_metrics: metrics };
    const { twitter } = await script(() => ({ status: 200, body: { data } }));
    expect(await twitter.me()).toEqual({ id: "42", username: "small", name: "Small", posts: 12 });
  });

  it.each([
    ["errors alone", { errors: [{ title: "Forbidden" }] }, "x-bad-response"],
    ["nothing", {}, "x-bad-response"],
    ["a list", [], "x-unavailable"],
    ["half an account", { data: { id: "42" } }, "x-bad-response"],
  ])("is not made up from %s", async (_what, body, code) => {
    const { twitter } = await script(() => ({ status: 200, body }));
    await expect(twitter.me()).rejects.toMatchObject({ code });
  });
});

describe("Without the four Twitter values", () => {
  const none = { TWITTER_API_KEY: "", TWITTER_API_SECRET_KEY: "" };
  const all = { ...none, TWITTER_ACCESS_TOKEN: "", TWITTER_ACCESS_TOKEN_SECRET: "" };

  it.each(CALLS)("%s says so, and X is not asked", async (_name, call) => {
    const scripted = await startScriptedX(() => EMPTY);
    x = scripted;
    await expect(call(createParts(scripted.url, all).twitter)).rejects.toMatchObject({
      code: "x-keys-missing",
    });
    expect(scripted.requests).toEqual([]);
  });
});

describe("Signing in", () => {
  it("leads to X's page, which asks anew, and gives a token of the account that agreed", async () => {
    const { twitter } = await startX();
    const request = await twitter.requestToken(CALLBACK);
    const link = new URL(request.url);
    expect(`${link.origin}${link.pathname}`).toBe(`${x.url}/oauth/authorize`);
    expect(Object.fromEntries(link.searchParams)).toEqual({
      oauth_token: request.oauthToken,
      force_login: "true",
    });
    const { accountId, token } = await twitter.accessToken(request, await agree(request.url));
    expect(accountId).toBe("43");
    expect(await twitter.me(token)).toMatchObject({ id: "43", username: "Other" });
  });

  it("leads to the public X where no other is configured", async () => {
    const scripted = await startScriptedX(() => ({ status: 200, body: FORM, headers: HTML }));
    x = scripted;
    const settings = testSettings();
    const agent = createXAgent(scripted.url);
    const twitter = createTwitter(settings, { agent, askForPosts: askInTweets });
    expect(await twitter.requestToken(CALLBACK)).toEqual({
      oauthToken: "t",
      oauthTokenSecret: "s",
      url: "https://api.x.com/oauth/authorize?oauth_token=t&force_login=true",
    });
  });

  it("works once: a verifier that was used is refused", async () => {
    const { twitter } = await startX();
    const request = await twitter.requestToken(CALLBACK);
    const verifier = await agree(request.url);
    await twitter.accessToken(request, verifier);
    await expect(twitter.accessToken(request, verifier)).rejects.toMatchObject({
      code: "x-token-refused",
    });
  });

  it("does not work with another verifier, nor with another secret", async () => {
    const { twitter } = await startX();
    const request = await twitter.requestToken(CALLBACK);
    const verifier = await agree(request.url);
    const forged = { ...request, oauthTokenSecret: "another" };
    for (const trying of [
      twitter.accessToken(request, "another"),
      twitter.accessToken(forged, verifier),
    ]) {
      await expect(trying).rejects.toMatchObject({ code: "x-token-refused" });
    }
  });

  it("says in X's words when the callback address is not approved", async () => {
    const { twitter } = await startX();
    await expect(twitter.requestToken(`${CALLBACK}/`)).rejects.toMatchObject({
      code: "x-forbidden",
      message: "X answered 403 (Callback URL not approved for this client application.)",
    });
  });

  it.each([
    ["does not confirm the callback", "oauth_token=t&oauth_token_secret=s"],
    ["says nothing", ""],
  ])("is over where X %s", async (_what, body) => {
    const { twitter } = await script(() => ({ status: 200, body, headers: HTML }));
    await expect(twitter.requestToken(CALLBACK)).rejects.toMatchObject({ code: "x-bad-response" });
  });

  it.each(["", "oauth_token=t&oauth_token_secret=s", "user_id=42"])(
    "gives no token out of half an answer: %o",
    async (body) => {
      const { twitter } = await script(() => ({ status: 200, body, headers: HTML }));
      const request = { oauthToken: "t", oauthTokenSecret: "s" };
      await expect(twitter.accessToken(request, "v")).rejects.toMatchObject({
        code: "x-bad-response",
      });
    },
  );

  it("ends with revoking: X takes the token no more", async () => {
    const { twitter } = await startX();
    const request = await twitter.requestToken(CALLBACK);
    const { token } = await twitter.accessToken(request, await agree(request.url));
    await twitter.revoke(token);
    await expect(twitter.me(token)).rejects.toMatchObject({ code: "x-token-refused" });
    await expect(twitter.revoke(token)).rejects.toMatchObject({ code: "x-token-refused" });
  });

  async function startX() {
    x = await startSmallX([], { keys: X_KEYS });
    return createParts(x.url);
  }

  async function agree(location: string): Promise<string> {
    const back = await decideAtX(location, { username: "Other" });
    return new URL(back, CALLBACK).searchParams.get("oauth_verifier") ?? "";
  }
});

describe("No call waits for ever:", () => {
  const ENDLESS: [string, ScriptedAnswer | "silence"][] = [
    ["X says nothing", "silence"],
    ["X stops within the body", { status: 200, body: '{"data":[', after: "silence" }],
    ["X stops after a whole body", { ...EMPTY, after: "silence" }],
    ["X trickles", { ...EMPTY, after: "trickle" }],
    ["X stops within an error", { status: 500, body: "{", after: "silence" }],
  ];

  describe.each(CALLS)("%s", (_name, call) => {
    it.each(ENDLESS)("ends where %s", async (_what, answer) => {
      const scripted = await startScriptedX(() => answer);
      x = scripted;
      const error: unknown = await call(impatient(scripted.url)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: "x-unavailable",
        message: "X did not finish within 0.1 s",
      });
    });
  });

  it("an answer in time is not disturbed by the time running out after it", async () => {
    const scripted = await startScriptedX(() => EMPTY);
    x = scripted;
    const twitter = impatient(scripted.url);
    for (const _ of [1, 2]) {
      await twitter.timeline(OWN_TOKEN, "42", { maxResults: 5 });
      await new Promise((resolve) => {
        setTimeout(resolve, 150);
      });
    }
    expect(scripted.requests).toHaveLength(2);
  });

  it("many answers over one connection leave nothing behind on it", async () => {
    const warnings: string[] = [];
    const warn = ({ name }: Error) => warnings.push(name);
    process.on("warning", warn);
    const { twitter } = await script(() => EMPTY);
    for (const _ of Array.from({ length: 20 })) {
      await twitter.timeline(OWN_TOKEN, "42", { maxResults: 5 });
    }
    process.off("warning", warn);
    expect(warnings).toEqual([]);
  });

  it("a body that is not compressed as its header says is a bad answer and not the end of the process", async () => {
    const { twitter, requests } = await script(() => ({ ...EMPTY, headers: GZIP }));
    const { body } = await twitter.timeline(OWN_TOKEN, "42", { maxResults: 5 });
    expect(JSON.parse(body.toString())).toEqual(EMPTY.body);
    expect(requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  function impatient(url: string): Twitter {
    const settings = testSettings({ X_API_URL: url });
    const agent = createXAgent(url);
    return createTwitter(settings, { agent, askForPosts: askInTweets, timeoutMs: 100 });
  }
});

describe("An answer that was cut off is not taken for whole:", () => {
  const zipped = gzipSync(JSON.stringify({ meta: { result_count: 0 }, noise: noise() }));

  it.each<[string, ScriptedAnswer]>([
    ["in the middle", { status: 200, body: '{"data":[', after: "cut" }],
    ["in a form", { status: 200, body: FORM.slice(0, -20), headers: HTML, after: "cut" }],
    ["compressed", { status: 200, body: zipped.subarray(0, 500), headers: GZIP, after: "cut" }],
    ["in an error", { status: 503, body: "{", after: "cut" }],
  ])("%s", async (_what, answer) => {
    const { twitter } = await script(() => answer);
    const pages = [
      twitter.timeline(OWN_TOKEN, "42", { maxResults: 5 }),
      twitter.lookup(OWN_TOKEN, ["1"]),
    ].map(async (page) => parsePage((await page).body));
    const request = { oauthToken: "t", oauthTokenSecret: "s" };
    const others = [
      twitter.me(),
      twitter.requestToken(CALLBACK),
      twitter.accessToken(request, "v"),
    ];
    const codes = (await Promise.allSettled([...pages, ...others])).map((result) =>
      result.status === "rejected" ? describeError(result.reason).code : "whole",
    );
    expect(codes).toHaveLength(5);
    expect(codes.filter((code) => !/^x-(unavailable|bad-response)$/.test(code ?? ""))).toEqual([]);
  });
});

describe("No secret stands in the error of", () => {
  it.each(CALLS)("%s", async (_name, call) => {
    const everything = Object.values(TEST_SECRETS).join(" ");
    const answers: (ScriptedAnswer | "silence" | undefined)[] = [
      undefined,
      { status: 500, body: everything, headers: HTML },
      UNAUTHORIZED,
      UNAUTHORIZED,
      { status: 200, body: everything },
    ];
    const { twitter } = await script(() => answers.shift());
    const said: string[] = [];
    for (const _ of answers.slice()) {
      const error: unknown = await call(twitter).catch((thrown: unknown) => thrown);
      said.push(JSON.stringify(describeError(error)), error instanceof Error ? error.message : "");
    }
    expect(said.join("")).toContain("X answered 401 (Unauthorized: Unauthorized)");
    const secrets = [...Object.values(TEST_SECRETS), "oauth_signature", "tweet.fields"];
    expect(secrets.filter((secret) => said.join("\n").includes(secret))).toEqual([]);
  });
});

const askInTweets: AskForPosts = (_endpoint, ask) => ask(fieldsQuery("tweet"));

/** What does not compress to nothing. */
function noise(): string {
  return Array.from({ length: 2000 }, (_, index) => String(Math.sin(index))).join("");
}

describe("The search of all posts", () => {
  it("asks as the app alone, with one token for all calls, no faster than one a second", async () => {
    const post = postAt("2026-01-01T12:00:00.000Z");
    // Half of X's second: on a busy machine, the first question may arrive late.
    x = await startSmallX([post], { keys: X_KEYS, searchPauseMs: 500 });
    const agent = createXAgent(x.url);
    const twitter = createTwitter(testSettings({ X_API_URL: x.url }), {
      agent,
      askForPosts: askInTweets,
    });
    const answers = [await twitter.search("42", SEARCHED), await twitter.search("42", SEARCHED)];
    expect(answers.map(({ body }) => parsePage(body).posts.map(({ id }) => id))).toEqual([
      [post.id],
      [post.id],
    ]);
    expect(answers[0]?.about["request"]).toMatch(
      /^tweets\/search\/all\?.*query=from%3A42&max_results=500&start_time=2026-01-01/,
    );
  });

  it("asks again at once, with a new token, after a refusal", async () => {
    let issued = 0;
    const { twitter, requests } = await script(({ path }) => {
      if (path === "/oauth2/token") {
        issued += 1;
        return { status: 200, body: { token_type: "bearer", access_token: `token-${issued}` } };
      }
      return issued === 1 ? { status: 401, body: {} } : EMPTY;
    });
    await twitter.search("42", SEARCHED);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      expect.stringMatching(/^Basic /),
      "Bearer token-1",
      expect.stringMatching(/^Basic /),
      "Bearer token-2",
    ]);
  });
});

describe("A single 401 is no word on a token:", () => {
  const account = { status: 200, body: { data: { id: "42", username: "small", name: "Small" } } };
  const READS = CALLS.filter(([name]) => ["me", "timeline", "lookup"].includes(name));

  it.each(READS)("%s asks again at once", async (name, call) => {
    const answers = [UNAUTHORIZED, name === "me" ? account : EMPTY];
    const { twitter, requests } = await script(() => answers.shift());
    await call(twitter);
    const [first, second] = requests;
    expect(requests).toHaveLength(2);
    expect(second?.url).toBe(first?.url);
    expect(second?.headers.authorization).not.toBe(first?.headers.authorization);
  });

  it.each(READS)("%s believes the second", async (_name, call) => {
    const { twitter, requests } = await script(() => UNAUTHORIZED);
    await expect(call(twitter)).rejects.toMatchObject({ code: "x-token-refused" });
    expect(requests).toHaveLength(2);
  });
});
