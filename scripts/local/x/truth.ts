import { createHash } from "node:crypto";
import type { TrueMedia, TruePost, TrueReference } from "../contracts.ts";
import { charactersOf } from "./compose.ts";
import type { MediaFiles } from "./media-files.ts";
import { bestFileOf, describeMedia, mediaKeysOf } from "./media-objects.ts";
import { profileChange } from "./script-event.ts";
import {
  isProtectedFrom,
  type Entities,
  type Poll,
  type Post,
  type Timeline,
  type User,
} from "./timeline.ts";
import { findUserByName } from "./view.ts";

/** Posts as a reader on X sees them: the account's own, or others; the clock plays no part. */
export function tellTruth(
  timeline: Timeline,
  files: MediaFiles,
  posts: readonly Post[] = timeline.posts,
): TruePost[] {
  const told = new Map<string, TruePost | undefined>();

  /** Posts are told once and shared: a long thread refers to its own beginning again and again. */
  function tell(post: Post): TruePost | undefined {
    if (!told.has(post.id)) {
      // What is being told cannot be told inside itself: a circle of references ends here.
      told.set(post.id, undefined);
      told.set(post.id, {
        ...tellAlone(timeline, files, post),
        references: tellReferences(post),
        earlier: tellEarlier(post),
      });
    }
    return told.get(post.id);
  }

  function tellReferences(post: Post): TrueReference[] {
    return (post.referenced_tweets ?? []).map(({ type, id }) => {
      const target = shownPost(timeline, id);
      const truth = target === undefined ? undefined : tell(target);
      return truth === undefined ? { type, id } : { type, id, post: truth };
    });
  }

  function tellEarlier(post: Post): TruePost[] {
    return (post.edit_history_tweet_ids ?? [])
      .filter((id) => BigInt(id) < BigInt(post.id))
      .flatMap((id) => shownPost(timeline, id) ?? [])
      .flatMap((version) => tell(version) ?? []);
  }

  return posts.flatMap((post) => tell(post) ?? []);
}

/** The text of a post as it is read: HTML entities decoded, once. */
export function decodeHtml(text: string): string {
  const characters: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
  return text.replaceAll(/&(?:amp|lt|gt);/g, (entity) => characters[entity] ?? entity);
}

function tellAlone(timeline: Timeline, files: MediaFiles, post: Post): TruePost {
  const author = timeline.users.get(post.author_id) ?? timeline.account;
  const entities = entitiesOf(post);
  return {
    id: post.id,
    createdAt: new Date(post.created_at).toISOString(),
    author: {
      id: author.id,
      name: author.name,
      username: author.username,
      handles: handlesSince(timeline, author, post.created_at),
    },
    text: decodeHtml(completeText(timeline, post)),
    expandedText: expandLinks(originalOf(timeline, post) ?? post),
    conversationId: post.conversation_id ?? post.id,
    links: linksIn(entities),
    mentions: mentionsIn(timeline, post),
    answersUser: post.in_reply_to_user_id,
    media: mediaKeysOf(post).map((key) => tellMedium(timeline, files, key)),
    pollAnswers: (post.attachments?.poll_ids ?? []).flatMap((id) =>
      answersOf(timeline.polls.get(id)),
    ),
    references: [],
    versions: post.edit_history_tweet_ids ?? [post.id],
    earlier: [],
    facts: factsOf(post),
    oddMembers: Object.keys(post.sent_oddly ?? {}),
  };
}

/** Who looks at a post later is told the handle of that day. */
function handlesSince(timeline: Timeline, { id, username }: User, since: string): string[] {
  return timeline.script.reduce(
    (handles, event) => {
      const { user = timeline.account.id, set } = profileChange(event) ?? {};
      const next = user === id ? set?.["username"] : undefined;
      const before = Date.parse(event.at) <= Date.parse(since) ? [] : handles;
      return typeof next === "string" ? [...before, next] : handles;
    },
    [username],
  );
}

function answersOf(poll: Poll | undefined): string[] {
  return (poll?.options ?? []).flatMap(({ label }) =>
    label === undefined ? [] : decodeHtml(label),
  );
}

