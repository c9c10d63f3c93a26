import * as z from "zod";
import { ConnectorError } from "../errors.ts";
import { missingFieldsOf } from "./missing-fields.ts";

/** Either vocabulary is read, whichever was asked for: the wire may mix them (x-api.md section 0). */

/** Of a post or a user. */
const numericId = z.string().regex(/^\d{1,20}$/);
const urlEntity = z.looseObject({
  url: z.string().min(1),
  expanded_url: z.string().optional().catch(undefined),
});
const mentionEntity = z.looseObject({
  username: z.string(),
  id: numericId.optional().catch(undefined),
});
/** An entity of an odd shape must not keep a post out of the archive: its text says the same. */
const entities = z
  .looseObject({ urls: readable(urlEntity), mentions: readable(mentionEntity) })
  .optional()
  .catch(undefined);
const note = z.looseObject({ text: z.string(), entities });
const count = z.number().int().nonnegative().optional().catch(undefined);
const reference = z.looseObject({ type: z.string(), id: numericId });

const wirePost = z.looseObject({
  id: numericId,
  text: z.string(),
  created_at: z.string().optional(),
  author_id: numericId.optional(),
  conversation_id: numericId.optional(),
  in_reply_to_user_id: numericId.optional(),
  referenced_tweets: z.array(reference).optional(),
  referenced_posts: z.array(reference).optional(),
  note_tweet: note.optional(),
  note_post: note.optional(),
  entities,
  article: z
    .looseObject({
      title: z.string().optional().catch(undefined),
      plain_text: z.string().optional().catch(undefined),
      cover_media: z.string().optional().catch(undefined),
      media_entities: z.array(z.string()).optional().catch(undefined),
    })
    .optional(),
  attachments: z
    .looseObject({
      media_keys: z.array(z.string()).optional(),
      poll_ids: z.array(z.string()).optional(),
    })
    .optional(),
  edit_history_tweet_ids: z.array(numericId).optional().catch(undefined),
  edit_history_post_ids: z.array(numericId).optional().catch(undefined),
  geo: z.looseObject({ place_id: z.string().optional() }).optional(),
  public_metrics: z
    .looseObject({
      like_count: count,
      reply_count: count,
      quote_count: count,
      retweet_count: count,
      repost_count: count,
    })
    .optional()
    .catch(undefined),
  lang: z.string().optional().catch(undefined),
  source: z.string().optional().catch(undefined),
});

/** Whatever says more of a post must not keep the rest of it out of the archive. */
const { shape } = wirePost;
const oddPost = wirePost.extend({
  conversation_id: shape.conversation_id.catch(undefined),
  in_reply_to_user_id: shape.in_reply_to_user_id.catch(undefined),
  referenced_tweets: shape.referenced_tweets.catch(undefined),
  referenced_posts: shape.referenced_posts.catch(undefined),
  note_tweet: shape.note_tweet.catch(undefined),
  note_post: shape.note_post.catch(undefined),
  article: shape.article.catch(undefined),
  attachments: shape.attachments.catch(undefined),
  geo: shape.geo.catch(undefined),
});

const wireUser = z.looseObject({
  id: numericId,
  name: z.string(),
  username: z.string(),
  profile_image_url: z.string().optional().catch(undefined),
});

const wireMedia = z.looseObject({
  media_key: z.string(),
  type: z.string(),
  url: z.string().optional(),
  alt_text: z.string().optional(),
  variants: z
    .array(
      z.looseObject({
        content_type: z.string(),
        url: z.string(),
        bit_rate: z.number().optional(),
      }),
    )
    .optional(),
});

const wirePoll = z.looseObject({
  id: z.string(),
  options: z.array(z.looseObject({ label: z.string(), votes: z.number().optional() })),
  voting_status: z.string().optional(),
});

const wirePlace = z.looseObject({
  id: z.string(),
  full_name: z.string().optional(),
  country: z.string().optional(),
});

/**
 * What X sends along is read as far as it can be: another's odd post, or an account without a name,
 * must not keep the account's own posts out of the archive. Of those, each that cannot be read is told.
 */
