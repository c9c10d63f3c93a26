import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ConnectorError } from "../errors.ts";
import { inNewWords, oddPage, toBody, type Wire, wirePage } from "../testing/wire-pages.ts";
import {
  contextOf,
  isRepost,
  mergeIncludes,
  type Page,
  parseContext,
  parsePage,
  parseTimeline,
  type UnparseablePost,
} from "./page.ts";

const REAL = path.resolve(
  import.meta.dirname,
  "../../../shared/data/reuters-2020-01-22.posts.ndjson",
);

const POST = {
  id: "1212161512043446272",
  text: "Hello",
  created_at: "2020-01-01T00:00:00.000Z",
  author_id: "42",
};

const without = (name: string): Wire =>
  Object.fromEntries(Object.entries(POST).filter(([member]) => member !== name));

function read(answer: unknown): Page {
  return parsePage(toBody(answer));
}

/** The page's only post, with those members. */
function readPost(members: Wire): Page["posts"][number] | undefined {
  return read({ data: [{ ...POST, ...members }] }).posts[0];
}

describe("A post", () => {
  it("of which X says the least is a root of its own, without anything", () => {
    expect(readPost({})).toEqual({
      id: POST.id,
      text: "Hello",
      createdAt: "2020-01-01T00:00:00Z",
      authorId: "42",
      conversationId: POST.id,
      references: [],
      mediaKeys: [],
      pollIds: [],
      versions: [POST.id],
      textOf: "text",
      links: [],
      mentions: [],
      tags: [],
      likes: 0,
    });
  });

  it("has its whole text and the links and people of that, where it is a long one", () => {
    const whole = {
      text: "The whole https://t.co/b @b",
      entities: {
        urls: [{ url: "https://t.co/b", expanded_url: "https://example.com/b" }],
        mentions: [{ username: "b", id: "7" }],
      },
    };
    const cut = {
      text: "The… https://t.co/cut",
      entities: { urls: [{ url: "https://t.co/cut", expanded_url: "https://x.com/i/1" }] },
    };
    for (const name of ["note_tweet", "note_post"]) {
      expect(readPost({ ...cut, [name]: whole })).toMatchObject({
        text: whole.text,
        links: [{ short: "https://t.co/b", expanded: "https://example.com/b" }],
        mentions: [{ username: "b", id: "7" }],
      });
    }
  });

  it("keeps the links of its short text where X marks none in the long one", () => {
    const urls = [{ url: "https://t.co/b", expanded_url: "https://example.com/b" }];
    const long = { note_tweet: { text: "Whole https://t.co/b" }, entities: { urls } };
    expect(readPost(long)?.links).toHaveLength(1);
  });

  it.each<[string, Wire, string]>([
    ["cut", { text: `${"word ".repeat(55)}…` }, "the text beyond 280 characters (X sent no note)"],
    [
      "as long as it can be",
      { text: "a".repeat(280) },
      "whether the text goes on beyond 280 characters (X sent no note)",
    ],
  ])("says so where its text is %s and no note came", (_what, members, words) => {
    expect(readPost(members)?.unparseable).toEqual([words]);
    expect(
      readPost({ ...members, note_tweet: { text: "The whole" } })?.unparseable,
    ).toBeUndefined();
  });

  it("of which the note is empty has its short text", () => {
    expect(readPost({ note_tweet: { text: "" } })).toMatchObject({ text: "Hello", textOf: "text" });
  });

  it("shows the media of its article beside its own, each once", () => {
    const post = readPost({
      attachments: { media_keys: ["3_1", "3_2"] },
      article: { title: "T", plain_text: "Body", cover_media: "3_2", media_entities: ["3_3"] },
    });
    expect(post).toMatchObject({
      mediaKeys: ["3_1", "3_2", "3_3"],
      article: { title: "T", text: "Body", code: [] },
    });
  });

  it.each([
    ["2020-01-23T04:45:58.000Z", "2020-01-23T04:45:58Z"],
    ["2020-01-23T04:45:58.999Z", "2020-01-23T04:45:58Z"],
    ["2020-01-23T13:45:58+09:00", "2020-01-23T04:45:58Z"],
    ["Thu Jan 23 04:45:58 +0000 2020", "2020-01-23T04:45:58Z"],
  ])("of %s is of that second in UTC", (created_at, createdAt) => {
    expect(readPost({ created_at })?.createdAt).toBe(createdAt);
  });
});

