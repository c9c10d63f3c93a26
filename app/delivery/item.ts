import {
  contextOf,
  type Includes,
  isRepost,
  type Place,
  type Poll,
  type Post,
  type User,
} from "../twitter/page.ts";
import { permalink, readableText } from "./text.ts";

/** The platform's item (portal-contract.md): every member present, null where there is nothing. */
export type Item = {
  SchemaVersion: "1.0";
  Id: string;
  SourceType: "Twitter";
  ItemType: ItemType;
  ContainerId: string;
  ContainerName: string;
  ThreadId: string;
  ParentId: string | null;
  Sender: Person;
  Recipients: Person[];
  SentTimeUtc: string;
  /** 1 is Text. */
  ContentType: 1;
  Content: string;
  MessagePreviewText: string;
  PreContext: Item[] | null;
  PostContext: null;
  NumOfLikes: number;
  ContentAttachments: Attachment[] | null;
};

export type ItemType = "Post" | "Reply" | "Quote" | "Repost";

export type Person = {
  Id: string;
  UserProfilePhotoUrl: string | null;
  Name: string;
  EmailAddress: null;
  MobileNumber: null;
};

export type Attachment = {
  /** base64 */
  Content: string;
  Uri: string;
  /** Media type, `image/jpeg`. */
  AttachmentType: string;
  AttachmentFileName: string;
};

/** A medium of a post: attached to its item, or not, for a reason that the item states. */
export type MediaOutcome = {
  mediaKey: string;
  type: string;
  altText?: string;
  attachment?: Attachment;
  leftOut?: string;
  /** Why the attachment is a lesser file than the best that X names. */
  notBest?: string;
};

export type ItemParts = {
  post: Post;
  includes: Includes;
  /** The account that is archived. */
  account: { id: string; name: string };
  /** Media of the post and of the posts it refers to, by the id of the post that shows them. */
  media: ReadonlyMap<string, MediaOutcome[]>;
  /** When X handed the post out, ISO 8601. */
  receivedAt: string;
};

/** How posts become items. `format` is raised whenever the same post would give other bytes. */
export type ItemMapping = { format: number; toItem: (parts: ItemParts) => Item };
export const ITEM_MAPPING: ItemMapping = { format: 1, toItem: postToItem };

/** A post as the item that the platform turns into an e-mail. Pure: same parts, same item. */
export function postToItem(parts: ItemParts): Item {
  return toItem(parts, parts.post, isRepost(parts.post) ? 2 : 1);
}

/** The post and, as X shows it, what it refers to: for a repost also what the original refers to. */
export function shownPosts(post: Post, includes: Includes): Post[] {
  const context = contextOf(post, includes);
  const beyond = isRepost(post) ? context.flatMap((shown) => contextOf(shown, includes)) : [];
  return [post, ...context, ...beyond];
}

export function itemTypeOf({ references }: Post): ItemType {
  const types = new Set(references.map(({ type }) => type));
  if (types.has("retweeted")) {
    return "Repost";
  }
  if (types.has("replied_to")) {
    return "Reply";
  }
  return types.has("quoted") ? "Quote" : "Post";
}

function toItem(parts: ItemParts, post: Post, levels: number): Item {
  const { includes, account, media, receivedAt } = parts;
  const text = [fullText(post, includes), articleText(post)].filter(Boolean).join("\n\n");
  const outcomes = media.get(post.id) ?? [];
  const attachments = outcomes.flatMap(({ attachment }) => attachment ?? []);
  const context = levels > 0 ? contextOf(post, includes) : [];
  return {
    SchemaVersion: "1.0",
    Id: post.id,
    SourceType: "Twitter",
    ItemType: itemTypeOf(post),
    ContainerId: account.id,
    ContainerName: account.name,
    ThreadId: post.conversationId,
    ParentId: post.references.find(({ type }) => type === "replied_to")?.id ?? null,
    Sender: toPerson(includes.users.get(post.authorId), { id: post.authorId }),
    Recipients: recipientsOf(post, includes),
    SentTimeUtc: post.createdAt,
    ContentType: 1,
    Content: `${text}\n\n${recordLines({ post, includes, outcomes, receivedAt }).join("\n")}\n`,
    MessagePreviewText: text,
    PreContext:
      context.length > 0 ? context.map((shown) => toItem(parts, shown, levels - 1)) : null,
    PostContext: null,
    NumOfLikes: post.likes,
    ContentAttachments: attachments.length > 0 ? attachments : null,
  };
}

/**
 * The complete text, as a reader on X sees it, with links that lead somewhere. The text of a repost
 * is cut by X: the original's stands for it (x-api.md section 2).
 */
function fullText(post: Post, { posts, users }: Includes): string {
  const originalId = post.references.find(({ type }) => type === "retweeted")?.id;
  const original = originalId === undefined ? undefined : posts.get(originalId);
  if (!original) {
    return readableText(post);
  }
  const handle = users.get(original.authorId)?.username;
  return `RT ${handle ? `@${handle}: ` : ""}${readableText(original)}`;
}

/** Code stands apart in X's answer, and where in the body it belongs is not said. */
function articleText({ article }: Post): string {
  const code = (article?.code ?? []).map(({ text }) => text);
  return [article?.title, article?.text ?? article?.preview, ...code].filter(Boolean).join("\n\n");
}

