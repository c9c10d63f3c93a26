import type { Item, ItemType, Person } from "../import-service/item.ts";
import type { MediaOutcome } from "./media-outcome.ts";
import { contextOf, type Includes, isRepost, type User } from "../twitter/page.ts";
import type { Post } from "../twitter/post.ts";
import { isolate, toLine, toWellFormed } from "./characters.ts";
import { previewOf } from "./preview.ts";
import {
  markIfLikeRule,
  nameOf,
  type Provenance,
  RECORD_RULE,
  recordLines,
  shownOf,
  WITHHELD_NOTICE,
} from "./record.ts";
import { mentionsOf, wordsOf } from "./text.ts";

/** What an item says beside its record. */
export type ItemContext = {
  /** The account that is archived. */
  account: { id: string; name: string };
  /** Media of the record and of the posts it refers to, by the id of the post that shows them. */
  media: ReadonlyMap<string, MediaOutcome[]>;
  provenance: Provenance;
};

export type ItemParts = ItemContext & {
  post: Post;
  includes: Includes;
  /** When X handed the post out, ISO 8601. */
  receivedAt: string;
};

/** How posts become items. `format` is raised whenever the same post would give other bytes. */
export type ItemMapping = { format: number; toItem: (parts: ItemParts) => Item };
export const ITEM_MAPPING: ItemMapping = { format: 1, toItem: postToItem };

/** A post as the item that the platform turns into an e-mail. Pure: same parts, same item. */
export function postToItem(parts: ItemParts): Item {
  return toItem(parts, parts.post, isRepost(parts.post) ? 2 : 1, parts.provenance);
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

/** `provenance` is of the item's own post alone: its context came along. */
function toItem(parts: ItemParts, post: Post, levels: number, provenance?: Provenance): Item {
  const { includes, account, media, receivedAt } = parts;
  const shown = shownOf(post, includes);
  const outcomes = media.get(post.id) ?? [];
  const attachments = outcomes.flatMap(({ attachment }) => attachment ?? []);
  const context = levels > 0 ? contextOf(post, includes) : [];
  const repostOf = shown === post ? "" : repostIntro(shown, includes);
  const words = linesOf(`${repostOf}${wordsOf(shown)}`).join("\n");
  const isWithheld = [post, shown].some(({ withheld }) => withheld);
  const text = isWithheld ? `${WITHHELD_NOTICE}\n\n${words}` : words;
  const lines = recordLines({ post, shown, includes, outcomes, receivedAt, provenance });
  const record = [RECORD_RULE, ...lines].join("\n");
  const isEdited = post.versions.length > 1;
  const intro = `${isEdited ? "(edited) " : ""}${isWithheld ? "[withheld] " : ""}${repostOf}`;
  return toReadable({
    SchemaVersion: "1.0",
    Id: post.id,
    SourceType: "Twitter",
    ItemType: itemTypeOf(post),
    ContainerId: account.id,
    ContainerName: toLine(account.name),
    ThreadId: post.conversationId,
    ParentId: post.references.find(({ type }) => type === "replied_to")?.id ?? null,
    Sender: toPerson(includes.users.get(post.authorId), { id: post.authorId }),
    Recipients: recipientsOf(post, shown, includes),
    SentTimeUtc: post.createdAt,
    ContentType: 1,
    Content: `${text}\n\n${record}\n`,
    MessagePreviewText: previewOf(intro, shown, includes),
    PreContext: context.length > 0 ? context.map((one) => toItem(parts, one, levels - 1)) : null,
    PostContext: null,
    NumOfLikes: post.likes,
    ContentAttachments: attachments.length > 0 ? attachments : null,
  });
}

/** The same item with nothing in its strings that is no text; it says what was replaced. */
export function toReadable(item: Item): Item {
  const replaced = new Set<string>();
  const clean = (text: string) => toWellFormed(text, replaced);
  const cleanPerson = ({ Id, Name, UserProfilePhotoUrl: picture, ...person }: Person): Person => ({
    Id: clean(Id),
    UserProfilePhotoUrl: picture === null ? null : clean(picture),
    Name: clean(Name),
    ...person,
  });
  const cleaned: Item = {
    ...item,
    ContainerName: clean(item.ContainerName),
    Sender: cleanPerson(item.Sender),
    Recipients: item.Recipients.map(cleanPerson),
    Content: clean(item.Content),
    MessagePreviewText: clean(item.MessagePreviewText),
    ContentAttachments:
      item.ContentAttachments?.map((file) => ({
        ...file,
        Uri: clean(file.Uri),
        AttachmentFileName: clean(file.AttachmentFileName),
      })) ?? null,
  };
  const said =
    `Replaced: what is no text (${[...replaced].join(", ")}) by U+FFFD; ` +
    "what X sent is kept in the archive as it came";
  return replaced.size === 0 ? item : { ...cleaned, Content: `${cleaned.Content}${said}\n` };
}

/** What X writes before a repost's words. */
function repostIntro({ authorId }: Post, { users }: Includes): string {
  const handle = users.get(authorId)?.username;
  return `RT ${handle === undefined ? "" : `@${handle}: `}`;
}

/** The author's words, line by line, so that none reaches beyond itself or looks like the record. */
function linesOf(words: string): string[] {
  return words.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => isolate(markIfLikeRule(line)));
}

type Known = { id: string; username?: string | undefined };

/** Whom the post answers, whom it reposts, and whom its text names, each once. */
function recipientsOf(post: Post, shown: Post, { users }: Includes): Person[] {
  const byHandle = new Map([...users.values()].map((user) => [user.username?.toLowerCase(), user]));
  const mentioned = mentionsOf(shown).map(({ id, username }) => {
    const user =
      (id === undefined ? undefined : users.get(id)) ?? byHandle.get(username.toLowerCase());
    return toPerson(user, { id: id ?? user?.id ?? `@${username}`, username });
  });
  const addressed = [post.inReplyToUserId, shown === post ? undefined : shown.authorId]
    .filter((id) => id !== undefined)
    .map((id) => toPerson(users.get(id), { id }));
  const all = [...addressed, ...mentioned];
  return [...new Map(all.toReversed().map((person) => [person.Id, person])).values()].toReversed();
}

function toPerson(user: User | undefined, known: Known): Person {
  const picture = user?.profile_image_url;
  return {
    Id: toLine(known.id),
    UserProfilePhotoUrl: picture === undefined ? null : toLine(picture),
    Name: toLine(nameOf({ ...known, ...user })),
    EmailAddress: null,
    MobileNumber: null,
  };
}