/** What a reader sees of an article, which X does not escape. */
function factsOf({ article }: Post): string[] {
  const code = article?.entities?.code?.map((block) => block.code) ?? [];
  return [article?.title, article?.plain_text, ...code].filter((fact) => fact !== undefined);
}

/** A repost's own text is cut at 140 characters, a long post's is short (docs/x-api.md#texts). */
function completeText(timeline: Timeline, post: Post): string {
  const source = originalOf(timeline, post) ?? post;
  return noteOf(source)?.text ?? source.text;
}

/** The long form of a post's text; an empty one says nothing. */
function noteOf({ note_tweet: note }: Post): Post["note_tweet"] {
  return note?.text === "" ? undefined : note;
}

function expandLinks(post: Post): string {
  return expandText(noteOf(post)?.text ?? post.text, entitiesOf(post)?.urls ?? []);
}

/** Each link where X marks it; the places of the marks count the text as X sends it. */
export function expandText(
  text: string,
  urls: NonNullable<Entities["urls"]>,
  read: (words: string) => string = decodeHtml,
): string {
  const characters = charactersOf(text);
  const links = new Map(
    urls.flatMap(({ url, expanded_url: expanded = url, start, end }) =>
      characters.slice(Number(start), Number(end)).join("") === url
        ? [[Number(start), { expanded, end: Number(end) }] as const]
        : [],
    ),
  );
  let whole = "";
  let plain = "";
  for (let place = 0; place < characters.length;) {
    const link = links.get(place);
    if (link === undefined) {
      plain += characters[place];
      place += 1;
    } else {
      whole += read(plain) + link.expanded;
      plain = "";
      place = link.end;
    }
  }
  return whole + read(plain);
}

function originalOf(timeline: Timeline, post: Post): Post | undefined {
  const repost = post.referenced_tweets?.find((reference) => reference.type === "retweeted");
  return repost === undefined ? undefined : shownPost(timeline, repost.id);
}

function entitiesOf(post: Post): Entities | undefined {
  const note = noteOf(post);
  return note === undefined ? post.entities : note.entities;
}

function shownPost(timeline: Timeline, id: string): Post | undefined {
  const post = timeline.everyPost.get(id);
  return post === undefined || isProtectedFrom(timeline, post, timeline.account.id)
    ? undefined
    : post;
}

/** Each short link once: X repeats a link for every picture that it stands for. */
function linksIn(entities: Entities | undefined): TruePost["links"] {
  const links = new Map(
    entities?.urls?.map(({ url, expanded_url: expanded }) => [url, expanded ?? url]),
  );
  return Array.from(links, ([short, expanded]) => ({ short, expanded }));
}

function mentionsIn(timeline: Timeline, post: Post): TruePost["mentions"] {
  const original = originalOf(timeline, post);
  const author = original && timeline.users.get(original.author_id);
  const shown = original ?? post;
  const inArticle = shown.article?.entities?.mentions ?? [];
  const named = [...(entitiesOf(shown)?.mentions ?? []), ...inArticle];
  const mentions = [...(author ? [author] : []), ...named].flatMap(({ id, username }) => {
    const userId = id ?? findUserByName(timeline, username)?.id;
    return userId === undefined ? [] : [{ id: userId, username }];
  });
  return [...new Map(mentions.map((mention) => [mention.id, mention])).values()];
}

function tellMedium(timeline: Timeline, files: MediaFiles, mediaKey: string): TrueMedia {
  const media = describeMedia(timeline, mediaKey);
  const best = bestFileOf(media);
  const file = best === undefined ? undefined : files.at(new URL(best.url));
  return {
    mediaKey,
    type: media.type,
    contentType: file?.contentType ?? best?.contentType ?? "application/octet-stream",
    bytes: file?.body.length ?? 0,
    sha256: file === undefined ? "" : createHash("sha256").update(file.body).digest("hex"),
    ...(media.alt_text !== undefined && { altText: media.alt_text }),
    available: file !== undefined,
    isPreview: best?.isPreview ?? false,
  };
}
