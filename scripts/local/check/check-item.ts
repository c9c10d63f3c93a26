import { RECORD_RULE, type TruePost } from "../contracts.ts";
import type { AcceptedItem } from "../portal/results.ts";
import type { ParsedMail } from "./read-mailbox.ts";

/** What an accepted item says wrongly of its post: facts that its mail does not carry. */
export function checkItem(post: TruePost, item: AcceptedItem, accountId: string): string[] {
  const parent = post.references.find(({ type }) => type === "replied_to")?.id;
  const facts: [string, string | undefined, string | undefined][] = [
    ["SentTimeUtc", toSecond(item.sentTimeUtc), toSecond(post.createdAt)],
    ["ThreadId", item.threadId ?? undefined, post.conversationId],
    // Null and the empty string both say that the post answers none.
    ["ParentId", item.parentId || undefined, parent],
    ["Sender.Id", item.senderId, post.author.id],
    ["ContainerId", item.containerId, accountId],
  ];
  const absent = post.mentions.filter(
    ({ id }) => id !== post.author.id && !item.recipientIds.includes(id),
  );
  return [
    ...facts
      .filter(([, actual, expected]) => actual !== expected)
      .map(([name, actual, expected]) => `${name} is ${actual}, must be ${expected}`),
    ...(item.sentTimeUtc.endsWith("Z") ? [] : [`SentTimeUtc ${item.sentTimeUtc} has no Z`]),
    ...strangersIn(post, item).map((id) => `the recipient ${id} is nobody whom the post names`),
    ...absent.map(({ username }) => `the mentioned @${username} is not among the Recipients`),
  ];
}

/** Recipients whom the complete text does not name; those of whom X gives no id cannot be told. */
function strangersIn(post: TruePost, { recipientIds }: AcceptedItem): string[] {
  const known = new Set([...post.mentions.map(({ id }) => id), post.answersUser]);
  return recipientIds.filter((id) => /^\d+$/.test(id) && !known.has(id));
}

/** The record of each post stands once in its mail, after the post's own text, and is of that post. */
export function checkRecords({ postId, contextIds }: AcceptedItem, { text }: ParsedMail): string[] {
  const [, ...records] = text.replaceAll("\r\n", "\n").split(`\n${RECORD_RULE}\n`);
  const ids = [postId, ...contextIds];
  if (records.length !== ids.length) {
    return [`its text has ${records.length} records, and is of ${ids.length} posts`];
  }
  return records.flatMap((after, index) => {
    const [record = ""] = after.split("\n\n", 1);
    const isOwn = new RegExp(`^Permalink: https://x\\.com/\\w+/status/${ids[index]}$`, "m");
    return [
      ...(isOwn.test(record) ? [] : [`the record behind its text is not of post ${ids[index]}`]),
      ...(/\p{Bidi_Control}/u.test(record) ? ["its record has bidirectional controls"] : []),
    ];
  });
}

/**
 * Problems where two kinds of post share an ItemType: it must tell posts, replies, reposts and
 * quotes apart (docs/ancestor-defects.md D27). Posts that are two kinds at once prove nothing.
 */
export function checkItemTypes(
  posts: ReadonlyMap<string, TruePost>,
  items: readonly AcceptedItem[],
): { postId: string; what: string }[] {
  const kindOf = new Map<string, string>();
  return items.flatMap(({ postId, itemType }) => {
    const kind = nameKind(posts.get(postId));
    const first = kindOf.get(itemType) ?? kind;
    if (kind === undefined || first === undefined) {
      return [];
    }
    kindOf.set(itemType, first);
    const what = `ItemType ${itemType} is used for ${first} and for ${kind}`;
    return first === kind ? [] : [{ postId, what }];
  });
}

function nameKind(post: TruePost | undefined): string | undefined {
  const [first, second] = post?.references ?? [];
  return post === undefined || second !== undefined ? undefined : (first?.type ?? "a plain post");
}

function toSecond(time: string): string | undefined {
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? undefined : new Date(parsed).toISOString().slice(0, 19);
}
