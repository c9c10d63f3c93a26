import type { TrueFinding } from "../contracts.ts";
import type { AcceptedItem } from "../portal/results.ts";
import type { Problem } from "./problem.ts";
import { normalise } from "./expected.ts";
import type { ParsedMail } from "./read-mailbox.ts";

const KINDS: ReadonlySet<string> = new Set(["Deletion", "Reappearance", "PollResult"]);

export function isFinding({ itemType }: ParsedMail): boolean {
  return KINDS.has(itemType);
}

/** What became of posts is in the mailbox, each finding once, and nothing that X did not show. */
export function checkFindings(
  expected: readonly TrueFinding[],
  mailbox: readonly ParsedMail[],
  items: readonly AcceptedItem[],
): Problem[] {
  const mails = Map.groupBy(mailbox.filter(isFinding), ({ postId }) => postId);
  const named = nameAll(expected);
  const unknown = [...mails].filter(([id]) => !named.has(id));
  return [
    ...[...named].flatMap(([id, finding]) => checkFinding(id, finding, { mails, items })),
    ...unknown.map(([postId, [mail]]) => ({
      postId,
      what: `invented: ${mail?.itemType} of ${mail?.file} tells what X did not show`,
    })),
  ];
}

/** A post may come back again and again, so that these are numbered. */
function nameAll(expected: readonly TrueFinding[]): Map<string, TrueFinding> {
  const times = new Map<string, number>();
  return new Map(
    expected.map((finding) => {
      const { kind, post } = finding;
      const n = (times.get(`${kind} ${post.id}`) ?? 0) + 1;
      times.set(`${kind} ${post.id}`, n);
      const ids = {
        Deletion: `gone-${post.id}`,
        Reappearance: `back-${post.id}-${n}`,
        PollResult: `poll-${post.id}`,
      };
      return [ids[kind], finding];
    }),
  );
}

type Found = {
  mails: ReadonlyMap<string, ParsedMail[]>;
  items: readonly AcceptedItem[];
};

function checkFinding(postId: string, finding: TrueFinding, { mails, items }: Found): Problem[] {
  const [mail, ...more] = mails.get(postId) ?? [];
  if (mail === undefined) {
    const { kind, post, since } = finding;
    return [{ postId, what: `the ${kind} of post ${post.id} since ${since} is in no mail` }];
  }
  const item = items.find((one) => one.postId === postId);
  const problems = [
    ...(more.length > 0 ? [`is in the mailbox ${more.length + 1} times`] : []),
    ...(mail.itemType === finding.kind ? [] : [`ItemType is ${mail.itemType}`]),
    ...checkWords(finding, mail),
    ...(item ? checkFacts(finding, item) : []),
  ];
  return problems.map((what) => ({ postId, what }));
}

/** The post as it was, and what X shows of it now; never who did it, as X does not say that. */
function checkWords(
  { kind, post, votes }: TrueFinding,
  { text, attachments }: ParsedMail,
): string[] {
  const has = normalise(text);
  const said = normalise(text.split(CONTEXT, 1)[0] ?? "");
  const counts = votes.filter(
    ({ label, votes: count }) => !isCounted(said, normalise(label), count),
  );
  const isWhole = [post.text, post.expandedText].some((words) => has.includes(normalise(words)));
  return [
    ...(isWhole ? [] : ["the text of the post as it was is not complete"]),
    ...(has.includes(`/status/${post.id}`) ? [] : ["the post's permalink is missing"]),
    ...(/\b(?:deleted|removed|withdrawn) by\b/i.test(said) ? ["it says who did it"] : []),
    ...(kind === "Deletion" && !/no longer shows/i.test(said)
      ? ["it does not say that X no longer shows the post"]
      : []),
    ...(kind === "Deletion" && timesIn(said).size < TIMES_OF_A_DELETION
      ? ["it does not name the times at which the post was seen, missed, and asked for twice"]
      : []),
    ...counts.map(({ label, votes: count }) => `that "${label}" has ${count} votes is missing`),
    ...(attachments.length > 0 ? ["it has attachments, which the post's own mail has"] : []),
  ];
}

/** The line in a mail above what an item carries as context. */
const CONTEXT = `\n${"-".repeat(60)}\n`;

/** Last seen, missing from the timeline, and not found by its id, twice. */
const TIMES_OF_A_DELETION = 4;

function timesIn(text: string): Set<string> {
  return new Set(text.match(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/g));
}

function isCounted(text: string, label: string, count: number): boolean {
  const numbers = [String(count), count.toLocaleString("en-US")];
  return text
    .split(label)
    .slice(1)
    .some((after) =>
      numbers.some((number) => new RegExp(`^\\D{0,20}${number}(?!\\d)`).test(after)),
    );
}

function checkFacts({ kind, post, since }: TrueFinding, item: AcceptedItem): string[] {
  const facts: [string, string | null, string][] = [
    ["ContainerId", item.containerId, post.author.id],
    ["Sender.Id", item.senderId, post.author.id],
    ["ThreadId", item.threadId, post.conversationId],
    ["ParentId", item.parentId, post.id],
    ["its context", item.contextIds.join(), post.id],
    ["its Recipients", item.recipientIds.join(), ""],
  ];
  const isAtEnd = Date.parse(item.sentTimeUtc) === Math.floor(Date.parse(since) / 1000) * 1000;
  return [
    ...facts
      .filter(([, actual, expected]) => actual !== expected)
      .map(([name, actual, expected]) => `${name} is ${actual}, must be ${expected}`),
    ...(kind !== "PollResult" || isAtEnd
      ? []
      : [`SentTimeUtc is ${item.sentTimeUtc}, the poll ended at ${since}`]),
  ];
}
