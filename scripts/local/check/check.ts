import type { ShownProfile, TrueFinding, TruePost } from "../contracts.ts";
import type { AcceptedItem, Finding, TaskResult } from "../portal/results.ts";
import { checkItem, checkItemTypes, checkRecords } from "./check-item.ts";
import { checkMail } from "./check-mail.ts";
import { checkFindings, isFinding } from "./check-findings.ts";
import { checkProfiles, isProfile } from "./check-profiles.ts";
import type { ParsedMail } from "./read-mailbox.ts";
import type { CapturedPages } from "./read-pages.ts";
import type { Problem } from "./problem.ts";

/** An interval that the connector reports as not obtainable: start <= time < end. */
export type Gap = { start: string; end: string; reason: string };

export type Evidence = {
  accountId: string;
  /** Every post of the account, as a reader on X sees it. */
  truth: readonly TruePost[];
  gaps: readonly Gap[];
  mailbox: readonly ParsedMail[];
  results: readonly TaskResult[];
  /** The Import service's own, refused calls among them. */
  findings: readonly Finding[];
  pages: CapturedPages;
  /** Posts of others that name the account; absent: the connector is not told to archive them. */
  mentions?: readonly TruePost[] | undefined;
  /** What became of posts, as far as a mail of it is due; absent: the connector does not look again. */
  watched?: readonly TrueFinding[] | undefined;
  /** What X has told the account of itself since the job began; absent: X is not ours to ask. */
  profiles?: readonly ShownProfile[] | undefined;
};

/** Each number counts true posts, but for `duplicates`, which counts what came too often. */
export type Verdict = {
  posts: number;
  captured: number;
  delivered: number;
  accepted: number;
  mailbox: number;
  duplicates: number;
  /** Empty: each post is in the mailbox once and complete, or lies in a reported gap. */
  problems: Problem[];
};

/** Holds what X has against what the mailbox has; knows nothing of how it got there. */
export function check(evidence: Evidence): Verdict {
  const { truth, mailbox, results, findings, pages, mentions = [], profiles, watched } = evidence;
  const posts = new Map(truth.map((post) => [post.id, post]));
  const everyPost = new Map([...mentions, ...truth].map((post) => [post.id, post]));
  const mails = Map.groupBy(mailbox, ({ postId }) => postId);
  const items = results.flatMap(({ accepted }) => accepted);
  const count = (ids: Iterable<string>) => new Set(ids).intersection(posts).size;
  const extra = [...mails.values()].reduce((sum, { length }) => sum + length - 1, 0);
  return {
    posts: posts.size,
    captured: count(pages.postIds),
    delivered: count(results.flatMap(({ listed }) => listed)),
    accepted: count(items.map(({ postId }) => postId)),
    mailbox: count(mails.keys()),
    duplicates: extra + results.reduce((sum, { duplicates }) => sum + duplicates, 0),
    problems: [
      ...truth.flatMap((post) => checkPost(post, mails.get(post.id) ?? [], evidence)),
      ...truth.flatMap((post) => checkEarlier(post, mails, evidence)),
      ...mentions.flatMap((post) => checkMention(post, mails.get(post.id) ?? [], evidence)),
      ...(profiles ? checkProfiles(profiles, mailbox, items) : []),
      ...(watched ? checkFindings(watched, mailbox, items) : []),
      ...checkInvented(mails, everyPost, evidence),
      ...checkItems(items, everyPost, evidence),
      ...checkItemTypes(posts, items),
      ...checkResults(results),
      ...findings.map((finding) => toProblem(finding)),
      ...pages.problems.map((what) => ({ what })),
    ],
  };
}

function checkPost(
  post: TruePost,
  mails: readonly ParsedMail[],
  { gaps, pages }: Evidence,
): Problem[] {
  const postId = post.id;
  const [mail] = mails;
  if (mail === undefined) {
    return gaps.some((gap) => liesIn(post, gap))
      ? []
      : [{ postId, what: "is not in the mailbox, and lies in no reported gap" }];
  }
  const problems = [
    ...checkOnce(mails),
    ...(pages.postIds.has(postId) ? [] : ["is on no archived page"]),
    ...checkMail(post, mail),
  ];
  return problems.map((what) => ({ postId, what }));
}