describe("A page", () => {
  it("says how many posts it has and where the next one is, if there is one", () => {
    const meta = { result_count: 0, next_token: "7140w" };
    expect(read({ meta })).toMatchObject({ posts: [], nextToken: "7140w", resultCount: 0 });
    expect(read({ meta: { result_count: 0 } })).not.toHaveProperty("nextToken");
  });

  it("says why an object was not handed out, by its id", () => {
    const errors = [
      { resource_id: "1", value: "a", title: "Not Found Error" },
      { value: "2", title: "Authorization Error" },
      { value: "3" },
    ];
    expect([...read({ errors }).includes.missing]).toEqual([
      ["1", "Not Found Error"],
      ["2", "Authorization Error"],
      ["3", "error"],
    ]);
  });

  it("in the new words, or in old and new words mixed, says the same as in the old ones", () => {
    fc.assert(
      fc.property(wirePage, fc.func(fc.boolean()), (page, isRenamed) => {
        const old = read(page);
        expect(read(inNewWords(page))).toEqual(old);
        expect(read(inNewWords(page, isRenamed))).toEqual(old);
      }),
    );
  });

  it("loses no post and puts none twice, whatever its posts are like", () => {
    fc.assert(
      fc.property(wirePage, (page) => {
        const sent = z
          .array(z.object({ id: z.string() }))
          .default([])
          .parse(page["data"]);
        expect(read(page).posts.map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
      }),
    );
  });
});

describe("A post that cannot be read takes no other with it, and is told of:", () => {
  const time = { createdAt: "2020-01-01T00:00:00Z" };

  it.each<[string, unknown, UnparseablePost]>([
    ["one without an id", without("id"), time],
    ["with another id than digits", { ...POST, id: "../1" }, time],
    ["with a number for an id", { ...POST, id: 1212161512043446272 }, time],
    ["with an id that is too large", { ...POST, id: "123456789012345678901" }, time],
    ["without a text", without("text"), { id: POST.id, ...time }],
    ["of no time at all", { ...POST, created_at: "yesterday" }, { id: POST.id }],
    ["of a time beyond all", { ...POST, created_at: "+012026-01-01T00:00:00Z" }, { id: POST.id }],
    ["that is null", null, {}],
  ])("%s, beside others or alone", (_what, odd, unparseable) => {
    const other = { ...POST, id: "7" };
    expect(read({ data: [odd, other] })).toMatchObject({
      posts: [{ id: "7" }],
      unparseable: [unparseable],
    });
    expect(read({ data: [odd] })).toMatchObject({ posts: [], unparseable: [unparseable] });
  });

  it.each(["created_at", "author_id"])("one without %s, beside others", (name) => {
    const { posts, unparseable } = read({ data: [without(name), { ...POST, id: "7" }] });
    expect(posts).toMatchObject([{ id: "7" }]);
    expect(unparseable).toMatchObject([{ id: POST.id }]);
  });

  it.each<[string, string, Wire]>([
    ["the text beyond 280 characters (note_tweet)", "note_tweet", { note_tweet: { richtext: [] } }],
    [
      "what it answers, quotes or reposts (referenced_tweets[0])",
      "referenced_tweets",
      { referenced_tweets: ["1"] },
    ],
    [
      "what it answers, quotes or reposts (referenced_posts[0])",
      "referenced_posts",
      { referenced_posts: [{ id: "1" }] },
    ],
    [
      "its media and polls (attachments.media_keys)",
      "attachments.media_keys",
      { attachments: { media_keys: "3_1" } },
    ],
    ["its article (article)", "article", { article: "T" }],
    ["its place (geo)", "geo", { geo: "here" }],
    ["its place (geo.coordinates)", "geo.coordinates", { geo: { coordinates: [3, 60] } }],
    ["lang", "lang", { lang: null }],
  ])("of one that can be read in part, %s", (words, name, members) => {
    const page = read({ data: [{ ...POST, ...members }] });
    expect(page.posts).toMatchObject([{ id: POST.id, text: "Hello", unparseable: [words] }]);
    expect(page.missingFields).toContain(`${name} (readable)`);
    expect(page.unparseable).toBeUndefined();
  });

  it("none is left out, whatever X sends", () => {
    fc.assert(
      fc.property(oddPage, (answer) => {
        const sent = z.looseObject({ data: z.array(z.unknown()).default([]) }).safeParse(answer);
        const told = toldOf(answer);
        fc.pre(told !== undefined);
        expect(told).toBe(sent.data?.data.length);
      }),
      { numRuns: 500 },
    );
  });
});

/** How many posts a page has, read or unread; undefined where it is none. */
function toldOf(answer: unknown): number | undefined {
  try {
    const { posts, unparseable = [] } = read(answer);
    return posts.length + unparseable.length;
  } catch {
    return undefined;
  }
}

describe("What is no page of posts is an error:", () => {
  it.each<[string, unknown]>([
    ["a post without a time", { data: [without("created_at")] }],
    ["a post without an author", { data: [without("author_id")] }],
    ["posts of which none can be read", { data: [null, { ...POST, text: 7 }] }],
    ["one post where a list belongs", { data: POST }],
    ["a list", [POST]],
    ["a text", "posts"],
    ["null", null],
  ])("%s", (_what, answer) => {
    expect(() => read(answer)).toThrow(expect.objectContaining({ code: "x-bad-response" }));
  });

  it.each(["", '{"data":[', "<h1>Over capacity</h1>", "\u0000"])("a body like %o", (body) => {
    expect(() => parsePage(Buffer.from(body))).toThrow(
      expect.objectContaining({ name: "ConnectorError", code: "x-bad-response" }),
    );
  });

  it.each(["created_at", "author_id"])("what to do about a missing %s is said", (name) => {
    expect(() => read({ data: [without(name)] })).toThrow(/post 1212161512043446272.*vocabulary/);
  });

  it("any JSON is a page, or that error", () => {
    fc.assert(
      fc.property(fc.oneof(oddPage, fc.jsonValue()), (answer) => {
        expect(outcomeOf(answer)).toMatch(/^(page|x-bad-response)$/);
      }),
      { numRuns: 500 },
    );
  });

  function outcomeOf(answer: unknown): string {
    try {
      parsePage(toBody(answer));
      return "page";
    } catch (error) {
      return error instanceof ConnectorError ? error.code : String(error);
    }
  }
});

describe("What only goes along does not keep a post out of the archive:", () => {
  it.each<[string, Wire]>([
    ["entities of another kind", { entities: ["https://t.co/a"] }],
    ["no entities", { entities: null }],
    ["links of another kind", { entities: { urls: "https://t.co/a" } }],
    ["people of another kind", { entities: { mentions: { username: "a" } } }],
    ["long text with odd entities", { note_tweet: { text: "Hello", entities: 7 } }],
    ["figures of another kind", { public_metrics: { like_count: "many" } }],
    ["no figures", { public_metrics: [] }],
    ["versions of another kind", { edit_history_tweet_ids: "1" }],
    ["a language of another kind", { lang: 5 }],
  ])("%s", (_what, members) => {
    expect(readPost(members)).toMatchObject({ id: POST.id, text: "Hello", likes: 0 });
  });

  it("one odd entity takes no other with it", () => {
    const urls = [{ url: "https://t.co/a", expanded_url: "https://a.example" }, { url: 5 }, {}];
    const mentions = [null, { username: "a", id: 5 }];
    expect(readPost({ entities: { urls, mentions } })).toMatchObject({
      links: [{ short: "https://t.co/a", expanded: "https://a.example" }],
      mentions: [{ username: "a" }],
    });
  });

  it("objects of includes without an id are as if X had not sent them, and take no other along", () => {
    const { posts, includes } = read({
      data: [POST],
      includes: {
        tweets: [{ ...POST, id: "2" }, { id: 4 }, null],
        posts: [{ ...POST, id: "5" }],
        users: [{ id: "42", name: "S", username: "s" }, { name: "none" }, "44"],
        media: [{ type: "photo" }, { media_key: "3_2", type: "photo" }],
        polls: "none",
        places: [{ id: "p", full_name: "P" }, 7],
      },
      errors: [null, { title: "Not Found Error", value: "9" }, { value: 5 }],
    });
    expect(posts).toHaveLength(1);
    expect([...includes.posts.keys()]).toEqual(["2", "5"]);
    expect([...includes.users.keys()]).toEqual(["42"]);
    expect([...includes.media.keys()]).toEqual(["3_2"]);
    expect([...includes.polls.keys()]).toEqual([]);
    expect([...includes.places.keys()]).toEqual(["p"]);
    expect(includes.missing.get("9")).toBe("Not Found Error");
  });

  it("so are posts that were only asked for to go along", () => {
    const data = [{ ...POST, id: "2" }, { text: "no id" }, 7];
    const includes = { tweets: [{ ...POST, id: "4" }] };
    const errors = [{ value: "5", title: "Not Found Error" }];
    const context = parseContext(toBody({ data, includes, errors }));
    expect([...context.posts.keys()]).toEqual(["4", "2"]);
    expect(context.missing.get("5")).toBe("Not Found Error");
  });

  it("a post that X sends without its text, time or author, with what the id says", () => {
    const { includes } = read({ data: [POST], includes: { tweets: [{ id: POST.id }] } });
    expect(includes.posts.get(POST.id)).toMatchObject({
      text: "",
      createdAt: "2020-01-01T00:00:00Z",
      authorId: "unknown",
      unparseable: ["text", "created_at", "author_id"],
    });
  });
});

describe("A timeline", () => {
  it.each<[string, unknown, string]>([
    [
      "that X does not show",
      { errors: [{ title: "Authorization Error", resource_id: "42" }] },
      "x-forbidden",
    ],
    ["of which X says nothing", {}, "x-bad-response"],
    ["without its number of posts", { data: [POST], meta: {} }, "x-bad-response"],
  ])("%s is none", (_what, answer, code) => {
    expect(() => parseTimeline(toBody(answer))).toThrow(expect.objectContaining({ code }));
  });

  it("without a post is one", () => {
    expect(parseTimeline(toBody({ meta: { result_count: 0 } })).posts).toEqual([]);
  });
});

it("Posts find what they refer to, in their own order, as far as it was handed out", () => {
  const references = ["3", "9", "2"].map((id) => ({ type: "quoted", id }));
  const { posts, includes } = read({
    data: [{ ...POST, referenced_tweets: references }],
    includes: { tweets: ["2", "3", "4"].map((id) => ({ ...POST, id })) },
  });
  const [post] = posts;
  expect(post && contextOf(post, includes).map(({ id }) => id)).toEqual(["3", "2"]);
  expect(post && isRepost(post)).toBe(false);
  const reposting = readPost({ referenced_posts: [{ type: "retweeted", id: "2" }] });
  expect(reposting && isRepost(reposting)).toBe(true);
});

it("Of two answers about one object the later one counts", () => {
  const answers = ["first", "second"].map((text) =>
    parseContext(toBody({ data: [{ ...POST, text }] })),
  );
  const [first, second] = answers;
  expect(first && second && mergeIncludes(first, second).posts.get(POST.id)?.text).toBe("second");
});

it.skipIf(!existsSync(REAL))("Real posts are all read, with their texts and links", async () => {
  const lines = (await readFile(REAL, "utf8")).trimEnd().split("\n");
  const { posts } = parsePage(Buffer.from(`{"data":[${lines.join(",")}]}`));
  expect(posts).toHaveLength(500);
  expect(posts.filter(({ links }) => links.length > 0)).toHaveLength(499);
  expect(posts.filter(({ mediaKeys }) => mediaKeys.length > 0)).toHaveLength(487);
  expect(posts[0]).toMatchObject({ id: "1220206014030589953", createdAt: "2020-01-23T04:45:58Z" });
});
