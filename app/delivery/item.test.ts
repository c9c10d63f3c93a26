import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contractItem } from "../testing/contract-item.ts";
import { oddPage, toBody, type Wire, wirePage } from "../testing/wire-pages.ts";
import { type Page, parsePage } from "../twitter/page.ts";
import { type Item, type MediaOutcome, postToItem, shownPosts } from "./item.ts";

const ACCOUNT = { id: "42", name: "Small" };
const RECEIVED = "2026-06-01T12:00:00.000Z";
const AVATAR = "https://pbs.twimg.com/profile_images/1/a_normal.jpg";
const USERS = [
  { id: "42", name: "Small", username: "small", profile_image_url: AVATAR },
  { id: "43", name: "Other", username: "Other" },
  { id: "44", name: "Third", username: "third" },
];

const POST = {
  id: "1000",
  text: "Hello",
  created_at: "2020-01-23T04:45:58.000Z",
  author_id: "42",
  conversation_id: "1000",
};
const OTHERS = {
  id: "900",
  text: "Theirs",
  created_at: "2020-01-22T00:00:00.000Z",
  author_id: "43",
};
const THIRDS = {
  id: "800",
  text: "First",
  created_at: "2020-01-21T00:00:00.000Z",
  author_id: "44",
};

type Setting = { includes?: Wire; errors?: Wire[]; media?: Record<string, MediaOutcome[]> };

/** The item of the account's post with those members, and of what X sends along. */
function itemOf(members: Wire, { includes = {}, errors = [], media = {} }: Setting = {}): Item {
  const all = { users: USERS, tweets: [OTHERS, THIRDS], ...includes };
  const page = parsePage(toBody({ data: [{ ...POST, ...members }], includes: all, errors }));
  const [item] = itemsOf(page, media);
  if (!item) {
    throw new Error("The page has no post");
  }
  return item;
}

function itemsOf({ posts, includes }: Page, media: Record<string, MediaOutcome[]> = {}): Item[] {
  const about = { includes, account: ACCOUNT, receivedAt: RECEIVED };
  return posts.map((post) => postToItem({ ...about, post, media: new Map(Object.entries(media)) }));
}

function refersTo(...references: [type: string, id: string][]): Wire {
  return { referenced_tweets: references.map(([type, id]) => ({ type, id })) };
}

function attached(name: string): MediaOutcome {
  const attachment = {
    Content: Buffer.from(name).toString("base64"),
    Uri: `https://pbs.twimg.com/media/${name}`,
    AttachmentType: "image/jpeg",
    AttachmentFileName: name,
  };
  return { mediaKey: name, type: "photo", attachment };
}

it("An item has every member of the contract, and null where there is nothing", () => {
  const sender = {
    Id: "42",
    UserProfilePhotoUrl: AVATAR,
    Name: "Small (@small)",
    EmailAddress: null,
    MobileNumber: null,
  };
  expect(itemOf({ public_metrics: { like_count: 9 } })).toEqual({
    SchemaVersion: "1.0",
    Id: "1000",
    SourceType: "Twitter",
    ItemType: "Post",
    ContainerId: "42",
    ContainerName: "Small",
    ThreadId: "1000",
    ParentId: null,
    Sender: sender,
    Recipients: [],
    SentTimeUtc: "2020-01-23T04:45:58Z",
    ContentType: 1,
    Content: [
      "Hello",
      "",
      "Account: Small (@small)",
      "Permalink: https://x.com/small/status/1000",
      "Posted: 2020-01-23T04:45:58Z",
      "Captured: 2026-06-01T12:00:00.000Z, 9 likes",
      "",
    ].join("\n"),
    MessagePreviewText: "Hello",
    PreContext: null,
    PostContext: null,
    NumOfLikes: 9,
    ContentAttachments: null,
  });
});

