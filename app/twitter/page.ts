import * as z from "zod";
import { ConnectorError } from "../errors.ts";

/** Either vocabulary is read, whichever was asked for: the wire may mix them (x-api.md section 0). */

const urlEntity = z.looseObject({ url: z.string(), expanded_url: z.string().optional() });
const mentionEntity = z.looseObject({ username: z.string(), id: z.string().optional() });
/** An entity of an odd shape must not keep a post out of the archive: its text says the same. */
const entities = z.looseObject({
  urls: z.array(urlEntity).optional().catch(undefined),
  mentions: z.array(mentionEntity).optional().catch(undefined),
});
const note = z.looseObject({ text: z.string(), entities: entities.optional() });
const reference = z.looseObject({ type: z.string(), id: z.string() });

const wirePost = z.looseObject({
  id: z.string().regex(/^\d{1,20}$/),
  text: z.string(),
  created_at: z.string().optional(),
  author_id: z.string().optional(),
  conversation_id: z.string().optional(),
  in_reply_to_user_id: z.string().optional(),
  referenced_tweets: z.array(reference).optional(),
  referenced_posts: z.array(reference).optional(),
  note_tweet: note.optional(),
  note_post: note.optional(),
  entities: entities.optional(),
  article: z
    .looseObject({
      title: z.string().optional().catch(undefined),
      plain_text: z.string().optional().catch(undefined),
      cover_media: z.string().optional().catch(undefined),
      media_entities: z.array(z.string()).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  attachments: z
    .looseObject({
      media_keys: z.array(z.string()).optional(),
      poll_ids: z.array(z.string()).optional(),
    })
    .optional(),
  edit_history_tweet_ids: z.array(z.string()).optional().catch(undefined),
  edit_history_post_ids: z.array(z.string()).optional().catch(undefined),
  geo: z.looseObject({ place_id: z.string().optional() }).optional().catch(undefined),
  public_metrics: z.looseObject({ like_count: z.number().optional() }).optional(),
});

const wireUser = z.looseObject({
  id: z.string(),
  name: z.string(),
  username: z.string(),
  profile_image_url: z.string().optional(),
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

const wirePage = z.looseObject({
  data: z.array(wirePost).default([]),
  includes: z
    .looseObject({
      tweets: z.array(wirePost).optional(),
      posts: z.array(wirePost).optional(),
      users: z.array(wireUser).optional(),
      media: z.array(wireMedia).optional(),
      polls: z.array(wirePoll).optional(),
      places: z.array(wirePlace).optional(),
    })
    .default({}),
  errors: z
    .array(
      z.looseObject({
        resource_id: z.string().optional(),
        value: z.string().optional(),
        title: z.string().optional(),
        type: z.string().optional(),
      }),
    )
    .default([]),
  meta: z
    .looseObject({ result_count: z.number().optional(), next_token: z.string().optional() })
    .default({}),
});

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

export type Page = {
  posts: Post[];
  includes: Includes;
  nextToken?: string;
  /** How many posts X says the page has; only pages of a timeline say it. */
  resultCount?: number;
};

export function isRepost({ references }: Post): boolean {
  return references.some(({ type }) => type === "retweeted");
}

/** The posts that a post refers to, as far as X handed them out. */
export function contextOf({ references }: Post, { posts }: Includes): Post[] {
  return references.flatMap(({ id }) => posts.get(id) ?? []);
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

/** Includes that hold the page's own posts too, for what other posts refer to. */
export function asIncludes({ posts, includes }: Page): Includes {
  return {
    ...includes,
    posts: new Map([...includes.posts, ...posts.map((post) => [post.id, post] as const)]),
  };
}

/**
 * Reads a response body of X.
 * @throws ConnectorError `x-bad-response` if it is not one, or if a field that was asked for and
 * that a post cannot be archived without did not arrive.
 */
export function parsePage(body: Uint8Array): Page {
  const page = parseBody(body);
  const included = [...(page.includes.tweets ?? []), ...(page.includes.posts ?? [])];
  const { next_token: nextToken, result_count: resultCount } = page.meta;
  return {
    posts: page.data.map(toPost),
    includes: {
      posts: new Map(included.map((post) => [post.id, toPost(post)])),
      users: new Map((page.includes.users ?? []).map((user) => [user.id, user])),
      media: new Map((page.includes.media ?? []).map((media) => [media.media_key, media])),
      polls: new Map((page.includes.polls ?? []).map((poll) => [poll.id, poll])),
      places: new Map((page.includes.places ?? []).map((place) => [place.id, place])),
      missing: new Map(page.errors.map((error) => [resourceId(error), error.title ?? "error"])),
    },
    ...(nextToken !== undefined && { nextToken }),
    ...(resultCount !== undefined && { resultCount }),
  };
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

function toPost(wire: z.infer<typeof wirePost>): Post {
  const { id, created_at: createdAt, author_id: authorId } = wire;
  if (createdAt === undefined || authorId === undefined) {
    throw new ConnectorError(
      "x-bad-response",
      `X left out created_at or author_id of post ${id}, which were asked for. X may have closed ` +
        "this vocabulary: set the other one in the stack's configuration (vocabulary).",
    );
  }
  const long = wire.note_tweet ?? wire.note_post;
  const marked = long ? (long.entities ?? {}) : (wire.entities ?? {});
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
    links: (marked.urls ?? []).map(({ url, expanded_url: expanded }) => ({
      short: url,
      expanded: expanded ?? url,
    })),
    mentions: (marked.mentions ?? []).map(({ username, id: userId }) => ({
      username,
      ...(userId !== undefined && { id: userId }),
    })),
    likes: wire.public_metrics?.like_count ?? 0,
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