const wirePosts = readable(wirePost);
const wirePage = z.looseObject({
  data: z.array(z.unknown()).default([]),
  includes: z
    .looseObject({
      tweets: wirePosts,
      posts: wirePosts,
      users: readable(wireUser),
      media: readable(wireMedia),
      polls: readable(wirePoll),
      places: readable(wirePlace),
    })
    .prefault({}),
  errors: readable(
    z.looseObject({
      resource_id: z.string().optional(),
      value: z.string().optional(),
      title: z.string().optional(),
    }),
  ),
  meta: z
    .looseObject({ result_count: z.number().optional(), next_token: z.string().optional() })
    .default({}),
});

/** A list of which the members that can be read count. */
function readable<T>(schema: z.ZodType<T>) {
  return z
    .array(z.unknown())
    .catch([])
    .default([])
    .transform((values) => values.flatMap((value) => schema.safeParse(value).data ?? []));
}

export type Post = {
  id: string;
  /** Complete text as X sends it (`&amp;`, `&lt;`, `&gt;` and t.co links still in it). */
  text: string;
  /** ISO 8601, UTC, seconds: `2020-01-23T04:45:58Z`. */
  createdAt: string;
  authorId: string;
  conversationId: string;
  inReplyToUserId?: string;
  references: { type: string; id: string }[];
  /** Title and body of an article, where the post is one. */
  article?: string;
  mediaKeys: string[];
  pollIds: string[];
  placeId?: string;
  /** All versions of an edited post, oldest first; just the post where it was not edited. */
  versions: string[];
  links: { short: string; expanded: string }[];
  mentions: { username: string; id?: string }[];
  likes: number;
  /** Other figures that X gives, as of the moment of reading. */
  replies?: number;
  reposts?: number;
  quotes?: number;
  /** BCP 47, as X guesses it. */
  language?: string;
  /** The program that the author posted with. */
  source?: string;
  /** What X sent of it in a form that cannot be read, in words. */
  unread?: string[];
};
export type User = z.infer<typeof wireUser>;
export type Media = z.infer<typeof wireMedia>;
export type Poll = z.infer<typeof wirePoll>;
export type Place = z.infer<typeof wirePlace>;

/** What X sends along with posts: everything that they refer to, by id. */
export type Includes = {
  posts: ReadonlyMap<string, Post>;
  users: ReadonlyMap<string, User>;
  media: ReadonlyMap<string, Media>;
  polls: ReadonlyMap<string, Poll>;
  places: ReadonlyMap<string, Place>;
  /** Why X did not hand out an object, by its id. */
  missing: ReadonlyMap<string, string>;
};

/** A post that cannot be read, as far as it can be told which one it is. */
export type UnreadPost = { id?: string; createdAt?: string };

export type Page = {
  posts: Post[];
  unread?: UnreadPost[];
  includes: Includes;
  nextToken?: string;
  /** How many posts X says the page has; only pages of a timeline say it. */
  resultCount?: number;
  /** Fields that were asked for and that posts came without; they are archived all the same. */
  missingFields?: string[];
};

export function isRepost({ references }: Post): boolean {
  return references.some(({ type }) => type === "retweeted");
}

/** The posts that a post refers to, as far as X handed them out. */
export function contextOf({ references }: Post, { posts }: Includes): Post[] {
  return references.flatMap(({ id }) => posts.get(id) ?? []);
}

/** The earlier versions of an edited post, as far as X handed them out. */
export function earlierVersionsOf({ id, authorId, versions }: Post, { posts }: Includes): Post[] {
  return versions
    .flatMap((version) => posts.get(version) ?? [])
    .filter((version) => BigInt(version.id) < BigInt(id) && version.authorId === authorId);
}

/** One set of includes out of two; where both have an object, the later one's stands. */
export function mergeIncludes(one: Includes, other: Includes): Includes {
  return {
    posts: new Map([...one.posts, ...other.posts]),
    users: new Map([...one.users, ...other.users]),
    media: new Map([...one.media, ...other.media]),
    polls: new Map([...one.polls, ...other.polls]),
    places: new Map([...one.places, ...other.places]),
    missing: new Map([...one.missing, ...other.missing]),
  };
}

