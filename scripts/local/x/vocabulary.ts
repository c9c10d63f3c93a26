/**
 * X's two sets of names for the same things (docs/x-api.md#field-names). Inside, everything has its
 * legacy name; a vocabulary says which names a request may use and how an answer spells them.
 */
export type Vocabulary = {
  /** What `errors[].resource_type` calls a post. */
  resource: "tweet" | "post";
  includes: "tweets" | "posts";
  /** Members of a post that come unasked. */
  defaults: readonly string[];
  /** Name in a request → legacy name. */
  fields: ReadonlyMap<string, string>;
  expansions: ReadonlyMap<string, string>;
  /** Legacy expansion → member of a post that it brings along. */
  broughtBy: ReadonlyMap<string, string>;
  /** Legacy name → name in an answer. */
  spelling: ReadonlyMap<string, string>;
};

/** What a request asked for, in legacy names; names that X does not know are gone without a word. */
export type Selection = {
  vocabulary: Vocabulary;
  post: ReadonlySet<string>;
  expansions: ReadonlySet<string>;
  media: ReadonlySet<string>;
  poll: ReadonlySet<string>;
  place: ReadonlySet<string>;
  user: ReadonlySet<string>;
};

const COMMON_FIELDS = words(`article attachments card_uri community_id context_annotations
  conversation_id created_at display_text_range edit_controls entities geo id lang media_metadata
  paid_partnership possibly_sensitive public_metrics reply_settings scopes source text withheld`);

const LEGACY_FIELDS = words(`author_id edit_history_tweet_ids in_reply_to_user_id note_tweet
  referenced_tweets`);

const COMMON_EXPANSIONS = words(`article.cover_media article.media_entities attachments.media_keys
  attachments.media_source_tweet attachments.poll_ids author_id entities.mentions.username
  geo.place_id in_reply_to_user_id`);

const LEGACY_EXPANSIONS = words(`edit_history_tweet_ids entities.note.mentions.username
  referenced_tweets.id referenced_tweets.id.attachments.media_keys
  referenced_tweets.id.author_id`);

/** Members of a user that are posts, and can be asked for with them. */
const USER_EXPANSIONS = ["pinned_tweet_id", "most_recent_tweet_id"];

const RENAMED_USER_EXPANSIONS = new Map([
  ["pinned_post_id", "pinned_tweet_id"],
  ["most_recent_post_id", "most_recent_tweet_id"],
]);

export const LEGACY: Vocabulary = {
  resource: "tweet",
  includes: "tweets",
  defaults: ["id", "text", "edit_history_tweet_ids"],
  fields: same([...COMMON_FIELDS, ...LEGACY_FIELDS]),
  expansions: same([...COMMON_EXPANSIONS, ...LEGACY_EXPANSIONS, ...USER_EXPANSIONS]),
  broughtBy: new Map(),
  spelling: new Map(),
};

export const RENAMED: Vocabulary = {
  resource: "post",
  includes: "posts",
  defaults: ["id", "text"],
  fields: new Map([
    ...same([...COMMON_FIELDS, "article_title", "matched_media_notes"]),
    ["note_post", "note_tweet"],
  ]),
  expansions: new Map([
    ...same(COMMON_EXPANSIONS),
    ...RENAMED_USER_EXPANSIONS,
    ["edit_history_post_ids", "edit_history_tweet_ids"],
    ["referenced_posts", "referenced_tweets.id"],
  ]),
  broughtBy: new Map([
    ["author_id", "author_id"],
    ["in_reply_to_user_id", "in_reply_to_user_id"],
    ["edit_history_tweet_ids", "edit_history_tweet_ids"],
    ["referenced_tweets.id", "referenced_tweets"],
  ]),
  spelling: new Map([
    ["note_tweet", "note_post"],
    ["edit_history_tweet_ids", "edit_history_post_ids"],
    ["referenced_tweets", "referenced_posts"],
    ["referenced_tweets.id", "referenced_posts"],
    ["pinned_tweet_id", "pinned_post_id"],
    ["most_recent_tweet_id", "most_recent_post_id"],
  ]),
};

/** Every member of a post that must be asked for; a member outside it is X's latest and just comes. */
export const ASKABLE_FIELDS: ReadonlySet<string> = new Set([
  ...LEGACY.fields.values(),
  ...RENAMED.fields.values(),
]);

const OBJECT_FIELDS = {
  media: words(`alt_text duration_ms height media_key preview_image_url public_metrics type url
    variants width`),
  poll: words(`duration_minutes end_datetime id options voting_status`),
  place: words(`contained_within country country_code full_name geo id name place_type`),
  user: words(`affiliation created_at description entities id location name parody
    profile_banner_url profile_image_url protected public_metrics url username verified
    verified_type withheld`),
};

const OBJECT_DEFAULTS = {
  media: ["media_key", "type"],
  poll: ["id", "options"],
  place: ["full_name", "id"],
  user: ["id", "name", "username"],
};

/** Reads `*.fields` and `expansions`. With both vocabularies in one request the legacy one is void. */
export function readSelection(query: URLSearchParams): Selection {
  const isRenamed = query.has("post.fields") || asksForUsersAnew(query);
  const vocabulary = isRenamed ? RENAMED : LEGACY;
  const asked = namesIn(query, isRenamed ? "post.fields" : "tweet.fields");
  const expansions = translate(namesIn(query, "expansions"), vocabulary.expansions);
  const brought = translate(expansions, vocabulary.broughtBy);
  const userFields = isRenamed ? OBJECT_FIELDS.user : [...OBJECT_FIELDS.user, ...USER_EXPANSIONS];
  const userMembers = USER_EXPANSIONS.filter((name) => expansions.includes(name));
  return {
    vocabulary,
    post: new Set([...vocabulary.defaults, ...translate(asked, vocabulary.fields), ...brought]),
    expansions: new Set(expansions),
    media: objectFields(query, "media", OBJECT_FIELDS.media),
    poll: objectFields(query, "poll", OBJECT_FIELDS.poll),
    place: objectFields(query, "place", OBJECT_FIELDS.place),
    user: new Set([...objectFields(query, "user", userFields), ...userMembers]),
  };
}

/** Users may be asked for without a word of posts: then the names of what goes along tell. */
function asksForUsersAnew(query: URLSearchParams): boolean {
  const names = namesIn(query, "expansions");
  return !query.has("tweet.fields") && names.some((name) => RENAMED_USER_EXPANSIONS.has(name));
}

function objectFields(
  query: URLSearchParams,
  kind: keyof typeof OBJECT_DEFAULTS,
  known: readonly string[],
): Set<string> {
  const asked = namesIn(query, `${kind}.fields`).filter((name) => known.includes(name));
  return new Set([...OBJECT_DEFAULTS[kind], ...asked]);
}

function translate(names: readonly string[], known: ReadonlyMap<string, string>): string[] {
  return names.flatMap((name) => known.get(name) ?? []);
}

function namesIn(query: URLSearchParams, parameter: string): string[] {
  return (query.get(parameter) ?? "").split(",").filter((name) => name !== "");
}

function same(names: readonly string[]): Map<string, string> {
  return new Map(names.map((name) => [name, name]));
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
