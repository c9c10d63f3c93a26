import type { TrueMedia, TruePost } from "../contracts.ts";
import type { Shown } from "./expected.ts";
import { normalise, shownMedia, shownPosts, SURE_TO_FIT_BYTES } from "./expected.ts";
import type { ParsedMail } from "./read-mailbox.ts";

/** What a mail does not show of its post as a reader on X sees it; empty when it shows all. */
export function checkMail(post: TruePost, mail: ParsedMail): string[] {
  return [
    ...checkDate(post, mail),
    ...checkSubject(mail),
    ...checkVersion(post, mail),
    ...checkAuthor(post, mail),
    ...shownPosts(post).flatMap((shown) => checkText(shown, mail)),
    ...checkPolls(post, mail),
    ...shownPosts(post).flatMap((shown) => checkFacts(shown, mail)),
    ...checkMedia(post, mail),
  ];
}

function checkDate({ createdAt }: TruePost, { date }: ParsedMail): string[] {
  const same = Math.floor(Date.parse(date) / 1000) === Math.floor(Date.parse(createdAt) / 1000);
  return same ? [] : [`Date is ${date || "missing"}, the post is of ${createdAt}`];
}

/** Display names change and collide: handle and permalink say whose it is (D24). */
function checkAuthor(post: TruePost, { text, permalink }: ParsedMail): string[] {
  const links = post.author.handles.map((handle) => `https://x.com/${handle}/status/${post.id}`);
  const absent = shownPosts(post).filter(
    ({ post: { author } }) =>
      !author.handles.some((handle) => new RegExp(`@${handle}(?!\\w)`).test(text)),
  );
  return [
    ...absent.map(({ post: shown }) => `the author's handle @${shown.author.username} is missing`),
    ...(links.includes(permalink) && text.includes(permalink)
      ? []
      : [`the permalink ${links.join(" or ")} is missing`]),
  ];
}

/** One line for people, whose order nobody's characters change. */
function checkSubject({ subject, from }: ParsedMail): string[] {
  const said = subject.replace(/^\w+: /, "");
  return [
    ...(/^(?:\(edited\) )?(?:https?:\/\/\S+)?$/.test(said) ? ["the subject has no words"] : []),
    ...(Array.from(said).length > MOST_OF_A_SUBJECT ? ["the subject is too long"] : []),
    ...(/[\p{Cc}\p{Bidi_Control}]/u.test(`${subject}${from.name}`)
      ? ["the subject or the sender's name has control characters"]
      : []),
  ];
}

/** Characters. */
const MOST_OF_A_SUBJECT = 250;

function checkVersion({ id, versions }: TruePost, { subject, text }: ParsedMail): string[] {
  if (versions.length < 2) {
    return [];
  }
  const version = `Version: ${versions.indexOf(id) + 1} of ${versions.length}`;
  return [
    ...(subject.includes("(edited)") ? [] : ["the subject does not say that it was edited"]),
    ...(text.includes(version) ? [] : [`it does not say "${version}"`]),
    ...versions
      .filter((other) => other !== id && !text.includes(`/status/${other}`))
      .map((other) => `it does not name its version ${other}`),
  ];
}

/** The text complete, its links as X shows them, or all of them as they lead. */
function checkText({ post, as }: Shown, { text }: ParsedMail): string[] {
  const has = normalise(text);
  const links = post.links.filter(({ expanded }) => !text.includes(expanded));
  const whose = as === "context" ? ` of ${as} ${post.id}` : "";
  return [
    ...([post.text, post.expandedText].some((wanted) => has.includes(normalise(wanted)))
      ? []
      : [`the text${whose} is not complete`]),
    ...links.map(({ expanded }) => `the link${whose} to ${expanded} is missing`),
  ];
}

function checkPolls({ pollAnswers }: TruePost, { text }: ParsedMail): string[] {
  const has = normalise(text);
  return pollAnswers
    .filter((answer) => !has.includes(normalise(answer)))
    .map((answer) => `the answer "${answer}" of its poll is missing`);
}

/** What stands beside the text; of what X sends oddly, that it cannot be read. */
function checkFacts({ post, as }: Shown, { text }: ParsedMail): string[] {
  const has = normalise(text);
  const whose = as === "context" ? ` of ${as} ${post.id}` : "";
  return [
    ...post.facts
      .filter((fact) => !has.includes(normalise(fact)))
      .map((fact) => `"${fact}"${whose} is missing`),
    ...post.oddMembers
      .filter((name) => !has.includes(name))
      .map((name) => `that ${name}${whose} cannot be read is not said`),
  ];
}

function checkMedia(post: TruePost, mail: ParsedMail): string[] {
  const media = shownMedia(post);
  const total = media.reduce((sum, { available, bytes }) => sum + (available ? bytes : 0), 0);
  return media.flatMap((medium) => checkMedium(medium, mail, total));
}

function checkMedium(medium: TrueMedia, mail: ParsedMail, total: number): string[] {
  const { mediaKey, sha256, available, altText, isPreview } = medium;
  const attached = mail.attachments.some((attachment) => attachment.sha256 === sha256);
  const mentioned = mail.text.includes(mediaKey);
  const described = !altText || normalise(mail.text).includes(normalise(altText));
  return [
    ...(available ? judgeAvailable() : judgeUnavailable()),
    ...(described ? [] : [`the description of medium ${mediaKey} is missing`]),
  ];

  function judgeAvailable(): string[] {
    const excused = total > SURE_TO_FIT_BYTES && mentioned;
    const isCalledIt = !isPreview || mail.text.includes("preview picture");
    return [
      ...(attached || excused ? [] : [`medium ${mediaKey} is not attached as X serves it`]),
      ...(isCalledIt ? [] : [`the preview picture of ${mediaKey} is not called that`]),
    ];
  }
  function judgeUnavailable(): string[] {
    return mentioned ? [] : [`medium ${mediaKey} cannot be had, and the mail does not say so`];
  }
}