/**
 * Reads a response body of X. A post that cannot be read takes no other with it.
 * @throws ConnectorError `x-bad-response` if it is not one, or if none of its posts can be read, or if
 * a field that was asked for and that no post can be archived without did not arrive.
 */
export function parsePage(body: Uint8Array): Page {
  const page = parseBody(body);
  const { next_token: nextToken, result_count: resultCount } = page.meta;
  const posts: Post[] = [];
  const unread: UnreadPost[] = [];
  const missingFields = new Set<string>();
  for (const data of page.data) {
    const whole = wirePost.safeParse(data).data;
    const wire = whole ?? oddPost.safeParse(data).data;
    if (wire && isComplete(wire)) {
      const odd = whole ? [] : unreadMembersOf(data, wire);
      const missing = [...missingFieldsOf(wire), ...odd.map((name) => `${name} (readable)`)];
      missing.forEach((name) => missingFields.add(name));
      posts.push(toPost(wire, odd));
    } else {
      unread.push(toUnreadPost(data));
    }
  }
  if (posts.length === 0) {
    refuseIfAllAreOdd(page.data);
  }
  return {
    posts,
    ...(unread.length > 0 && { unread }),
    includes: toIncludes(page),
    ...(nextToken !== undefined && { nextToken }),
    ...(resultCount !== undefined && { resultCount }),
    ...(missingFields.size > 0 && { missingFields: [...missingFields] }),
  };
}

/**
 * Reads an answer to a question for other people's posts: all of it only goes along with posts.
 * @throws ConnectorError `x-bad-response` if it is not a page of posts.
 */
export function parseContext(body: Uint8Array): Includes {
  const page = parseBody(body);
  return toIncludes(page, wirePosts.parse(page.data));
}

/**
 * Reads a page of a timeline. Of an account that it does not show, X answers 200 with errors and
 * nothing else: that is no quiet day.
 * @throws ConnectorError as `parsePage` does, and `x-forbidden` where X gives no timeline.
 */
export function parseTimeline(body: Uint8Array): Page {
  const page = parsePage(body);
  if (page.resultCount === undefined) {
    const reasons = [...new Set(page.includes.missing.values())];
    throw reasons.length > 0
      ? new ConnectorError("x-forbidden", `X hands out no timeline: ${reasons.join(", ")}`)
      : new ConnectorError("x-bad-response", "X's answer is not a page of a timeline");
  }
  return page;
}

function parseBody(body: Uint8Array): z.infer<typeof wirePage> {
  try {
    return wirePage.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  } catch (cause) {
    throw new ConnectorError("x-bad-response", "X's answer is not a page of posts", { cause });
  }
}

function toIncludes(
  { includes, errors }: z.infer<typeof wirePage>,
  more: z.infer<typeof wirePost>[] = [],
): Includes {
  const posts = [...includes.tweets, ...includes.posts, ...more].filter(isComplete);
  return {
    posts: new Map(posts.map((post) => [post.id, toPost(post)])),
    users: new Map(includes.users.map((user) => [user.id, user])),
    media: new Map(includes.media.map((media) => [media.media_key, media])),
    polls: new Map(includes.polls.map((poll) => [poll.id, poll])),
    places: new Map(includes.places.map((place) => [place.id, place])),
    missing: new Map(errors.map((error) => [resourceId(error), error.title ?? "error"])),
  };
}

type WirePost = z.infer<typeof wirePost>;
type CompletePost = WirePost & { created_at: string; author_id: string };

/**
 * A page without a post that can be read is no odd post but an odd answer: X has changed its form,
 * or what it takes for a question. One odd post alone on its page is taken for what it is.
 */
function refuseIfAllAreOdd(sent: unknown[]): void {
  const first = oddPost.safeParse(sent[0]).data;
  if (first && (first.created_at === undefined || first.author_id === undefined)) {
    throw new ConnectorError(
      "x-bad-response",
      `X left out created_at or author_id of post ${first.id}, which were asked for. X may have ` +
        "closed this vocabulary: set the other one in the stack's configuration (vocabulary).",
    );
  }
  if (sent.length > 1) {
    throw new ConnectorError("x-bad-response", "No post in X's answer can be read");
  }
}

