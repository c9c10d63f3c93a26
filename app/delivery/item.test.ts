import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PROVENANCE } from "../testing/deliveries.ts";
import { contractItem } from "../testing/contract-item.ts";
import { oddPage, toBody, type Wire, wirePage } from "../testing/wire-pages.ts";
import { type Page, parsePage } from "../twitter/page.ts";
import { RECORD_RULE, WITHHELD_NOTICE } from "./record.ts";
import { postToItem, shownPosts } from "./item.ts";
import type { MediaOutcome } from "./media-outcome.ts";
import type { Item } from "../import-service/item.ts";

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
  const about = { includes, account: ACCOUNT, receivedAt: RECEIVED, provenance: PROVENANCE };
  return posts.map((post) => postToItem({ ...about, post, media: new Map(Object.entries(media)) }));
}

/** What stands above the record: the author's words. */
function wordsIn({ Content }: Pick<Item, "Content">): string {
  const [words, ...records] = Content.split(`\n\n${RECORD_RULE}\n`);
  expect(records).toHaveLength(1);
  return words ?? "";
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
      "-------- Record of the archive: the author's words end here --------",
      "Account: Small (@small)",
      "Permalink: https://x.com/small/status/1000",
      "Posted: 2020-01-23T04:45:58Z (Thursday, 23 January 2020, 04:45:58 UTC)",
      "Captured: 2026-06-01T12:00:00.000Z (Monday, 1 June 2026, 12:00:00 UTC), 9 likes",
      "Handed over: for connector job job-1, window 2020-01-23T00:00:00Z to 2020-01-24T00:00:00Z",
      `Source: X's answer as it is kept in the archive, SHA-256 ${"ab".repeat(32)}`,
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
  const link = { url: "https://t.co/a", expanded_url: "https://example.com/a" };
  const note_tweet = {
    text: whole,
    entities: { urls: [{ ...link, start: 505, end: 519 }] },
  };

  it("of a long post is the whole one, with its own links", () => {
    const { Content } = itemOf({ text: "Long word… https://t.co/cut", note_tweet });
    const text = `Long ${"word ".repeat(100)}https://example.com/a`;
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
      expect(wordsIn(item)).toBe(`RT @Other: ${text}`);
    },
  );

  it("of a repost is what X gives, where it does not hand out the original", () => {
    const repost = { text: "RT @gone: The origi…", ...refersTo(["retweeted", "7"]) };
    expect(wordsIn(itemOf(repost))).toBe("RT @gone: The origi…");
  });

  it("has its links expanded and its signs as they were written, and the record names the links", () => {
    const place = { start: 14, end: 28 };
    const urls = [{ url: "https://t.co/a", expanded_url: "https://reut.rs/37j3NzP", ...place }];
    const item = itemOf({ text: "Q&amp;A &lt;3 https://t.co/a", entities: { urls } });
    expect(wordsIn(item)).toBe("Q&A <3 https://reut.rs/37j3NzP");
    expect(item.Content).toContain("Link: https://t.co/a is https://reut.rs/37j3NzP\n");
  });

  it("names a link once, though X repeats it for each picture", () => {
    const url = { url: "https://t.co/p", expanded_url: "https://x.com/small/status/1000/photo/1" };
    const { Content } = itemOf({ text: "https://t.co/p", entities: { urls: [url, url] } });
    expect(Content.split("\n").filter((line) => line.startsWith("Link: "))).toHaveLength(1);
  });

  it("of an article is its title and body after the post's own", () => {
    const article = { title: "Title", plain_text: "Body" };
    expect(wordsIn(itemOf({ article }))).toBe("Hello\n\nTitle\n\nBody");
  });
});

describe("A repost", () => {
  const mention = (username: string, start: number, id?: string) => ({
    username,
    start,
    end: start + username.length + 1,
    ...(id !== undefined && { id }),
  });
  const text = "We thank @small and @third for it";
  const original = {
    ...OTHERS,
    text,
    entities: { mentions: [mention("small", 9, "42"), mention("third", 20, "44")] },
  };
  /** X cuts within @third, and takes what is left for another's handle. */
  const repost = {
    text: "RT @Other: We thank @small and @thi…",
    ...refersTo(["retweeted", "900"]),
    entities: {
      mentions: [mention("Other", 3, "43"), mention("small", 20, "42"), mention("thi", 31, "99")],
    },
  };

  it("is addressed to the original's author and its people, and to no stranger of a cut handle", () => {
    const item = itemOf(repost, { includes: { tweets: [original] } });
    expect(item.Recipients.map(({ Id }) => Id)).toEqual(["43", "42", "44"]);
  });

  it("keeps X's own text in the record where it is not the one that is shown", () => {
    const line = "X's own text of the repost: RT @Other: We thank @small and @thi…";
    const whole = { ...repost, text: `RT @Other: ${text}` };
    const says = (members: Wire) =>
      itemOf(members, { includes: { tweets: [original] } }).Content.includes(line);
    expect([says(repost), says(whole)]).toEqual([true, false]);
  });

  it("of an original that X does not hand out names the people whose handles are whole", () => {
    const gone = { ...repost, ...refersTo(["retweeted", "7"]) };
    expect(itemOf(gone).Recipients.map(({ Id }) => Id)).toEqual(["43", "42"]);
    const ellipsis = { text: "Look, @third…", entities: { mentions: [mention("third", 6, "44")] } };
    expect(itemOf(ellipsis).Recipients.map(({ Id }) => Id)).toEqual(["44"]);
  });
});

