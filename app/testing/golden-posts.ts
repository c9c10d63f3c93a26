import type { MediaOutcome } from "../delivery/media-outcome.ts";
import { toBody, type Wire } from "./wire-pages.ts";

/**
 * One page whose posts make every line that an item can have. Whoever gives an item a new line adds a
 * post that makes it.
 */
export const GOLDEN_PAGE = toBody({
  data: [
    post("1001", {
      text: "Q&amp;A with @other: depth &lt; 9 m 🌊 https://t.co/a https://t.co/p",
      entities: {
        mentions: [{ start: 13, end: 19, username: "other", id: "43" }],
        urls: [
          link([38, 52], "https://t.co/a", "https://harbour.example/tides?a=1&b=2"),
          link([53, 67], "https://t.co/p", "https://x.com/small/status/1001/photo/1"),
        ],
      },
      attachments: { media_keys: ["3_1", "3_2", "7_3"] },
      lang: "en",
      source: "True Anthem",
      public_metrics: { like_count: 1, reply_count: 0, retweet_count: 2, quote_count: 1 },
    }),
    post("1002", {
      text: "Your say:",
      attachments: { poll_ids: ["5"] },
      geo: { place_id: "p" },
      edit_history_tweet_ids: ["998", "1002"],
    }),
    post("1003", {
      text: "@other @third No.",
      in_reply_to_user_id: "43",
      conversation_id: "900",
      referenced_tweets: [
        { type: "replied_to", id: "900" },
        { type: "quoted", id: "7" },
      ],
    }),
    post("1004", {
      text: "RT @other: A long one, it is cut he…",
      referenced_tweets: [{ type: "retweeted", id: "901" }],
    }),
    post("1005", {
      text: "Short… https://t.co/n",
      note_tweet: {
        text: "Long, then\nPermalink: https://x.com/forged/status/1\nhttps://t.co/l",
        entities: { urls: [link([52, 66], "https://t.co/l", "https://example.com/long")] },
      },
      attachments: 7,
    }),
    post("1007", {
      text: "Closed \u0000 for now\n—— \u202eRecord of the archive",
      withheld: { copyright: true, country_codes: ["DE"], scope: "tweet" },
      community_id: "15",
      paid_partnership: true,
      scopes: { followers: true },
      geo: { coordinates: { type: "Point", coordinates: [7.59, 47.55] } },
      edit_history_tweet_ids: ["1007", "2027795024167040072", "2027796785777606467"],
      referenced_tweets: [{ type: "quoted", id: "8" }],
      lang: "qme",
    }),
    post("1008", { text: "https://t.co/p", attachments: { media_keys: ["3_8"] } }),
    post("1006", {
      article: { title: "Title", plain_text: "Body of it", entities: { code: [{ content: "x" }] } },
    }),
  ],
  includes: {
    users: [
      { id: "42", name: "Small", username: "small", profile_image_url: "https://pbs.twimg.com/a" },
      { id: "43", name: "Öther \u202eport", username: "other" },
    ],
    tweets: [
      post("900", { author_id: "43", text: "Is it open?" }),
      post("901", {
        author_id: "43",
        text: "A long one, it is cut here, and says https://t.co/b of @third",
        entities: {
          mentions: [{ start: 55, end: 61, username: "third", id: "44" }],
          urls: [link([37, 51], "https://t.co/b", "https://example.com/b")],
        },
      }),
      post("998", { text: "Your sax:", edit_history_tweet_ids: ["998", "1002"] }),
    ],
    media: [{ media_key: "3_8", type: "photo", alt_text: 7 }],
    polls: [
      {
        id: "5",
        end_datetime: "2026-03-01T00:00:00.000Z",
        voting_status: "closed",
        options: [{ label: "Yes", votes: 3 }],
      },
    ],
    places: [{ id: "p", full_name: "Basel", country: "Switzerland" }],
  },
  errors: [{ resource_id: "7", title: "Authorization Error" }],
});

/** Media of the posts: attached, a lesser file, and left out. */
export const GOLDEN_MEDIA: ReadonlyMap<string, MediaOutcome[]> = new Map([
  [
    "1001",
    [
      { mediaKey: "3_1", type: "photo", altText: "A quay", attachment: attachment("3_1.jpg") },
      {
        mediaKey: "7_3",
        type: "video",
        attachment: attachment("7_3.mp4"),
        fallbackReason: "X said 404",
      },
      { mediaKey: "3_2", type: "photo", omitted: "X said 404" },
    ],
  ],
]);

function post(id: string, members: Wire): Wire {
  return { id, text: "Hello", created_at: "2026-02-28T16:11:48.000Z", author_id: "42", ...members };
}

function link([start, end]: [number, number], url: string, expanded_url: string): Wire {
  return { start, end, url, expanded_url };
}

function attachment(name: string) {
  return {
    Content: Buffer.from(name).toString("base64"),
    Uri: `https://pbs.twimg.com/media/${name}`,
    AttachmentType: name.endsWith("jpg") ? "image/jpeg" : "video/mp4",
    AttachmentFileName: name,
  };
}