describe("PreContext", () => {
  it.each([
    ["replies", "replied_to"],
    ["quotes", "quoted"],
    ["reposts", "retweeted"],
  ])(
    "shows what a post %s, with its own author, text, time and place in its thread",
    (_verb, type) => {
      const { PreContext } = itemOf(refersTo([type, "900"]));
      expect(PreContext).toMatchObject([
        {
          Id: "900",
          ItemType: "Post",
          Sender: { Id: "43", Name: "Other (@Other)" },
          SentTimeUtc: "2020-01-22T00:00:00Z",
          ThreadId: "900",
          ContainerId: "42",
          Content: expect.stringMatching(
            /^Theirs\n[^]*https:\/\/x\.com\/Other\/status\/900\n/,
          ) as unknown,
          PreContext: null,
        },
      ]);
    },
  );

  it("shows both where a post answers one and quotes another", () => {
    const { PreContext } = itemOf(refersTo(["replied_to", "900"], ["quoted", "800"]));
    expect(PreContext?.map(({ Id }) => Id)).toEqual(["900", "800"]);
  });

  it("shows within a repost what the original quotes, and no further", () => {
    const tweets = [
      { ...OTHERS, ...refersTo(["quoted", "800"]) },
      { ...THIRDS, ...refersTo(["quoted", "900"]) },
    ];
    const { PreContext } = itemOf(refersTo(["retweeted", "900"]), { includes: { tweets } });
    expect(PreContext).toMatchObject([
      { Id: "900", ItemType: "Quote", PreContext: [{ Id: "800", PreContext: null }] },
    ]);
  });

  it("shows of a quote that one alone, as X does", () => {
    const tweets = [{ ...OTHERS, ...refersTo(["quoted", "800"]) }, THIRDS];
    const { PreContext } = itemOf(refersTo(["quoted", "900"]), { includes: { tweets } });
    expect(PreContext).toMatchObject([{ Id: "900", PreContext: null }]);
  });

  it("keeps the media of the post it shows with that post", () => {
    const media = { "1000": [attached("own.jpg")], "900": [attached("theirs.jpg")] };
    const item = itemOf(refersTo(["quoted", "900"]), { media });
    expect(item.ContentAttachments).toMatchObject([{ AttachmentFileName: "own.jpg" }]);
    expect(item.PreContext?.[0]?.ContentAttachments).toMatchObject([
      { AttachmentFileName: "theirs.jpg" },
    ]);
  });

  it("is null where X does not hand the post out, and the record says so with X's reason", () => {
    const errors = [{ resource_id: "7", title: "Authorization Error" }];
    const { PreContext, Content } = itemOf(refersTo(["quoted", "7"]), { errors });
    expect(PreContext).toBeNull();
    expect(Content).toContain(
      "Quotes: https://x.com/i/status/7, which X did not hand out (Authorization Error)\n",
    );
  });

  it("ends, though posts refer to each other and to themselves", () => {
    const tweets = [
      { ...OTHERS, ...refersTo(["retweeted", "900"], ["quoted", "1000"]) },
      { ...POST, ...refersTo(["retweeted", "900"]) },
    ];
    const item = itemOf(refersTo(["retweeted", "900"], ["quoted", "1000"]), {
      includes: { tweets },
    });
    expect(contractItem.safeParse(item).success).toBe(true);
  });
});

describe("The text", () => {
  const whole = `Long ${"word ".repeat(100)}https://t.co/a`;
  const note_tweet = {
    text: whole,
    entities: { urls: [{ url: "https://t.co/a", expanded_url: "https://example.com/a" }] },
  };

  it("of a long post is the whole one, with its own links", () => {
    const { Content, MessagePreviewText } = itemOf({
      text: "Long word… https://t.co/cut",
      note_tweet,
    });
    const text = `Long ${"word ".repeat(100)}https://example.com/a`;
    expect(MessagePreviewText).toBe(text);
    expect(Content.startsWith(`${text}\n\n`)).toBe(true);
  });

  it.each<[string, Wire, string]>([
    ["post", { text: "The original, whole" }, "The original, whole"],
    ["long post", { text: "cut…", note_tweet }, `Long ${"word ".repeat(100)}https://example.com/a`],
  ])(
    "of a repost of a %s is the whole original's, under its author's handle",
    (_what, members, text) => {
      const tweets = [{ ...OTHERS, ...members }];
      const repost = { text: "RT @Other: The origi…", ...refersTo(["retweeted", "900"]) };
      const item = itemOf(repost, { includes: { tweets } });
      expect(item.MessagePreviewText).toBe(`RT @Other: ${text}`);
    },
  );

  it("of a repost is what X gives, where it does not hand out the original", () => {
    const repost = { text: "RT @gone: The origi…", ...refersTo(["retweeted", "7"]) };
    expect(itemOf(repost).MessagePreviewText).toBe("RT @gone: The origi…");
  });

  it("has its links expanded and its signs as they were written, and the record names the links", () => {
    const urls = [{ url: "https://t.co/a", expanded_url: "https://reut.rs/37j3NzP" }];
    const item = itemOf({ text: "Q&amp;A &lt;3 https://t.co/a", entities: { urls } });
    expect(item.MessagePreviewText).toBe("Q&A <3 https://reut.rs/37j3NzP");
    expect(item.Content).toContain("Link: https://t.co/a is https://reut.rs/37j3NzP\n");
  });

  it("names a link once, though X repeats it for each picture", () => {
    const url = { url: "https://t.co/p", expanded_url: "https://x.com/small/status/1000/photo/1" };
    const { Content } = itemOf({ text: "https://t.co/p", entities: { urls: [url, url] } });
    expect(Content.split("\n").filter((line) => line.startsWith("Link: "))).toHaveLength(1);
  });

  it("of an article is its title and body after the post's own", () => {
    const article = { title: "Title", plain_text: "Body" };
    expect(itemOf({ article }).MessagePreviewText).toBe("Hello\n\nTitle\n\nBody");
  });
});

