import * as z from "zod";
import { cutOf, linksToItself } from "./cut-text.ts";
import { readObjects } from "./members.ts";
import { type WirePost, wireAlong, wirePost } from "./wire.ts";

/** What posts of an answer lack although they were asked for it: its name, in words. */
export type Lost = { name: string; isNeeded: boolean; weight: number };

type Posts = { posts: WirePost[]; along: WirePost[] };
type Member = { name: string; isNeeded?: boolean; isLost: (answer: Posts) => boolean };

/**
 * What X may leave out without a word (docs/x-api.md#field-names), the worst first, and what shows that it
 * has. A post alone may lack a member that no post of the answer has: one that has it shows that X
 * gives it.
 */
const MEMBERS: Member[] = [
  // Without these no post is evidence.
  { name: "created_at", isNeeded: true, isLost: nobodyHas(({ created_at: at }) => at) },
  { name: "author_id", isNeeded: true, isLost: nobodyHas(({ author_id: author }) => author) },
  {
    name: "the text beyond 280 characters",
    isLost: ({ posts, along }) => [...posts, ...along].some(isCutForSure),
  },
  // Apart: the dots may be the author's own, and must not hide that X gives no long texts any more.
  {
    name: "the text behind what looks cut",
    isLost: ({ posts, along }) => [...posts, ...along].some(looksCut),
  },
  { name: "what posts refer to", isLost: lacksReferences },
  { name: "the versions", isLost: nobodyHas(historyOf) },
];

const answerSchema = z.looseObject({ data: z.array(z.unknown()) });

/** What the posts of an answer of X lack; an answer without posts lacks nothing. */
export function lostMembers(body: Uint8Array): Lost[] {
  const sent = parseOrNothing(body);
  const posts = readObjects(wirePost, answerSchema.safeParse(sent).data?.data ?? []);
  if (posts.length === 0) {
    return [];
  }
  const { tweets = [], posts: renamed = [] } = wireAlong.safeParse(sent).data?.includes ?? {};
  const along = readObjects(wirePost, [...tweets, ...renamed]);
  return MEMBERS.flatMap(({ name, isNeeded = false, isLost }, index) =>
    isLost({ posts, along }) ? { name, isNeeded, weight: 2 ** (MEMBERS.length - index) } : [],
  );
}

/** Whether one answer lacks less than another, or less that matters. */
export function lacksLess(one: Lost[], other: Lost[]): boolean {
  return weightOf(one) < weightOf(other);
}

function weightOf(lost: Lost[]): number {
  return lost.reduce((sum, { weight }) => sum + weight, 0);
}

function nobodyHas(read: (post: WirePost) => unknown): Member["isLost"] {
  return ({ posts }) => posts.every((post) => read(post) === undefined);
}

/** X puts a link to the post itself where it cuts a text: nobody knows the address before. */
function isCutForSure(post: WirePost): boolean {
  return cutOf(post) === "cut" && linksToItself(post);
}

function looksCut(post: WirePost): boolean {
  return cutOf(post) === "cut" && !linksToItself(post);
}

function lacksReferences({ posts, along }: Posts): boolean {
  return (
    posts.every((post) => referencesOf(post) === undefined) &&
    (posts.some(seemsToRefer) || bringUnnamed(posts, along))
  );
}

/** A repost begins with RT; a reply is of another's conversation; a quote links to what it quotes. */
function seemsToRefer({ text = "", entities, ...post }: WirePost): boolean {
  const own = new Set([post.id, ...(historyOf(post) ?? [])]);
  const linked = (entities?.urls ?? []).flatMap(
    ({ expanded_url: url = "" }) =>
      /^https?:\/\/(?:\w+\.)?(?:x|twitter)\.com\/\w+\/status\/(\d+)(?:\?.*)?$/.exec(url)?.[1] ?? [],
  );
  return (
    /^RT @\w+: /.test(text) ||
    (post.conversation_id !== undefined && !own.has(post.conversation_id)) ||
    linked.some((id) => !own.has(id))
  );
}

/** Whether posts go along that are no versions of the others: something must refer to them. */
function bringUnnamed(posts: WirePost[], along: WirePost[]): boolean {
  const versions = new Set(posts.flatMap((post) => [post.id, ...(historyOf(post) ?? [])]));
  return historyIsGiven(posts) && along.some(({ id }) => !versions.has(id));
}

function historyIsGiven(posts: WirePost[]): boolean {
  return posts.some((post) => historyOf(post) !== undefined);
}

function referencesOf({ referenced_tweets: references, referenced_posts: renamed }: WirePost) {
  return references ?? renamed;
}

function historyOf({
  edit_history_tweet_ids: history,
  edit_history_post_ids: renamed,
}: Pick<WirePost, "edit_history_tweet_ids" | "edit_history_post_ids">) {
  return history ?? renamed;
}

function parseOrNothing(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