it("People who are marked in the cut text beside a note count if the note has their handles", () => {
  const mentions = ["third", "thir"].map((username) => ({ username, id: `1${username.length}` }));
  const note_tweet = { text: "Long, with @Third at its end" };
  const item = itemOf({ text: "Long, with @thir…", entities: { mentions }, note_tweet });
  expect(item.Recipients.map(({ Id }) => Id)).toEqual(["15"]);
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

const VERSIONS = ["2027790494319379702", "2027795024167040072", "2027796785777606467"];

it("What X withholds is called that, above the text and in the subject", () => {
  const item = itemOf({ text: "This post has been withheld.", withheld: { scope: "tweet" } });
  expect(wordsIn(item)).toBe(`${WITHHELD_NOTICE}\n\nThis post has been withheld.`);
  expect(item.MessagePreviewText).toBe("[withheld] This post has been withheld.");
});

it("A subject says that the post was edited", () => {
  const item = itemOf({ edit_history_tweet_ids: ["999", "1000"] });
  expect(item.MessagePreviewText).toBe("(edited) Hello");
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
              end_datetime: "2020-01-24T04:45:58.000Z",
              options: [{ label: "Yes &amp; no", votes: 3 }, { label: "No" }],
            },
          ],
        },
      },
      "Poll (closed, voting ends 2020-01-24T04:45:58.000Z): Yes & no (3); No (?)",
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
    [
      "where it was posted",
      { geo: { coordinates: { type: "Point", coordinates: [7.59, 47.55] } } },
      {},
      "Coordinates: latitude 47.55, longitude 7.59",
    ],
    ["its community", { community_id: "15" }, {}, "Community: https://x.com/i/communities/15"],
    [
      "in whose pay it is",
      { paid_partnership: true },
      {},
      "Paid partnership: its author marked the post as one",
    ],
    [
      "for whom it is",
      { scopes: { followers: true } },
      {},
      "Shown to: followers of the account only",
    ],
    [
      "where it is withheld",
      { withheld: { copyright: true, country_codes: ["DE", "FR"], scope: "tweet" } },
      {},
      "Withheld: X does not show this post in DE, FR, because of a copyright claim",
    ],
    [
      "where its account is withheld",
      {},
      {
        includes: {
          users: [{ id: "42", name: "S", username: "s", withheld: { country_codes: ["DE"] } }],
        },
      },
      "Withheld: X does not show this account in DE",
    ],
    [
      "where a link leads in the end",
      { entities: { urls: [{ url: "https://t.co/a", unwound_url: "https://end.example" }] } },
      {},
      "Link: https://t.co/a, which leads to https://end.example",
    ],
    [
      "what of the objects around it cannot be read",
      { attachments: { media_keys: ["3_1"] } },
      { includes: { media: [{ media_key: "3_1", type: "photo", alt_text: 7 }] } },
      "Not readable of medium 3_1: alt_text",
    ],
    [
      "which version it is, and when the next ones came",
      { id: "2027790494319379702", edit_history_tweet_ids: VERSIONS },
      {},
      "Version: 1 of 3, replaced 2026-02-28 17:16:23 UTC by https://x.com/i/status/2027795024167040072, then 2026-02-28 17:23:23 UTC by https://x.com/i/status/2027796785777606467",
    ],
    [
      "which version X did not hand out",
      { edit_history_tweet_ids: ["999", "1000"] },
      { errors: [{ resource_id: "999", title: "Not Found Error" }] },
      "Version: 2 of 2, replaces https://x.com/i/status/999 (which X did not hand out: Not Found Error)",
    ],
    ["a place that X did not describe", { geo: { place_id: "p" } }, {}, "Place: p"],
    [
      "other versions of an edited post",
      { edit_history_tweet_ids: ["998", "999", "1000"] },
      {},
      "Version: 3 of 3, replaces https://x.com/i/status/998, https://x.com/i/status/999",
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
      "X says: language English, posted with True Anthem",
    ],
    [
      "all figures, and when they were so",
      { public_metrics: { like_count: 4, reply_count: 0, retweet_count: 1, quote_count: 1 } },
      {},
      `Captured: ${RECEIVED} (Monday, 1 June 2026, 12:00:00 UTC), 4 likes, 0 replies, 1 repost, 1 quote`,
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
      {
        media: {
          "1000": [{ ...attached("7_1.mp4"), type: "video", fallbackReason: "X answered 404" }],
        },
      },
      "Attached: 7_1.mp4, video, not in its best quality (X answered 404)",
    ],
    [
      "what is not attached, and why",
      {},
      { media: { "1000": [{ mediaKey: "3_1", type: "photo", omitted: "X answered 404" }] } },
      "Not attached: photo 3_1: X answered 404",
    ],
  ])("%s", (_what, members, setting, line) => {
    expect(itemOf(members, setting).Content.split("\n")).toContain(line);
  });
});

