import { z } from "zod";
import type { ScriptEvent } from "./script-event.ts";

const id = z.string().regex(/^\d{1,19}$/, "an id is 1 to 19 digits, as a string");

const urls = z.array(z.looseObject({ url: z.string(), expanded_url: z.string().optional() }));

const entities = z.looseObject({
  urls: urls.optional(),
  mentions: z.array(z.looseObject({ username: z.string(), id: id.optional() })).optional(),
});

/**
 * A post in X's v2 shape, legacy vocabulary (docs/x-api.md#field-names); members it does not name
 * are kept.
 */
export const postSchema = z.looseObject({
  id,
  text: z.string(),
  created_at: z.iso.datetime(),
  author_id: id,
  conversation_id: id.optional(),
  in_reply_to_user_id: id.optional(),
  edit_history_tweet_ids: z.array(id).min(1).optional(),
  entities: entities.optional(),
  note_tweet: z.looseObject({ text: z.string(), entities: entities.optional() }).optional(),
  referenced_tweets: z
    .array(z.looseObject({ type: z.enum(["quoted", "retweeted", "replied_to"]), id }))
    .optional(),
  attachments: z
    .looseObject({
      media_keys: z.array(z.string()).optional(),
      poll_ids: z.array(z.string()).optional(),
      media_source_tweet_id: z.array(id).optional(),
    })
    .optional(),
  /** Members that X sends in another shape than its own, as it sends them. */
  sent_oddly: z.record(z.string(), z.unknown()).optional(),
  geo: z.looseObject({ place_id: z.string().optional() }).optional(),
  article: z
    .looseObject({
      cover_media: z.string().optional(),
      media_entities: z.array(z.string()).optional(),
      title: z.string().optional(),
      plain_text: z.string().optional(),
      entities: z
        .looseObject({
          code: z.array(z.looseObject({ code: z.string() })).optional(),
          mentions: z.array(z.looseObject({ username: z.string(), id })).optional(),
        })
        .optional(),
    })
    .optional(),
});

export const userSchema = z.looseObject({
  id,
  name: z.string(),
  username: z.string(),
  protected: z.boolean().optional(),
  description: z.string().optional(),
  location: z.string().optional(),
  url: z.string().optional(),
  entities: z
    .looseObject({
      url: z.looseObject({ urls: urls.optional() }).optional(),
      description: z.looseObject({ urls: urls.optional() }).optional(),
    })
    .optional(),
  profile_image_url: z.string().optional(),
  profile_banner_url: z.string().optional(),
  verified: z.boolean().optional(),
  verified_type: z.string().optional(),
  pinned_tweet_id: id.optional(),
  most_recent_tweet_id: id.optional(),
});

export const mediaSchema = z.looseObject({
  media_key: z.string().regex(/^\d+_\d+$/),
  type: z.enum(["photo", "video", "animated_gif"]).optional(),
  alt_text: z.string().optional(),
  url: z.string().optional(),
  preview_image_url: z.string().optional(),
  variants: z
    .array(
      z.looseObject({
        url: z.string(),
        content_type: z.string(),
        bit_rate: z.number().optional(),
      }),
    )
    .optional(),
});

export const pollSchema = z.looseObject({
  id: z.string(),
  options: z.array(z.looseObject({ label: z.string().optional() })).optional(),
});
export const placeSchema = z.looseObject({ id: z.string() });

export type Post = z.infer<typeof postSchema>;
export type Entities = z.infer<typeof entities>;
export type User = z.infer<typeof userSchema>;
export type Media = z.infer<typeof mediaSchema>;
export type Poll = z.infer<typeof pollSchema>;
export type Place = z.infer<typeof placeSchema>;

/** What X knows: the account's timeline, and everything that posts refer to. */
export type Timeline = {
  account: User;
  /** Posts of the account's timeline, newest first; of an edited post the newest version. */
  posts: readonly Post[];
  /** Every post that has an id on X: those of the timeline, older versions, other people's. */
  everyPost: ReadonlyMap<string, Post>;
  users: ReadonlyMap<string, User>;
  media: ReadonlyMap<string, Media>;
  polls: ReadonlyMap<string, Poll>;
  places: ReadonlyMap<string, Place>;
  /** Media keys, and addresses of profiles' pictures, whose download is a 404 for ever. */
  lostMedia: ReadonlySet<string>;
  /** Posts that X shows to nobody before a while after they were made. */
  latePosts: ReadonlySet<string>;
  /** What changes on X, and when, in order of time. Users and posts are as they were before it. */
  script: readonly ScriptEvent[];
};

export type TimelineParts = {
  accountId: string;
  /** The account's timeline and, if at hand, posts of others. */
  posts: readonly Post[];
  /** Posts that are in nobody's timeline here: older versions, referenced posts. */
  otherPosts?: readonly Post[];
  users?: readonly User[];
  media?: readonly Media[];
  polls?: readonly Poll[];
  places?: readonly Place[];
  lostMedia?: readonly string[];
  latePosts?: readonly string[];
  script?: readonly ScriptEvent[];
};

/** Puts the parts in order; authors without a description get an invented one, as X always has one. */
export function createTimeline(parts: TimelineParts): Timeline {
  const everyPost = byId([...(parts.otherPosts ?? []), ...parts.posts]);
  const users = byId([...inventAuthors(everyPost.values()), ...(parts.users ?? [])]);
  const own = parts.posts.filter((post) => post.author_id === parts.accountId);
  return {
    account: users.get(parts.accountId) ?? inventUser(parts.accountId),
    posts: [...byId(own).values()].sort(newestFirst),
    everyPost,
    users,
    media: new Map((parts.media ?? []).map((medium) => [medium.media_key, medium])),
    polls: byId(parts.polls ?? []),
    places: byId(parts.places ?? []),
    lostMedia: new Set(parts.lostMedia),
    latePosts: new Set(parts.latePosts),
    script: (parts.script ?? []).toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)),
  };
}

/** The same X, seen as another account's timeline. */
export function timelineOf(timeline: Timeline, accountId: string): Timeline {
  return accountId === timeline.account.id
    ? timeline
    : {
        ...timeline,
        account: timeline.users.get(accountId) ?? inventUser(accountId),
        posts: [...timeline.everyPost.values()]
          .filter((post) => post.author_id === accountId)
          .sort(newestFirst),
      };
}

/** Ids order as numbers: string order is wrong where lengths differ (docs/x-api.md#objects). */
export function newestFirst(a: { id: string }, b: { id: string }): number {
  const difference = BigInt(b.id) - BigInt(a.id);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** The post that a repost repeats. */
export function originalIdOf({ referenced_tweets: references }: Post): string | undefined {
  return references?.find(({ type }) => type === "retweeted")?.id;
}

/** Whether X shows a post to `viewerId`: posts of protected accounts only to themselves. */
export function isProtectedFrom(timeline: Timeline, post: Post, viewerId: string): boolean {
  return timeline.users.get(post.author_id)?.protected === true && post.author_id !== viewerId;
}

function byId<T extends { id: string }>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((object) => [object.id, object]));
}

function inventAuthors(posts: Iterable<Post>): User[] {
  return Array.from(posts, (post) => inventUser(post.author_id));
}

function inventUser(userId: string): User {
  return { id: userId, name: `User ${userId}`, username: `user_${userId}`.slice(0, 15) };
}
