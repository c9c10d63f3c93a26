import fc from "fast-check";

/** A post, an included object, an answer as X sends it: JSON and no promise of more. */
export type Wire = Record<string, unknown>;

export function toBody(answer: unknown): Buffer {
  return Buffer.from(JSON.stringify(answer));
}

const LATEST = Date.parse("2030-01-01T00:00:00Z");
/** Few ids, so that posts and people refer to each other, to themselves, and to nobody. */
const id = fc.integer({ min: 1, max: 9 }).map(String);
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("&amp;lt; https://t.co/ab &amp;", "RT @a: cut…", "@a @b hi https://t.co/a.", ""),
);
const time = fc.integer({ min: 0, max: LATEST }).map((ms) => new Date(ms).toISOString());
const username = fc.constantFrom("a", "B", "c_1");
const entities = fc.record(
  {
    urls: fc.array(
      fc.record(
        {
          url: fc.constantFrom("https://t.co/a", "https://t.co/ab"),
          expanded_url: fc.webUrl({ withQueryParameters: true }),
        },
        { requiredKeys: ["url"] },
      ),
      { maxLength: 3 },
    ),
    mentions: fc.array(fc.record({ username, id }, { requiredKeys: ["username"] }), {
      maxLength: 3,
    }),
  },
  { requiredKeys: [] },
);
const mediaKey = fc.constantFrom("3_1", "7_2", "16_3");
const count = fc.nat();

/** A post with any of the members that the connector reads, in the legacy vocabulary. */
export const wirePost: fc.Arbitrary<Wire> = fc.record(
  {
    id,
    text,
    created_at: time,
    author_id: id,
    conversation_id: id,
    in_reply_to_user_id: id,
    referenced_tweets: fc.array(
      fc.record({ type: fc.constantFrom("quoted", "retweeted", "replied_to", "toString"), id }),
      { maxLength: 3 },
    ),
    note_tweet: fc.record({ text, entities }, { requiredKeys: ["text"] }),
    entities,
    article: fc.record(
      { title: text, plain_text: text, cover_media: mediaKey },
      { requiredKeys: [] },
    ),
    attachments: fc.record(
      {
        media_keys: fc.array(mediaKey, { maxLength: 3 }),
        poll_ids: fc.array(id, { maxLength: 1 }),
      },
      { requiredKeys: [] },
    ),
    edit_history_tweet_ids: fc.array(id, { minLength: 1, maxLength: 3 }),
    geo: fc.record({ place_id: id }),
    public_metrics: fc.record({
      like_count: count,
      reply_count: count,
      retweet_count: count,
      quote_count: count,
    }),
    lang: fc.constantFrom("en", "und"),
    source: text,
  },
  { requiredKeys: ["id", "text", "created_at", "author_id"] },
);

const wireMedia = fc.record(
  {
    media_key: mediaKey,
    type: fc.constantFrom("photo", "video", "animated_gif", "hologram"),
    url: fc.oneof(fc.webUrl(), text),
    alt_text: text,
    variants: fc.array(
      fc.record(
        { content_type: fc.constantFrom("video/mp4", "x"), url: fc.webUrl(), bit_rate: count },
        { requiredKeys: ["content_type", "url"] },
      ),
    ),
  },
  { requiredKeys: ["media_key", "type"] },
);