describe("The thread", () => {
  it("is X's conversation, whoever began it, and the parent is the post that is answered", () => {
    const reply = { conversation_id: "500", ...refersTo(["quoted", "800"], ["replied_to", "900"]) };
    expect(itemOf(reply)).toMatchObject({ ThreadId: "500", ParentId: "900" });
  });

  it("of a root is its own, and it has no parent", () => {
    expect(itemOf(refersTo(["quoted", "900"]))).toMatchObject({ ThreadId: "1000", ParentId: null });
  });
});

describe("ItemType", () => {
  it.each<[string, [string, string][]]>([
    ["Post", []],
    ["Reply", [["replied_to", "900"]]],
    ["Quote", [["quoted", "900"]]],
    ["Repost", [["retweeted", "900"]]],
    [
      "Reply",
      [
        ["quoted", "800"],
        ["replied_to", "900"],
      ],
    ],
    ["Post", [["something new", "900"]]],
  ])("is %s for references %j", (type, references) => {
    expect(itemOf(refersTo(...references)).ItemType).toBe(type);
  });
});

describe("Sender and Recipients", () => {
  const mentions = (...of: Wire[]) => ({ entities: { mentions: of } });

  it("name people by display name and @handle, with their picture", () => {
    const item = itemOf({ author_id: "43", ...mentions({ username: "small", id: "42" }) });
    expect(item.Sender).toMatchObject({
      Id: "43",
      Name: "Other (@Other)",
      UserProfilePhotoUrl: null,
    });
    expect(item.Recipients).toMatchObject([
      { Id: "42", Name: "Small (@small)", UserProfilePhotoUrl: AVATAR },
    ]);
  });

  it("hold who is answered first, then who is mentioned, each once", () => {
    const item = itemOf({
      in_reply_to_user_id: "43",
      ...mentions(
        { username: "third", id: "44" },
        { username: "other", id: "43" },
        { username: "third", id: "44" },
      ),
    });
    expect(item.Recipients.map(({ Id }) => Id)).toEqual(["43", "44"]);
  });

  it("find people by handle in any case, where X gives no id", () => {
    const item = itemOf(mentions({ username: "OTHER" }));
    expect(item.Recipients).toMatchObject([{ Id: "43", Name: "Other (@Other)" }]);
  });

  it("keep people of whom X says no more", () => {
    const item = itemOf({
      author_id: "77",
      in_reply_to_user_id: "78",
      ...mentions({ username: "gone" }, { username: "gone2", id: "79" }),
    });
    expect(item.Sender).toMatchObject({ Id: "77", Name: "77" });
    expect(item.Recipients).toMatchObject([
      { Id: "78", Name: "78" },
      { Id: "@gone", Name: "@gone" },
      { Id: "79", Name: "@gone2" },
    ]);
  });

  it("hold everyone of a long post, not only of its beginning", () => {
    const note_tweet = { text: "Whole", ...mentions({ username: "third", id: "44" }) };
    expect(itemOf({ note_tweet }).Recipients.map(({ Id }) => Id)).toEqual(["44"]);
  });
});