/** Names of members, in either vocabulary, and what they are to people. */
const TOLD_IF_ODD: [name: string, words: string][] = [
  ["referenced_tweets", "what it answers, quotes or reposts"],
  ["referenced_posts", "what it answers, quotes or reposts"],
  ["note_tweet", "the text beyond 280 characters"],
  ["note_post", "the text beyond 280 characters"],
  ["article", "its article"],
  ["attachments", "its media and polls"],
  ["geo", "its place"],
];

function unreadMembersOf(data: unknown, wire: WirePost): string[] {
  const wasSent = (name: string) => {
    const value: unknown = Reflect.get(Object(data), name);
    return value !== undefined && value !== null;
  };
  const odd = TOLD_IF_ODD.filter(([name]) => wire[name] === undefined && wasSent(name));
  return [...new Set(odd.map(([, words]) => words))];
}

const namedPost = z
  .looseObject({
    id: numericId.optional().catch(undefined),
    created_at: z.string().optional().catch(undefined),
  })
  .catch({});

function toUnreadPost(data: unknown): UnreadPost {
  const { id, created_at: createdAt } = namedPost.parse(data);
  return {
    ...(id !== undefined && { id }),
    ...(isTime(createdAt) && { createdAt: toSeconds(createdAt) }),
  };
}

function isComplete(post: WirePost): post is CompletePost {
  return isTime(post.created_at) && post.author_id !== undefined;
}

/** Instants have years of four digits. */
const [FIRST_MS, END_MS] = [Date.parse("0000-01-01T00:00:00Z"), Date.UTC(10_000, 0)];

function isTime(time: string | undefined): time is string {
  const ms = time === undefined ? Number.NaN : Date.parse(time);
  return ms >= FIRST_MS && ms < END_MS;
}

function toPost(wire: CompletePost, unread: string[] = []): Post {
  const { id, created_at: createdAt, author_id: authorId } = wire;
  const long = wire.note_tweet ?? wire.note_post;
  const marked = long?.entities ?? wire.entities;
  const { public_metrics: metrics, lang: language, source } = wire;
  const reposts = metrics?.retweet_count ?? metrics?.repost_count;
  return {
    id,
    text: long?.text ?? wire.text,
    createdAt: toSeconds(createdAt),
    authorId,
    conversationId: wire.conversation_id ?? id,
    ...(wire.in_reply_to_user_id !== undefined && { inReplyToUserId: wire.in_reply_to_user_id }),
    references: wire.referenced_tweets ?? wire.referenced_posts ?? [],
    ...(wire.article && { article: articleText(wire.article) }),
    mediaKeys: [
      ...new Set([
        ...(wire.attachments?.media_keys ?? []),
        ...(wire.article?.cover_media === undefined ? [] : [wire.article.cover_media]),
        ...(wire.article?.media_entities ?? []),
      ]),
    ],
    pollIds: wire.attachments?.poll_ids ?? [],
    ...(wire.geo?.place_id !== undefined && { placeId: wire.geo.place_id }),
    versions: wire.edit_history_tweet_ids ?? wire.edit_history_post_ids ?? [id],
    links: (marked?.urls ?? []).map(({ url, expanded_url: expanded }) => ({
      short: url,
      expanded: expanded ?? url,
    })),
    mentions: (marked?.mentions ?? []).map(({ username, id: userId }) => ({
      username,
      ...(userId !== undefined && { id: userId }),
    })),
    likes: metrics?.like_count ?? 0,
    ...(metrics?.reply_count !== undefined && { replies: metrics.reply_count }),
    ...(reposts !== undefined && { reposts }),
    ...(metrics?.quote_count !== undefined && { quotes: metrics.quote_count }),
    ...(language !== undefined && { language }),
    ...(source !== undefined && { source }),
    ...(unread.length > 0 && { unread }),
  };
}

function articleText({
  title,
  plain_text: body,
}: {
  title?: string | undefined;
  plain_text?: string | undefined;
}): string {
  return [title, body].filter(Boolean).join("\n\n");
}

function toSeconds(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function resourceId(error: {
  resource_id?: string | undefined;
  value?: string | undefined;
}): string {
  return error.resource_id ?? error.value ?? "";
}