/** Earlier versions are posts of their own, each with the window of its time, or a later one. */
function checkEarlier(
  post: TruePost,
  mails: ReadonlyMap<string, ParsedMail[]>,
  { results, gaps }: Evidence,
): Problem[] {
  const due = post.earlier.filter(
    (version) => mails.has(post.id) && results.some(({ window }) => liesIn(version, window)),
  );
  return due.flatMap((version) => {
    const found = mails.get(version.id) ?? [];
    const [mail] = found;
    const problems = [
      ...(mail ? checkMail(version, mail) : isTold(version, gaps) ? [] : ["is not in the mailbox"]),
      ...checkOnce(found),
    ];
    return problems.map((what) => ({
      postId: version.id,
      what: `${what}, an earlier version of ${post.id}`,
    }));
  });
}

/** A post of somebody else that names the account comes with the window of its time, or a later one. */
function checkMention(
  post: TruePost,
  mails: readonly ParsedMail[],
  { accountId, results, pages, gaps }: Evidence,
): Problem[] {
  const postId = post.id;
  const [mail] = mails;
  if (mail === undefined) {
    const isDue = results.some(({ window }) => liesIn(post, window));
    return isDue && !gaps.some((gap) => liesIn(post, gap))
      ? [{ postId, what: "names the account, is not in the mailbox, and lies in no reported gap" }]
      : [];
  }
  const type = post.answersUser === accountId ? "MentionReply" : "Mention";
  const problems = [
    ...checkOnce(mails),
    ...(pages.postIds.has(postId) ? [] : ["is on no archived page"]),
    ...checkMail(post, mail),
    ...(mail.itemType === type ? [] : [`ItemType is ${mail.itemType}, must be ${type}`]),
  ];
  return problems.map((what) => ({ postId, what }));
}

/** A version may be missing only by its own id: a gap of its time says nothing of it. */
function isTold(version: TruePost, gaps: readonly Gap[]): boolean {
  return gaps.some((gap) => liesIn(version, gap) && gap.reason.includes(version.id));
}

function checkOnce(mails: readonly ParsedMail[]): string[] {
  return mails.length > 1 ? [`is in the mailbox ${mails.length} times`] : [];
}

function liesIn({ createdAt }: TruePost, { start, end }: Omit<Gap, "reason">): boolean {
  const time = Date.parse(createdAt);
  return Date.parse(start) <= time && time < Date.parse(end);
}

/**
 * Mails of no true post. Earlier versions of an edited post have ids of their own; profiles are no posts,
 * nor are findings, where the connector looks for them.
 */
function checkInvented(
  mails: ReadonlyMap<string, ParsedMail[]>,
  posts: ReadonlyMap<string, TruePost>,
  { pages: { earlierVersions }, watched }: Evidence,
): Problem[] {
  const isHeldElsewhere = (mail: ParsedMail) => isProfile(mail) || (watched && isFinding(mail));
  return [...mails]
    .filter(([id]) => !posts.has(id) && !earlierVersions.has(id))
    .filter(([, list]) => !list.every(isHeldElsewhere))
    .map(([postId, [mail]]) => ({ postId, what: `invented: ${mail?.file} is of no true post` }));
}

function checkItems(
  items: readonly AcceptedItem[],
  posts: ReadonlyMap<string, TruePost>,
  { mailbox, accountId }: Evidence,
): Problem[] {
  const mails = new Map(mailbox.map((mail) => [mail.file, mail]));
  return items.flatMap((item) => {
    const post = posts.get(item.postId);
    const mail = mails.get(item.mail);
    const problems = [
      ...(post === undefined ? [] : checkItem(post, item, accountId)),
      ...(mail === undefined || isProfile(mail) || isFinding(mail) ? [] : checkRecords(item, mail)),
    ];
    return problems.map((what) => ({ postId: item.postId, what }));
  });
}

function checkResults(results: readonly TaskResult[]): Problem[] {
  return results
    .filter(({ status }) => status !== 0)
    .map(({ taskId, window, status }) => {
      const failure = status === 1 ? "TemporaryFailure" : "PermanentFailure";
      return { what: `task ${taskId} of ${window.start} to ${window.end} ended in ${failure}` };
    });
}

function toProblem({ postId, fileName, taskId, what }: Finding): Problem {
  const where = [taskId && `task ${taskId}`, fileName].filter(Boolean).join(", ");
  const said = where === "" ? what : `${what} (${where})`;
  return postId === undefined ? { what: said } : { postId, what: said };
}
