import * as z from "zod";
import { names } from "../archive/names.ts";
import { recordType } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { readCoverage } from "../capture/coverage.ts";
import { keepAnswer, readStoredPage } from "../capture/pages.ts";
import { timeOfId } from "../capture/post-id.ts";
import { postsOfWindow } from "../capture/posts.ts";
import { type ItemParts, postToItem } from "../delivery/item.ts";
import type { Item } from "../import-service/item.ts";
import { addSeconds } from "../time/intervals.ts";
import { timelineParameters } from "../twitter/client.ts";
import { readObjects } from "../twitter/members.ts";
import {
  type Includes,
  mergeIncludes,
  parseContext,
  type Post,
  type User,
} from "../twitter/page.ts";
import { wireUser } from "../twitter/wire.ts";
import type { CompleteDeps, NamedPage, Source, TimelineFeed } from "./feed.ts";
import { openPageOfPosts } from "./pages-of-posts.ts";
import { POSTS, postsOf } from "./posts.ts";

const DEPTH = 800;
/** Users are billed by themselves, once a day: one that is known is asked for again after so long. */
const KNOWN_MS = 30 * 24 * 3600_000;
const MOST_IDS = 100;
const USER_FIELDS =
  "created_at,description,id,name,profile_image_url,protected,username,verified,verified_type";

/** In which stored answers the authors of a page lie, and on which pages the account's posts that they answer. */
const contextRecord = recordType(
  z.object({
    users: z.record(z.string(), z.string()),
    posts: z.record(z.string(), z.string()),
    lookups: z.array(z.string()),
  }),
);
const knownUserRecord = recordType(z.object({ answer: z.string(), at: z.string() }));

/**
 * Posts of others that name the account. Their authors are looked up apart, because X bills a user that
 * comes along with every page; a quoted post is looked up; the account's own are in its archive.
 */
export const MENTIONS: TimelineFeed = {
  kind: "timeline",
  name: "mentions",
  words: "mentions",
  goesWith: "the next task",
  format: 1,
  // Others' words are kept only on a ground that the organization has named.
  isOn: ({ MENTIONS: setting, LEGAL_BASIS }) => setting === "on" && LEGAL_BASIS !== undefined,
  limits: [
    `mentions older than the newest ${DEPTH} at the time of a capture`,
    "mentions by accounts that are protected or that the account has blocked",
    "replies that dropped the @, quotes without it, and reposts: X does not call them mentions",
  ],
  depth: DEPTH,
  surelyWithin: 750,
  isOfAccount: false,
  isRecord: ({ authorId }, accountId) => authorId !== accountId,
  fetchPage: (twitter, { token, accountId }, query) =>
    twitter.read(token, {
      path: `users/${accountId}/mentions`,
      billedAs: "owned",
      posts: withoutUsers,
      query: timelineParameters(query),
    }),
  completePage,
  readContext,
  openPage: (store, name) => openPageOfPosts(store, name, { feed: MENTIONS, toItem }),
};

/** Of all that X gives of a post, what brings no user and no other post along; but its author, in the new vocabulary. */
function withoutUsers(fields: Record<string, string>): Record<string, string> {
  const renamed = ["author_id", "edit_history_post_ids", "in_reply_to_user_id", "referenced_posts"];
  const kept = new Set([
    "attachments.media_keys",
    "attachments.poll_ids",
    "geo.place_id",
    ...("post.fields" in fields ? renamed : []),
  ]);
  const expansions = (fields["expansions"] ?? "").split(",").filter((name) => kept.has(name));
  const { "user.fields": _, ...others } = fields;
  return { ...others, expansions: expansions.join(",") };
}

function toItem(parts: ItemParts): Item {
  const item = postToItem(parts);
  const { account, post } = parts;
  const isReply = post.inReplyToUserId === account.id;
  const isNamed = item.Recipients.some(({ Id }) => Id === account.id);
  const own = {
    Id: account.id,
    UserProfilePhotoUrl: null,
    Name: item.ContainerName,
    EmailAddress: null,
    MobileNumber: null,
  };
  return {
    ...item,
    ItemType: isReply ? "MentionReply" : "Mention",
    Recipients: isNamed ? item.Recipients : [own, ...item.Recipients],
  };
}