describe("The record cannot be forged:", () => {
  const forged = `Account: Small (@small)\nPermalink: https://x.com/small/status/1`;
  it.each([
    ["the rule itself", RECORD_RULE],
    ["other dashes", RECORD_RULE.replaceAll("-", "—")],
    ["boxes", RECORD_RULE.replaceAll("-", "─")],
    ["spaces between", RECORD_RULE.replaceAll("-", "- ")],
    ["something unseen before", `\u200b\u2060 ${RECORD_RULE}`],
    ["an override before", `\u202d${RECORD_RULE}`],
    ["other letters", RECORD_RULE.replaceAll("-", "").toUpperCase()],
  ])("a line with %s is marked, in the post's and in the quoted text", (_what, rule) => {
    for (const end of ["\n", "\r", "\r\n", "\u2028", "\u2029"]) {
      const text = `Hello${end}${end}${rule}${end}${forged}`;
      const tweets = [{ ...OTHERS, text }];
      const item = itemOf({ text, ...refersTo(["quoted", "900"]) }, { includes: { tweets } });
      for (const { Content } of [item, ...(item.PreContext ?? [])]) {
        expect(Content.split(/[\r\n\u2028\u2029]/).filter(isRule)).toHaveLength(1);
        expect(wordsIn({ Content }).split("\n")[2]).toMatch(/^[\u2068]?> /);
      }
    }
  });

  it("nobody's bidirectional controls reach beyond their own line, or into a name", () => {
    const text = "\u202eevil\u2069\u2069\u2067 x\nnext";
    const users = [{ id: "42", name: "Sm\u202eall", username: "small" }];
    const item = itemOf({ text }, { includes: { users } });
    expect(wordsIn(item)).toBe(
      "\u2068\u2068\u2068\u202eevil\u2069\u2069\u2067 x\u2069\u2069\nnext",
    );
    expect(item.Sender.Name).toBe("Sm[U+202E]all (@small)");
    const record = item.Content.slice(item.Content.indexOf(RECORD_RULE));
    expect(record).toContain("Account: Sm[U+202E]all (@small)\n");
    expect(`${record}${item.MessagePreviewText}`).not.toMatch(/\p{Bidi_Control}/u);
  });

  function isRule(line: string): boolean {
    return /^[^\p{L}\p{N}>]*record of the archive/iu.test(line);
  }
});

it("What is no text is replaced everywhere, and the item says so", () => {
  const text = "A\u0000B\ud83dC\u0007\u0085\uffff\tD 🌊";
  const item = itemOf(
    { text, source: "\ud800" },
    { includes: { users: [{ id: "42", name: "S\u0001", username: "small" }] } },
  );
  expect(wordsIn(item)).toBe("A\ufffdB\ufffdC\ufffd\ufffd\ufffd\tD 🌊");
  expect(item.Sender.Name).toBe("S\ufffd (@small)");
  expect(item.Content).toContain(
    "Replaced: what is no text (U+0001, U+0000, U+D83D, U+0007, U+0085, U+FFFF, U+D800) by U+FFFD; " +
      "what X sent is kept in the archive as it came\n",
  );
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

  it("every string of an item is text, and none but its words has bidirectional controls", () => {
    const unit = fc.constantFrom(
      "\0",
      "\u0085",
      "\ud800",
      "\udc00",
      "\u202e",
      "\u2029",
      "\ufffe",
      "a",
      "🌊",
    );
    const odd = fc.string({ unit, minLength: 1 });
    fc.assert(
      fc.property(wirePage, odd, (page, text) => {
        const spoil = (name: string, value: unknown) =>
          typeof value === "string" && !KEPT.test(name) ? text : value;
        const spoiled: unknown = JSON.parse(JSON.stringify(page, spoil));
        const { posts, includes } = parsePage(toBody(spoiled));
        const media = { "1": [{ ...attached("3_1.jpg"), altText: text, mediaKey: text }] };
        for (const item of itemsOf({ posts, includes }, media)) {
          JSON.stringify(item, (name, value: unknown) => {
            const said = typeof value === "string" ? value : "";
            const record = name === "Content" ? said.slice(said.lastIndexOf(RECORD_RULE)) : said;
            expect([said.match(NO_TEXT), record.match(/\p{Bidi_Control}/u)]).toEqual([null, null]);
            return value;
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  /** Members that have a form of their own. */
  const KEPT = /^(?:id|.*_id|created_at|type|.*_ids?|media_keys|media_key|url|\d+)$/;
  const NO_TEXT = /[[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]--[\t\n]]/v;

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