/** A page of posts and what they refer to, or not, in the legacy vocabulary. */
export const wirePage: fc.Arbitrary<Wire> = fc.record(
  {
    data: fc.uniqueArray(wirePost, { selector: (post) => post["id"], maxLength: 4 }),
    includes: fc.record(
      {
        tweets: fc.uniqueArray(wirePost, { selector: (post) => post["id"], maxLength: 4 }),
        users: fc.array(
          fc.record(
            { id, name: text, username, profile_image_url: fc.webUrl() },
            { requiredKeys: ["id", "name", "username"] },
          ),
          { maxLength: 4 },
        ),
        media: fc.array(wireMedia, { maxLength: 3 }),
        polls: fc.array(
          fc.record({
            id,
            options: fc.array(
              fc.record({ label: text, votes: count }, { requiredKeys: ["label"] }),
            ),
          }),
          { maxLength: 2 },
        ),
        places: fc.array(fc.record({ id, full_name: text }), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    errors: fc.array(fc.record({ resource_id: id, title: text }), { maxLength: 2 }),
    meta: fc.record(
      { result_count: count, next_token: fc.string({ minLength: 1 }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

/** Members that the new vocabulary has other names for (docs/x-api.md#field-names). */
const RENAMED: Record<string, string> = {
  note_tweet: "note_post",
  edit_history_tweet_ids: "edit_history_post_ids",
  referenced_tweets: "referenced_posts",
  retweet_count: "repost_count",
  tweets: "posts",
};

/** The same in the new vocabulary; `rename` says of each such member whether it is renamed. */
export function inNewWords(
  value: unknown,
  rename: (name: string, value: unknown) => boolean = () => true,
): unknown {
  if (Array.isArray(value)) {
    return value.map((member: unknown) => inNewWords(member, rename));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const members = Object.entries(value).map(([name, member]: [string, unknown]) => {
    const renamed = RENAMED[name];
    const said = renamed !== undefined && rename(name, member) ? renamed : name;
    return [said, inNewWords(member, rename)];
  });
  return Object.fromEntries(members);
}

/** A page of which some values, anywhere in it, are something else altogether. */
export const oddPage: fc.Arbitrary<unknown> = fc
  .tuple(
    wirePage,
    fc.array(fc.tuple(fc.nat(), fc.jsonValue({ maxDepth: 1 })), { minLength: 1, maxLength: 3 }),
  )
  .map(([page, changes]) => changes.reduce<unknown>((so, change) => replaceAt(so, change), page));

function replaceAt(page: unknown, [at, by]: [number, unknown]): unknown {
  let index = 0;
  let total = 0;
  JSON.stringify(page, (_name, value: unknown) => {
    total += 1;
    return value;
  });
  const target = at % total;
  return JSON.parse(
    JSON.stringify(page, (_name, value: unknown) => {
      index += 1;
      return index - 1 === target ? by : value;
    }) ?? "null",
  );
}

const MARK = { start: 0, end: 5 };

/** A page with every member that is read, once each, in the legacy vocabulary. */
export function wholePage(): Wire {
  const post = (own: string, author: string): Wire => ({
    id: own,
    text: "Hello https://t.co/a",
    created_at: "2020-01-01T00:00:00.000Z",
    author_id: author,
    conversation_id: own,
    in_reply_to_user_id: "43",
    referenced_tweets: [
      { type: "quoted", id: "1212161512043446273" },
      { type: "replied_to", id: "1212161512043446274" },
    ],
    note_tweet: {
      text: "Hello and more",
      entities: {
        urls: [{ ...MARK, url: "https://t.co/b", expanded_url: "https://b.example" }],
        mentions: [{ ...MARK, username: "b", id: "43" }],
        hashtags: [{ ...MARK, tag: "b" }],
      },
    },
    entities: {
      urls: [
        {
          ...MARK,
          url: "https://t.co/a",
          expanded_url: "https://a.example",
          display_url: "a.example",
          unwound_url: "https://a.example/in/the/end",
          title: "A",
        },
        { ...MARK, url: "https://t.co/c", expanded_url: "https://c.example" },
      ],
      mentions: [{ ...MARK, username: "b", id: "43" }],
      hashtags: [{ ...MARK, tag: "a" }],
      cashtags: [{ ...MARK, tag: "A" }],
    },
    display_text_range: [0, 5],
    article: {
      title: "T",
      preview_text: "P",
      plain_text: "Body",
      cover_media: "3_1",
      media_entities: ["7_2"],
      entities: {
        code: [{ language: "c", code: "a", content: "b" }],
        urls: [{ text: "https://e.example" }],
        mentions: [{ text: "@b" }],
        tweets: [{ id: "1212161512043446273" }],
      },
    },
    attachments: { media_keys: ["3_1", "7_2"], poll_ids: ["5"] },
    edit_history_tweet_ids: [own],
    edit_controls: {
      edits_remaining: 5,
      is_edit_eligible: true,
      editable_until: "2020-01-01T01:00:00.000Z",
    },
    geo: { place_id: "p", coordinates: { type: "Point", coordinates: [3.25, 60.31] } },
    public_metrics: { like_count: 1, reply_count: 2, retweet_count: 3, quote_count: 4 },
    community_id: "6",
    paid_partnership: true,
    possibly_sensitive: false,
    reply_settings: "everyone",
    scopes: { followers: true },
    withheld: { copyright: true, country_codes: ["XX"], scope: "tweet" },
    lang: "en",
    source: "X",
  });
  return {
    data: [post("1212161512043446272", "42"), post("1212161512043446271", "42")],
    includes: {
      tweets: [post("1212161512043446273", "43"), post("1212161512043446274", "43")],
      users: ["42", "43"].map((own) => ({
        id: own,
        name: `User ${own}`,
        username: `user_${own}`,
        profile_image_url: "https://pbs.twimg.com/profile_images/1/a_normal.jpg",
        protected: false,
        verified: true,
        verified_type: "business",
        withheld: { country_codes: ["XX"], scope: "user" },
      })),
      media: [
        {
          media_key: "3_1",
          type: "photo",
          url: "https://pbs.twimg.com/media/A.jpg",
          alt_text: "A",
          height: 1,
          width: 2,
        },
        {
          media_key: "7_2",
          type: "video",
          preview_image_url: "https://pbs.twimg.com/a.jpg",
          duration_ms: 1,
          variants: [
            { content_type: "application/x-mpegURL", url: "https://video.twimg.com/a.m3u8" },
            { content_type: "video/mp4", url: "https://video.twimg.com/a.mp4", bit_rate: 1 },
          ],
        },
      ],
      polls: ["5", "6"].map((own) => ({
        id: own,
        options: [
          { position: 1, label: "Yes", votes: 3 },
          { position: 2, label: "No", votes: 0 },
        ],
        voting_status: "open",
        end_datetime: "2020-01-02T00:00:00.000Z",
        duration_minutes: 1440,
      })),
      places: ["p", "q"].map((own) => ({
        id: own,
        full_name: "Norrholm, Osk",
        name: "Norrholm",
        country: "Osk",
        country_code: "XX",
        place_type: "city",
      })),
    },
    errors: [{ resource_id: "9", value: "9", title: "Not Found Error", detail: "Gone" }],
    meta: { result_count: 2, next_token: "n" },
  };
}
