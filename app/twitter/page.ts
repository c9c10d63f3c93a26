import * as z from "zod";
import { ConnectorError } from "../errors.ts";
import { type Read, readObject, readObjects } from "./members.ts";
import { missingFieldsOf } from "./missing-fields.ts";
import { EXPECTED, type Post, toPost, toSeconds } from "./post.ts";
import {
  numericId,
  wireAlong,
  wireError,
  wireMedia,
  wirePage,
  wirePlace,
  wirePoll,
  wirePost,
  type WirePost,
  wireUser,
} from "./wire.ts";

export type { Post } from "./post.ts";
export type User = Read<z.infer<typeof wireUser>>;
export type Media = Read<z.infer<typeof wireMedia>>;
export type Poll = Read<z.infer<typeof wirePoll>>;
export type Place = Read<z.infer<typeof wirePlace>>;

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
export type UnparseablePost = { id?: string; createdAt?: string };

export type Page = {
  posts: Post[];
  unparseable?: UnparseablePost[];
  /** Ids of posts that X refuses on the page although none of its posts refers to them: its own. */
  refused?: string[];
  includes: Includes;
  nextToken?: string;
  /** How many posts X says the page has; only pages of a timeline say it. */
  resultCount?: number;
  /** The ids that X says the page begins and ends with. */
  newestId?: string;
  oldestId?: string;
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

/**
 * The earlier versions of an edited post, as far as X handed them out; also those that only an earlier
 * version names, where the newest one's own list is short.
 */
export function earlierVersionsOf({ id, authorId, versions }: Post, { posts }: Includes): Post[] {
  const ids = new Set(versions);
  const found: Post[] = [];
  for (const version of ids) {
    const post = version === id ? undefined : posts.get(version);
    if (post && post.authorId === authorId && BigInt(version) < BigInt(id)) {
      found.push(post);
      post.versions.forEach((other) => ids.add(other));
    }
  }
  return found;
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
 * Reads a response body of X. A post that cannot be read takes no other with it, and nothing that
 * goes along keeps a post out of the archive.
 * @throws ConnectorError `x-bad-response` if it is not one, or if none of its posts can be read, or if
 * a field that was asked for and that no post can be archived without did not arrive.
 */
export function parsePage(body: Uint8Array): Page {
  const page = parseBody(body);
  const { result_count: resultCount, newest_id: newestId, oldest_id: oldestId } = page.meta;
  // One that is empty leads nowhere.
  const nextToken = page.meta.next_token || undefined;
  const { includes, odd, errors } = readIncludes(page);
  const posts: Post[] = [];
  const unparseable: UnparseablePost[] = [];
  const missingFields = new Set(odd);
  for (const data of page.data) {
    const wire = readObject(wirePost, data, EXPECTED);
    if (wire && isComplete(wire)) {
      const post = toPost(wire);
      [...missingFieldsOf(wire, post), ...unreadFieldsOf(wire)].forEach((name) =>
        missingFields.add(name),
      );
      posts.push(post);
    } else {
      unparseable.push(toUnreadPost(data));
    }
  }
  if (posts.length === 0) {
    refuseIfAllAreOdd(page.data);
  }
  const refused = refusedPosts(errors, { posts, includes });
  return {
    posts,
    ...(unparseable.length > 0 && { unparseable }),
    ...(refused.length > 0 && { refused }),
    includes,
    ...(nextToken !== undefined && { nextToken }),
    ...(resultCount !== undefined && { resultCount }),
    ...(newestId !== undefined && { newestId }),
    ...(oldestId !== undefined && { oldestId }),
    ...(missingFields.size > 0 && { missingFields: [...missingFields] }),
  };
}

/**
 * Reads an answer to a question for posts by their ids: all of it goes along with other posts. One
 * that cannot be read is missing, with that as the reason.
 * @throws ConnectorError `x-bad-response` if it is not a page of posts.
 */
export function parseContext(body: Uint8Array): Includes {
  const page = parseBody(body);
  const { includes } = readIncludes(page, page.data);
  const unparseable = page.data
    .flatMap((data) => toUnreadPost(data).id ?? [])
    .filter((id) => !includes.posts.has(id))
    .map((id): [string, string] => [id, UNREADABLE]);
  return { ...includes, missing: new Map([...includes.missing, ...unparseable]) };
}

/** Why a post is missing that X did send. */
export const UNREADABLE = "sent in a form that cannot be read";

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

type Body = z.infer<typeof wirePage> & { along: Read<z.infer<typeof wireAlong>> };

function parseBody(body: Uint8Array): Body {
  try {
    const sent: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    return { ...wirePage.parse(sent), along: readObject(wireAlong, sent) ?? {} };
  } catch (cause) {
    throw new ConnectorError("x-bad-response", "X's answer is not a page of posts", { cause });
  }
}

/** What goes along, and what of it cannot be read; `more` are posts that only go along, too. */
function readIncludes(
  { along }: Body,
  more: unknown[] = [],
): { includes: Includes; odd: string[]; errors: WireError[] } {
  const odd = unreadFieldsOf(along);
  const { tweets = [], posts: renamed = [], ...others } = along.includes ?? {};

  function read<T extends object>(
    kind: string,
    schema: z.ZodType<T>,
    sent: unknown[] = [],
    expected: readonly (keyof T & string)[] = [],
  ): Read<T>[] {
    const objects = readObjects(schema, sent, expected);
    odd.push(...objects.flatMap(unreadFieldsOf).map((name) => `${kind}: ${name}`));
    odd.push(...(objects.length < sent.length ? [`${kind}: an object's id (readable)`] : []));
    return objects;
  }

  const posts = read("posts", wirePost, [...tweets, ...renamed, ...more], EXPECTED);
  const users = read("users", wireUser, others.users, ["name", "username"]);
  const media = read("media", wireMedia, others.media, ["type"]);
  const polls = read("polls", wirePoll, others.polls, ["options"]);
  const places = read("places", wirePlace, others.places, ["full_name"]);
  const errors = read("errors", wireError, along.errors);
  const includes = {
    posts: new Map(posts.map((post) => [post.id, toPost(post)])),
    users: new Map(users.map((user) => [user.id, user])),
    media: new Map(media.map((medium) => [medium.media_key, medium])),
    polls: new Map(polls.map((poll) => [poll.id, poll])),
    places: new Map(places.map((place) => [place.id, place])),
    missing: new Map(
      errors
        .filter((error) => isLasting(error) && resourceId(error) !== "")
        .map((error) => [resourceId(error), reasonOf(error)]),
    ),
  };
  return { includes, odd, errors };
}

/** Names of members that cannot be read, the same for all places of a list. */
function unreadFieldsOf({ unparseable = [] }: { unparseable?: string[] }): string[] {
  return unparseable.map((name) => `${name.replaceAll(/\[\d+\]/g, "")} (readable)`);
}

/** An own post is put in order by its time, and is nothing without its author and a text. */
function isComplete({ created_at, author_id, text, ...wire }: WirePost): boolean {
  const note = wire.note_tweet?.text ?? wire.note_post?.text;
  return created_at !== undefined && author_id !== undefined && (text ?? note) !== undefined;
}

/**
 * A page without a post that can be read is no odd post but an odd answer: X has changed its form,
 * or what it takes for a question. One odd post alone on its page is taken for what it is.
 */
function refuseIfAllAreOdd(sent: unknown[]): void {
  const first = askedFor.safeParse(sent[0]).data;
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

const askedFor = z.object({
  id: numericId,
  created_at: z.unknown().optional(),
  author_id: z.unknown().optional(),
});

const namedPost = z
  .object({
    id: numericId.optional().catch(undefined),
    created_at: wirePost.shape.created_at.catch(undefined),
  })
  .catch({});

function toUnreadPost(data: unknown): UnparseablePost {
  const { id, created_at: createdAt } = namedPost.parse(data);
  return {
    ...(id !== undefined && { id }),
    ...(createdAt !== undefined && { createdAt: toSeconds(createdAt) }),
  };
}

type WireError = z.infer<typeof wireError>;

/** The id may stand in `value` alone, or only in the words: `Could not find tweet with ids: [123].` */
function resourceId({ resource_id: id, value, detail = "" }: WireError): string {
  return id || value || (/\[(\d{1,20})\]/.exec(detail)?.[1] ?? "");
}

/**
 * Problems of X's own that pass (docs/x-api.md#errors): a post that is missing for one is asked for
 * again.
 */
const PASSING = new Set([
  "resource-unavailable",
  "internal-error",
  "field-hydration-failure",
  "rate-limit-exceeded",
]);

function isLasting({ type = "" }: WireError): boolean {
  return !PASSING.has(type.split("/").at(-1) ?? "");
}

/** Of media sources and of users' own lists: other posts that a page may name. */
const NAMED_ELSEWHERE = /media_source|pinned|most_recent/;

/** A page of the account's timeline may name a post among its errors and nowhere else. */
function refusedPosts(
  errors: WireError[],
  { posts, includes }: Pick<Page, "posts" | "includes">,
): string[] {
  if (errors.length === 0) {
    return [];
  }
  const all = [...posts, ...includes.posts.values()];
  const named = new Set(
    all.flatMap(({ id, references, versions }) => [
      id,
      ...references.map((reference) => reference.id),
      ...versions,
    ]),
  );
  const ids = errors
    .filter(({ resource_type: type, parameter = "" }) => {
      const isPost = type === undefined || type === "tweet" || type === "post";
      return isPost && !NAMED_ELSEWHERE.test(parameter);
    })
    .map(resourceId)
    .filter((id) => numericId.safeParse(id).success && !named.has(id) && !includes.users.has(id));
  return [...new Set(ids)];
}

function reasonOf({ title, detail }: WireError): string {
  return title ?? detail ?? "error";
}
