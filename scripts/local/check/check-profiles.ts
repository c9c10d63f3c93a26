import {
  RECORD_RULE,
  type ShownProfile,
  type TruePicture,
  type TrueProfile,
} from "../contracts.ts";
import type { AcceptedItem } from "../portal/results.ts";
import type { Problem } from "./problem.ts";
import { normalise } from "./expected.ts";
import type { ParsedMail } from "./read-mailbox.ts";

export function isProfile({ itemType }: ParsedMail): boolean {
  return itemType === "Profile";
}

/**
 * Each profile that X showed is in the mailbox once, in order, and nothing else is.
 * @param shown in order of time; each differs from the one before for a reader
 */
export function checkProfiles(
  shown: readonly ShownProfile[],
  mailbox: readonly ParsedMail[],
  items: readonly AcceptedItem[],
): Problem[] {
  const mails = mailbox.filter(isProfile).toSorted(byDate);
  if (mails.length !== shown.length) {
    const what = `X showed ${shown.length} profiles one after the other, and ${mails.length} are in the mailbox`;
    return [{ what }, ...findUnshown(shown, mails), ...findInvented(shown, mails)];
  }
  return mails.flatMap((mail, index) => {
    const version = shown[index];
    const problems = version === undefined ? [] : checkProfileMail(version.profile, mail);
    return [
      ...problems.map((what) => ({ postId: mail.postId, what })),
      ...checkProfileItem(mail, { version, before: mails[index - 1], items }),
    ];
  });
}

function findUnshown(shown: readonly ShownProfile[], mails: readonly ParsedMail[]): Problem[] {
  return shown
    .filter(({ profile }) => !mails.some((mail) => checkProfileMail(profile, mail).length === 0))
    .map(({ first }) => ({ what: `the profile that X showed at ${first} is in no mail` }));
}

function findInvented(shown: readonly ShownProfile[], mails: readonly ParsedMail[]): Problem[] {
  return mails
    .filter((mail) => !shown.some(({ profile }) => checkProfileMail(profile, mail).length === 0))
    .map(({ postId, file }) => ({
      postId,
      what: `invented: ${file} is of no profile that X showed`,
    }));
}

/** What a mail does not say of a profile as a reader on X sees it; empty when it says all. */
export function checkProfileMail(profile: TrueProfile, mail: ParsedMail): string[] {
  const { account, about, facts, isProtected, pictures } = profile;
  const has = normalise(mail.text);
  const wanted = [account.name, `@${account.username}`, ...facts];
  return [
    ...wanted
      .filter((words) => !has.includes(normalise(words)))
      .map((words) => `"${words}" is missing`),
    ...([about.text, about.expandedText].some((words) => has.includes(normalise(words)))
      ? []
      : ["its words about itself are not complete"]),
    ...(isProtected && !/protected: yes\b|is protected\b/i.test(has)
      ? ["it does not say that it is protected"]
      : []),
    ...checkRecord(mail),
    ...pictures.flatMap((picture) => checkPicture(picture, mail)),
    ...checkNothingElse(pictures, mail),
  ];
}

/** What the archive says stands once, apart from what the account says of itself. */
function checkRecord({ text }: ParsedMail): string[] {
  const { length } = text.replaceAll("\r\n", "\n").split(`\n${RECORD_RULE}\n`);
  return length === 2 ? [] : [`its text has ${length - 1} records, and is of one profile`];
}

function checkPicture({ of, url, sha256 }: TruePicture, { text, attachments }: ParsedMail) {
  if (sha256 === undefined) {
    const isTold = text.includes(url) || text.includes(url.replace(/_normal(?=\.\w+$)/, ""));
    return isTold ? [] : [`its ${of} cannot be had, and the mail does not say so`];
  }
  const isAttached = attachments.some((attachment) => attachment.sha256 === sha256);
  return isAttached ? [] : [`its ${of} is not attached as X serves it`];
}

function checkNothingElse(pictures: readonly TruePicture[], { attachments }: ParsedMail): string[] {
  const known = new Set(pictures.map(({ sha256 }) => sha256));
  return attachments
    .filter(({ sha256 }) => !known.has(sha256))
    .map(({ fileName }) => `${fileName} is none of its pictures`);
}

type Place = {
  version: ShownProfile | undefined;
  before: ParsedMail | undefined;
  items: readonly AcceptedItem[];
};

/** The record of a version: whose it is, when X told it, and which one was before. */
function checkProfileItem({ postId }: ParsedMail, { version, before, items }: Place): Problem[] {
  const item = items.find((one) => one.postId === postId);
  if (item === undefined || version === undefined) {
    return [];
  }
  const { id } = version.profile.account;
  const time = Date.parse(item.sentTimeUtc);
  const stamp = new Date(time).toISOString().replace(/\.\d+|[-:]/g, "");
  const facts: [string, string | null, string | null][] = [
    ["Id", item.postId, `profile-${id}-${stamp}`],
    ["ContainerId", item.containerId, id],
    ["Sender.Id", item.senderId, id],
    ["ThreadId", item.threadId, `profile-${id}`],
    ["ParentId", item.parentId || null, before?.postId ?? null],
  ];
  const isInTime =
    time >= Date.parse(version.first) - CLOCK_MS && time <= Date.parse(version.last) + CLOCK_MS;
  const problems = [
    ...facts
      .filter(([, actual, expected]) => actual !== expected)
      .map(([name, actual, expected]) => `${name} is ${actual}, must be ${expected}`),
    ...(isInTime ? [] : [`SentTimeUtc ${item.sentTimeUtc} is not when X showed it`]),
    ...(item.recipientIds.length > 0 ? ["it has Recipients, and is said to nobody"] : []),
    ...(item.contextIds.length > 0 ? ["it has a context"] : []),
  ];
  return problems.map((what) => ({ postId, what }));
}

/** An answer takes a while, and a time in whole seconds may lie before it. */
const CLOCK_MS = 10_000;

function byDate(a: ParsedMail, b: ParsedMail): number {
  return Date.parse(a.date) - Date.parse(b.date);
}