/** What the e-mail could not show otherwise: who, where, which links, which media, since when. */
function recordLines({
  post,
  includes,
  outcomes,
  receivedAt,
}: Pick<ItemParts, "post" | "includes" | "receivedAt"> & { outcomes: MediaOutcome[] }): string[] {
  const author = includes.users.get(post.authorId);
  const lines = [
    `Account: ${author ? nameOf(author) : post.authorId}`,
    `Permalink: ${permalink(post.id, author?.username)}`,
    `Posted: ${post.createdAt}`,
    ...post.references.map((reference) => referenceLine(reference, includes)),
    // X repeats a link for each picture that it stands for.
    ...new Set(post.links.map(({ short, expanded }) => `Link: ${short} is ${expanded}`)),
    ...post.pollIds.map((id) => pollLine(includes.polls.get(id))),
    ...(post.placeId === undefined
      ? []
      : [placeLine(post.placeId, includes.places.get(post.placeId))]),
    ...versionsLine(post),
    ...unreadLine(post),
    ...outcomes.map(mediaLine),
    ...aboutLine(post),
    `Captured: ${receivedAt}, ${figures(post)}`,
  ];
  // What others wrote (a description, an answer of a poll) must not look like a line of the record.
  return lines.map((line) => line.replaceAll(/\s+/g, " "));
}

const REFERENCE_WORDS = new Map([
  ["retweeted", "Reposts"],
  ["quoted", "Quotes"],
  ["replied_to", "Replies to"],
]);

function referenceLine(
  { type, id }: { type: string; id: string },
  { posts, users, missing }: Includes,
): string {
  const word = REFERENCE_WORDS.get(type) ?? type;
  const referred = posts.get(id);
  const handle = referred && users.get(referred.authorId)?.username;
  const reason = referred ? undefined : missing.get(id);
  const kept = reason === undefined ? "" : `, which X did not hand out (${reason})`;
  return `${word}: ${permalink(id, handle)}${kept}`;
}

function pollLine(poll: Poll | undefined): string {
  if (!poll) {
    return "Poll: X did not describe it";
  }
  const options = (poll.options ?? [])
    .map(({ label = "?", votes = 0 }) => `${label} (${votes})`)
    .join("; ");
  return `Poll (${poll.voting_status ?? "state unknown"}): ${options}`;
}

function placeLine(id: string, place: Place | undefined): string {
  return `Place: ${[place?.full_name, place?.country].filter(Boolean).join(", ") || id}`;
}

function aboutLine({ language, source }: Post): string[] {
  const about = [language && `language ${language}`, source && `posted with ${source}`];
  const words = about.filter(Boolean).join(", ");
  return words ? [`X says: ${words}`] : [];
}

/** Figures change: they belong to the moment in which they were read. */
function figures({ likes, replies, reposts, quotes }: Post): string {
  const all = Object.entries({ likes, replies, reposts, quotes });
  return all.flatMap(([name, count]) => (count === undefined ? [] : `${count} ${name}`)).join(", ");
}

function versionsLine({ id, versions }: Post): string[] {
  const others = versions.filter((version) => version !== id);
  return others.length === 0 ? [] : [`Edited: other versions are posts ${others.join(", ")}`];
}

function unreadLine({ unread }: Post): string[] {
  return unread
    ? [`Not readable: ${unread.join(", ")}; what X sent is kept in the archive as it came`]
    : [];
}

function mediaLine(outcome: MediaOutcome): string {
  const { mediaKey, type, altText, attachment, leftOut, notBest } = outcome;
  const lesser = notBest === undefined ? "" : `, not in its best quality (${notBest})`;
  const what = attachment
    ? `Attached: ${attachment.AttachmentFileName}, ${type}${lesser}`
    : `Not attached: ${type} ${mediaKey}: ${leftOut ?? "unknown reason"}`;
  return altText ? `${what}, described as: ${altText}` : what;
}

function recipientsOf(post: Post, { users }: Includes): Person[] {
  const byHandle = new Map([...users.values()].map((user) => [user.username?.toLowerCase(), user]));
  const mentioned = post.mentions.map(({ id, username }) => {
    const user =
      (id === undefined ? undefined : users.get(id)) ?? byHandle.get(username.toLowerCase());
    return toPerson(user, { id: id ?? user?.id ?? `@${username}`, username });
  });
  const repliedTo = post.inReplyToUserId;
  const all =
    repliedTo === undefined
      ? mentioned
      : [toPerson(users.get(repliedTo), { id: repliedTo }), ...mentioned];
  return [...new Map(all.toReversed().map((person) => [person.Id, person])).values()].toReversed();
}

function toPerson(user: User | undefined, known: { id: string; username?: string }): Person {
  return {
    Id: known.id,
    UserProfilePhotoUrl: user?.profile_image_url ?? null,
    Name: nameOf({ ...known, ...user }),
    EmailAddress: null,
    MobileNumber: null,
  };
}

function nameOf({ id, name, username }: Pick<User, "id" | "name" | "username">): string {
  const handle = username === undefined ? undefined : `@${username}`;
  return name === undefined ? (handle ?? id) : handle === undefined ? name : `${name} (${handle})`;
}