async function completePage(deps: CompleteDeps, source: Source, stored: NamedPage): Promise<void> {
  const { store, twitter } = deps;
  const { name, page } = stored;
  const contextName = names.context(name, 0);
  if (await readDocument(store, contextName, contextRecord)) {
    return;
  }
  const mentions = page.posts.filter(({ authorId }) => authorId !== source.accountId);
  const users = await findUsers(deps, source, { name, mentions, known: page.includes });
  const shown = [...new Set(mentions.flatMap(({ references }) => references.map(({ id }) => id)))];
  const posts = await findOwnPosts(store, source.jobId, shown);
  const quoted = mentions.flatMap(({ references }) =>
    references.flatMap(({ type, id }) => (type === "quoted" && !posts[id] ? [id] : [])),
  );
  const lookups: string[] = [];
  for (const ids of chunksOf([...new Set(quoted)])) {
    const lookup = names.context(name, lookups.length + 1);
    const stands = await store.read(lookup);
    await (stands ??
      keepAnswer(store, lookup, () => twitter.lookup(source.token, ids), parseContext));
    lookups.push(lookup);
  }
  await createDocument(store, contextName, contextRecord, { users, posts, lookups });
}

/** The stored answer that describes each author: one of the last 30 days, or a new one. */
async function findUsers(
  { store, twitter, now }: CompleteDeps,
  source: Source,
  { name, mentions, known }: { name: string; mentions: Post[]; known: Includes },
): Promise<Record<string, string>> {
  const users: Record<string, string> = {};
  const unknown: string[] = [];
  for (const id of new Set(mentions.map(({ authorId }) => authorId))) {
    const seen = await readDocument(store, names.knownUser(source, id), knownUserRecord);
    if (seen && now().getTime() - Date.parse(seen.value.at) < KNOWN_MS) {
      users[id] = seen.value.answer;
    } else if (!known.users.has(id) && /^\d{1,19}$/.test(id)) {
      unknown.push(id);
    }
  }
  for (const [index, ids] of chunksOf(unknown).entries()) {
    const answer = names.context(name, 900 + index);
    const ask = () =>
      twitter.read(source.token, {
        path: "users",
        billedAs: "users",
        query: { ids: ids.join(","), "user.fields": USER_FIELDS },
      });
    const kept = (await store.read(answer)) ?? (await keepAnswer(store, answer, ask, parseUsers));
    for (const { id } of parseUsers(kept.body)) {
      users[id] = answer;
      const seen = { answer, at: now().toISOString() };
      const userName = names.knownUser(source, id);
      if (!(await createDocument(store, userName, knownUserRecord, seen))) {
        await changeDocument(store, { name: userName, type: knownUserRecord, change: () => seen });
      }
    }
  }
  return users;
}

/** The pages of the archive that hold posts of the account, by the days of their ids. */
async function findOwnPosts(
  store: Store,
  jobId: string,
  ids: string[],
): Promise<Record<string, string>> {
  const of = postsOf(jobId);
  const coverage = await readCoverage(store, of);
  const found: Record<string, string> = {};
  for (const [day, some] of Map.groupBy(ids, (id) => timeOfId(id)?.slice(0, 10))) {
    const wanted = new Set(some);
    const start = `${day}T00:00:00Z`;
    const window = { start: addSeconds(start, -3600), end: addSeconds(start, 86_400) };
    const posts = day === undefined ? [] : postsOfWindow(store, { ...of, window, coverage });
    for await (const { post, page } of posts) {
      if (wanted.has(post.id)) {
        found[post.id] = page;
      }
    }
  }
  return found;
}

async function readContext(store: Store, { name, page }: NamedPage): Promise<Includes> {
  const context = (await readDocument(store, names.context(name, 0), contextRecord))?.value;
  const users = new Map(page.includes.users);
  for (const answer of new Set(Object.values(context?.users ?? {}))) {
    const described = parseUsers((await store.read(answer))?.body ?? Buffer.from("{}"));
    described.forEach((user) => users.set(user.id, user));
  }
  let includes: Includes = { ...page.includes, users };
  for (const lookup of context?.lookups ?? []) {
    const blob = await store.read(lookup);
    includes = blob ? mergeIncludes(includes, parseContext(blob.body)) : includes;
  }
  for (const [id, own] of Object.entries(context?.posts ?? {})) {
    const stored = await readStoredPage(store, POSTS, own);
    const post = stored?.page.posts.find((one) => one.id === id);
    includes =
      stored && post
        ? mergeIncludes(mergeIncludes(includes, stored.page.includes), {
            ...includes,
            posts: new Map([[id, post]]),
          })
        : includes;
  }
  return includes;
}

const answerSchema = z.looseObject({ data: z.array(z.unknown()).optional() });

function parseUsers(body: Uint8Array): User[] {
  const sent = answerSchema.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  return readObjects(wireUser, sent.data ?? [], ["name", "username"]);
}

function chunksOf(ids: string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / MOST_IDS) }, (_, index) =>
    ids.slice(index * MOST_IDS, (index + 1) * MOST_IDS),
  );
}