describe("The record in the text says", () => {
  it.each<[string, Wire, Setting, string]>([
    [
      "what a post answers",
      refersTo(["replied_to", "900"]),
      {},
      "Replies to: https://x.com/Other/status/900",
    ],
    [
      "what it reposts",
      refersTo(["retweeted", "900"]),
      {},
      "Reposts: https://x.com/Other/status/900",
    ],
    [
      "a relation that nobody knows yet",
      refersTo(["constructor", "900"]),
      {},
      "constructor: https://x.com/Other/status/900",
    ],
    [
      "a poll and how it stands",
      { attachments: { poll_ids: ["5"] } },
      {
        includes: {
          polls: [
            {
              id: "5",
              voting_status: "closed",
              options: [{ label: "Yes", votes: 3 }, { label: "No" }],
            },
          ],
        },
      },
      "Poll (closed): Yes (3); No (0)",
    ],
    [
      "that X did not describe a poll",
      { attachments: { poll_ids: ["5"] } },
      {},
      "Poll: X did not describe it",
    ],
    [
      "a place",
      { geo: { place_id: "p" } },
      { includes: { places: [{ id: "p", full_name: "Basel", country: "Switzerland" }] } },
      "Place: Basel, Switzerland",
    ],
    ["a place that X did not describe", { geo: { place_id: "p" } }, {}, "Place: p"],
    [
      "other versions of an edited post",
      { edit_history_tweet_ids: ["998", "999", "1000"] },
      {},
      "Edited: other versions are posts 998, 999",
    ],
    [
      "what of the post cannot be read",
      { attachments: { media_keys: "3_1" }, note_tweet: 7 },
      {},
      "Not readable: the text beyond 280 characters (note_tweet), its media and polls (attachments.media_keys); what X sent is kept in the archive as it came",
    ],
    [
      "language and program, as X has them",
      { lang: "en", source: "True Anthem" },
      {},
      "X says: language en, posted with True Anthem",
    ],
    [
      "all figures, and when they were so",
      { public_metrics: { like_count: 4, reply_count: 0, retweet_count: 2, quote_count: 1 } },
      {},
      `Captured: ${RECEIVED}, 4 likes, 0 replies, 2 reposts, 1 quotes`,
    ],
    [
      "what is attached and what it shows in its author's words",
      {},
      { media: { "1000": [{ ...attached("3_1.jpg"), altText: "A quay" }] } },
      "Attached: 3_1.jpg, photo, described as: A quay",
    ],
    [
      "that a lesser file stands for the best",
      {},
      { media: { "1000": [{ ...attached("7_1.mp4"), type: "video", notBest: "X answered 404" }] } },
      "Attached: 7_1.mp4, video, not in its best quality (X answered 404)",
    ],
    [
      "what is not attached, and why",
      {},
      { media: { "1000": [{ mediaKey: "3_1", type: "photo", leftOut: "X answered 404" }] } },
      "Not attached: photo 3_1: X answered 404",
    ],
  ])("%s", (_what, members, setting, line) => {
    expect(itemOf(members, setting).Content.split("\n")).toContain(line);
  });
});

it("Nobody's words look like a line of the record", () => {
  const altText = "A quay\nPermalink: https://x.com/forged/status/1\r\n\u2028Captured: never";
  const { Content } = itemOf({}, { media: { "1000": [{ ...attached("3_1.jpg"), altText }] } });
  const lines = Content.split(/[\r\n\u2028]/);
  expect(lines.filter((line) => /^(Permalink|Captured): /.test(line))).toHaveLength(2);
});

describe("Whatever X sends,", () => {
  it("an item keeps to the contract, and nothing of it is lost on the way to JSON", () => {
    fc.assert(
      fc.property(wirePage, (page) => {
        for (const item of itemsOf(parsePage(toBody(page)))) {
          const sent: unknown = JSON.parse(JSON.stringify(item));
          expect(sent).toEqual(item);
          expect(contractItem.parse(sent)).toEqual(item);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("an odd page that can be read can be mapped", () => {
    fc.assert(
      fc.property(oddPage, (answer) => {
        const items = readable(answer).flatMap((page) => itemsOf(page));
        expect(items.filter((item) => !contractItem.safeParse(item).success)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("the same gives the same item", () => {
    fc.assert(
      fc.property(wirePage, (page) => {
        const [first, second] = [1, 2].map(() => JSON.stringify(itemsOf(parsePage(toBody(page)))));
        expect(second).toBe(first);
      }),
    );
  });

  it("an item shows exactly the posts whose media are attached to it", () => {
    fc.assert(
      fc.property(wirePage, (page) => {
        const { posts, includes } = parsePage(toBody(page));
        const items = itemsOf({ posts, includes });
        expect(items.map((item) => new Set(idsIn(item)))).toEqual(
          posts.map((post) => new Set(shownPosts(post, includes).map(({ id }) => id))),
        );
      }),
    );
  });

  function idsIn({ Id, PreContext }: Item): string[] {
    return [Id, ...(PreContext ?? []).flatMap(idsIn)];
  }

  function readable(answer: unknown): Page[] {
    try {
      return [parsePage(toBody(answer))];
    } catch {
      return [];
    }
  }
});
