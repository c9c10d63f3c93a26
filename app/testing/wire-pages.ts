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

/** Members that the new vocabulary has other names for (x-api.md section 0). */
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
