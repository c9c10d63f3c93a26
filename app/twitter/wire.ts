import * as z from "zod";
import { list } from "./members.ts";

/**
 * What X sends, in either vocabulary, as far as it is read (docs/x-api.md). Only the id of an object is
 * required: `readObject` leaves out and names whatever else does not fit.
 */

/** Of a post or a user. */
export const numericId = z.string().regex(/^\d{1,20}$/);
const text = z.string().optional();
const count = z.int().nonnegative().optional();
const flag = z.boolean().optional();
const texts = list(z.string()).optional();
const ids = list(numericId).optional();

/** Where X marks something in a text, in code points; `end` is the first one after it. */
const marked = { start: count, end: count };

const url = z.object({
  ...marked,
  url: z.string().min(1),
  expanded_url: text,
  display_url: text,
  unwound_url: text,
  title: text,
});
const mention = z.object({ ...marked, username: z.string(), id: numericId.optional() });
const tag = z.object({ ...marked, tag: z.string() });

export const wireEntities = z.object({
  urls: list(url).optional(),
  mentions: list(mention).optional(),
  hashtags: list(tag).optional(),
  cashtags: list(tag).optional(),
});

/**
 * An article's entities have a shape of their own, which X's specification leaves open: what is
 * known of it was seen in programs that read it. Code is not part of `plain_text`.
 */
const articleEntities = z.object({
  code: list(z.object({ language: text, code: text, content: text })).optional(),
  urls: list(z.object({ ...url.partial().shape, text })).optional(),
  mentions: list(z.object({ ...mention.partial().shape, text })).optional(),
  hashtags: list(z.object({ ...tag.partial().shape, text })).optional(),
  cashtags: list(z.object({ ...tag.partial().shape, text })).optional(),
  tweets: list(z.object({ id: numericId })).optional(),
  posts: list(z.object({ id: numericId })).optional(),
});

const wireArticle = z.object({
  title: text,
  preview_text: text,
  plain_text: text,
  cover_media: text,
  media_entities: texts,
  entities: articleEntities.optional(),
});

const note = z.object({ text: z.string(), entities: wireEntities.optional() });
const references = list(z.object({ type: z.string(), id: numericId })).optional();

const withheld = z.object({ copyright: flag, country_codes: texts, scope: text });

const coordinates = z.object({ type: text, coordinates: z.tuple([z.number(), z.number()]) });

export const wirePost = z.object({
  id: numericId,
  text,
  created_at: z.string().refine(isTime).optional(),
  author_id: numericId.optional(),
  conversation_id: numericId.optional(),
  in_reply_to_user_id: numericId.optional(),
  referenced_tweets: references,
  referenced_posts: references,
  note_tweet: note.optional(),
  note_post: note.optional(),
  entities: wireEntities.optional(),
  display_text_range: z.tuple([z.int().nonnegative(), z.int().nonnegative()]).optional(),
  article: wireArticle.optional(),
  article_title: text,
  attachments: z.object({ media_keys: texts, poll_ids: texts }).optional(),
  edit_history_tweet_ids: ids,
  edit_history_post_ids: ids,
  edit_controls: z
    .object({ edits_remaining: count, is_edit_eligible: flag, editable_until: text })
    .optional(),
  geo: z.object({ place_id: text, coordinates: coordinates.optional() }).optional(),
  public_metrics: z
    .object({
      like_count: count,
      reply_count: count,
      quote_count: count,
      retweet_count: count,
      repost_count: count,
    })
    .optional(),
  community_id: text,
  paid_partnership: flag,
  possibly_sensitive: flag,
  reply_settings: text,
  scopes: z.object({ followers: flag }).optional(),
  withheld: withheld.optional(),
  lang: text,
  source: text,
});

export const wireUser = z.object({
  id: numericId,
  name: text,
  username: text,
  profile_image_url: text,
  protected: flag,
  verified: flag,
  verified_type: text,
  withheld: withheld.optional(),
});

export const wireMedia = z.object({
  media_key: z.string(),
  type: text,
  url: text,
  preview_image_url: text,
  alt_text: text,
  duration_ms: z.number().optional(),
  height: z.number().optional(),
  width: z.number().optional(),
  variants: list(
    z.object({ content_type: text, url: z.string(), bit_rate: z.number().optional() }),
  ).optional(),
});

export const wirePoll = z.object({
  id: z.string(),
  options: list(z.object({ position: count, label: text, votes: count })).optional(),
  voting_status: text,
  end_datetime: text,
  duration_minutes: z.number().optional(),
});

export const wirePlace = z.object({
  id: z.string(),
  full_name: text,
  name: text,
  country: text,
  country_code: text,
  place_type: text,
});

export const wireError = z.object({
  resource_id: text,
  value: text,
  title: text,
  detail: text,
  /** An address that ends with the problem's name. */
  type: text,
  resource_type: text,
  parameter: text,
});

/** An answer that is no page of posts is none at all. */
export const wirePage = z.object({
  data: z.array(z.unknown()).default([]),
  meta: z
    .object({
      result_count: z.number().optional(),
      next_token: z.string().nullish(),
      newest_id: numericId.optional().catch(undefined),
      oldest_id: numericId.optional().catch(undefined),
    })
    .default({}),
});

const objects = z.array(z.unknown()).optional();

/** What goes along with a page's posts: lists of objects, each of which is read by itself. */
export const wireAlong = z.object({
  includes: z
    .object({
      tweets: objects,
      posts: objects,
      users: objects,
      media: objects,
      polls: objects,
      places: objects,
    })
    .optional(),
  errors: objects,
});

/** Instants have years of four digits. */
const [FIRST_MS, END_MS] = [Date.parse("0000-01-01T00:00:00Z"), Date.UTC(10_000, 0)];

function isTime(time: string): boolean {
  const ms = Date.parse(time);
  return ms >= FIRST_MS && ms < END_MS;
}

export type WireEntities = z.infer<typeof wireEntities>;
export type WireArticle = z.infer<typeof wireArticle>;
export type WirePost = z.infer<typeof wirePost>;
