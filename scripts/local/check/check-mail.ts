import type { TrueMedia, TruePost } from "../contracts.ts";
import type { Shown } from "./expected.ts";
import { normalise, shortenLinks, shownMedia, shownPosts, SURE_TO_FIT_BYTES } from "./expected.ts";
import type { ParsedMail } from "./read-mailbox.ts";

/** What a mail does not show of its post as a reader on X sees it; empty when it shows all. */
export function checkMail(post: TruePost, mail: ParsedMail): string[] {
  return [
    ...checkDate(post, mail),
    ...checkAuthor(post, mail),
    ...shownPosts(post).flatMap((shown) => checkText(shown, mail, post)),
    ...checkMedia(post, mail),
  ];
}

function checkDate({ createdAt }: TruePost, { date }: ParsedMail): string[] {
  const same = Math.floor(Date.parse(date) / 1000) === Math.floor(Date.parse(createdAt) / 1000);
  return same ? [] : [`Date is ${date || "missing"}, the post is of ${createdAt}`];
}

/** Display names change and collide: handle and permalink say whose it is (D24). */
function checkAuthor(post: TruePost, { text, permalink }: ParsedMail): string[] {
  const link = `https://x.com/${post.author.username}/status/${post.id}`;
  const absent = shownPosts(post).filter(
    (shown) => !new RegExp(`@${shown.post.author.username}(?!\\w)`).test(text),
  );
  return [
    ...absent.map(({ post: shown }) => `the author's handle @${shown.author.username} is missing`),
    ...(permalink === link && text.includes(link) ? [] : [`the permalink ${link} is missing`]),
  ];
}

/** The text complete, its links as X shows them and as they lead. */
function checkText({ post, as }: Shown, { text }: ParsedMail, root: TruePost): string[] {
  const has = normalise(shortenLinks(text, root));
  const wanted = normalise(shortenLinks(post.text, root));
  const links = post.links.filter(({ expanded }) => !text.includes(expanded));
  const whose = as === "context" ? ` of ${as} ${post.id}` : "";
  return [
    ...(has.includes(wanted) ? [] : [`the text${whose} is not complete`]),
    ...links.map(({ expanded }) => `the link${whose} to ${expanded} is missing`),
  ];
}

function checkMedia(post: TruePost, mail: ParsedMail): string[] {
  const media = shownMedia(post);
  const total = media.reduce((sum, { available, bytes }) => sum + (available ? bytes : 0), 0);
  return media.flatMap((medium) => checkMedium(medium, mail, total));
}

function checkMedium(medium: TrueMedia, mail: ParsedMail, total: number): string[] {
  const { mediaKey, sha256, available, altText } = medium;
  const attached = mail.attachments.some((attachment) => attachment.sha256 === sha256);
  const mentioned = mail.text.includes(mediaKey);
  const described = !altText || normalise(mail.text).includes(normalise(altText));
  return [
    ...(available ? judgeAvailable() : judgeUnavailable()),
    ...(described ? [] : [`the description of medium ${mediaKey} is missing`]),
  ];

  function judgeAvailable(): string[] {
    const excused = total > SURE_TO_FIT_BYTES && mentioned;
    return attached || excused ? [] : [`medium ${mediaKey} is not attached as X serves it`];
  }
  function judgeUnavailable(): string[] {
    return mentioned ? [] : [`medium ${mediaKey} cannot be had, and the mail does not say so`];
  }
}
