import type { TruePost } from "../contracts.ts";
import type { AcceptedItem } from "../portal/results.ts";

/** What an accepted item says wrongly of its post: facts that its mail does not carry. */
export function checkItem(post: TruePost, item: AcceptedItem): string[] {
  const parent = post.references.find(({ type }) => type === "replied_to")?.id;
  const facts: [string, string | undefined, string | undefined][] = [
    ["SentTimeUtc", toSecond(item.sentTimeUtc), toSecond(post.createdAt)],
    ["ThreadId", item.threadId ?? undefined, post.conversationId],
    // Null and the empty string both say that the post answers none.
    ["ParentId", item.parentId || undefined, parent],
    ["Sender.Id", item.senderId, post.author.id],
    ["ContainerId", item.containerId, post.author.id],
  ];
  const absent = post.mentions.filter(
    ({ id }) => id !== post.author.id && !item.recipientIds.includes(id),
  );
  return [
    ...facts
      .filter(([, actual, expected]) => actual !== expected)
      .map(([name, actual, expected]) => `${name} is ${actual}, must be ${expected}`),
    ...(item.sentTimeUtc.endsWith("Z") ? [] : [`SentTimeUtc ${item.sentTimeUtc} has no Z`]),
    ...absent.map(({ username }) => `the mentioned @${username} is not among the Recipients`),
  ];
}

/**
 * Problems where two kinds of post share an ItemType: it must tell posts, replies, reposts and
 * quotes apart (ancestor-defects.md D27). Posts that are two kinds at once prove nothing.
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
