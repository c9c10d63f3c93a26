import type { Interval } from "../time/intervals.ts";
import { type Includes, isRepost, type Place, type Poll, type User } from "../twitter/page.ts";
import type { Link, Post } from "../twitter/post.ts";
import { toLine } from "./characters.ts";
import { languageName } from "./languages.ts";
import type { MediaOutcome } from "./media-outcome.ts";
import { plainText } from "../twitter/html-entities.ts";
import { permalink } from "./text.ts";

/**
 * Stands in an item's text between what its author wrote and what the archive says of it. No line of
 * the author's begins like it.
 */
export const RECORD_RULE = "-------- Record of the archive: the author's words end here --------";

/** A line that could be taken for the rule, whatever dashes, spaces and unseen characters it has. */
const LIKE_THE_RULE =
  /^[\s\p{Cf}\p{M}]*(?:[\p{Pd}\p{Pc}=~\u02D7\u00AF\u2043\u2212\u2500-\u257F\u30FC\u3161\u4E00\uFF70][\s\p{Cf}\p{M}]*){3}|^[^\p{L}\p{N}]*record\s+of\s+the\s+archive/iu;

/** Marks a line that its author may have made to look like the record's beginning. */
export function markIfLikeRule(line: string): string {
  return LIKE_THE_RULE.test(line) ? `> ${line}` : line;
}

/** Where the archive has a post from, and in answer to what it is handed over. */
export type Provenance = { jobId: string; window: Interval; pageSha256: string };

export type Recorded = {
  post: Post;
  /** Whose words and links the item shows: the post itself, or the original of a repost. */
  shown: Post;
  includes: Includes;
  outcomes: MediaOutcome[];
  /** When X handed the post out, ISO 8601. */
  receivedAt: string;
  /** Absent for a post that is only context. */
  provenance?: Provenance | undefined;
};

/** What the e-mail could not show otherwise: who, where, which links, which media, since when. */
export function recordLines(recorded: Recorded): string[] {
  const { post, shown, includes, outcomes, receivedAt, provenance } = recorded;
  const author = includes.users.get(post.authorId);
  const lines = [
    `Account: ${author ? nameOf(author) : post.authorId}`,
    `Permalink: ${permalink(post.id, author?.username)}`,
    `Posted: ${sayTime(post.createdAt)}`,
    ...versionLine(post, includes),
    ...withheldLines(post, author),
    ...post.references.map((reference) => referenceLine(reference, includes)),
    ...ownTextLine(recorded),
    // X repeats a link for each picture that it stands for.
    ...new Set(shown.links.map(linkLine)),
    ...post.pollIds.flatMap((id) => pollLines(id, includes.polls.get(id))),
    ...placeLines(post, includes),
    ...audienceLines(post),
    ...unreadLines(recorded),
    ...outcomes.map(mediaLine),
    ...aboutLine(post),
    `Captured: ${sayTime(receivedAt)}, ${figures(post)}`,
    ...(provenance ? provenanceLines(provenance) : []),
  ];
  // What others wrote (a name, an answer of a poll) must not look like a line of the record.
  return lines.map(toLine);
}

/** A person's display name and @handle, as far as X gave them. */
export function nameOf({ id, name, username }: Pick<User, "id" | "name" | "username">): string {
  const handle = username === undefined ? undefined : `@${username}`;
  return name === undefined ? (handle ?? id) : handle === undefined ? name : `${name} (${handle})`;
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

/** X's own text of a repost begins with RT and is cut: it is kept where another text is shown. */
function ownTextLine({ post, shown, includes }: Recorded): string[] {
  if (shown === post) {
    return [];
  }
  const handle = includes.users.get(shown.authorId)?.username;
  const isSame = post.text === `RT @${handle}: ${shown.text}`;
  return isSame ? [] : [`X's own text of the repost: ${plainText(post.text)}`];
}

function linkLine({ short, expanded, unwound }: Link): string {
  const leads = expanded === short ? short : `${short} is ${expanded}`;
  const end = unwound === undefined || unwound === expanded ? "" : `, which leads to ${unwound}`;
  return `Link: ${leads}${end}`;
}

function pollLines(id: string, poll: Poll | undefined): string[] {
  if (!poll) {
    return ["Poll: X did not describe it"];
  }
  const {
    options = [],
    voting_status: state = "state unknown",
    end_datetime: end,
    unparseable,
  } = poll;
  const answers = options.map(
    ({ label, votes }) => `${label === undefined ? "?" : plainText(label)} (${votes ?? "?"})`,
  );
  const ends = end === undefined ? "" : `, voting ends ${end}`;
  return [`Poll (${state}${ends}): ${answers.join("; ")}`, ...oddObject(`poll ${id}`, unparseable)];
}

function placeLines({ placeId, coordinates }: Post, { places }: Includes): string[] {
  const place: Place | undefined = placeId === undefined ? undefined : places.get(placeId);
  const name = [place?.full_name, place?.country].filter(Boolean).join(", ");
  return [
    ...(placeId === undefined ? [] : [`Place: ${name || placeId}`]),
    ...(coordinates
      ? [`Coordinates: latitude ${coordinates.latitude}, longitude ${coordinates.longitude}`]
      : []),
    ...oddObject(`place ${placeId}`, place?.unparseable),
  ];
}

/** For whom the post is, and in whose pay. */
function audienceLines({ communityId, paidPartnership, scopes }: Post): string[] {
  return [
    ...(communityId === undefined ? [] : [`Community: https://x.com/i/communities/${communityId}`]),
    ...(paidPartnership ? ["Paid partnership: its author marked the post as one"] : []),
    ...(scopes?.followers ? ["Shown to: followers of the account only"] : []),
  ];
}

/** What an item says above a text that may be X's notice in the place of the author's words. */
export const WITHHELD_NOTICE =
  "[X withholds this post. What follows is what X hands out, and may be X's words and not the author's.]";

function withheldLines({ withheld }: Post, author: User | undefined): string[] {
  const say = (what: string, { country_codes: countries = [], copyright }: WithheldBy) =>
    `Withheld: X does not show ${what} in ${countries.join(", ") || "countries it does not name"}` +
    (copyright ? ", because of a copyright claim" : "");
  return [
    ...(withheld ? [say("this post", withheld)] : []),
    ...(author?.withheld ? [say("this account", author.withheld)] : []),
  ];
}

type WithheldBy = NonNullable<Post["withheld"]>;

/** Each version of an edited post has an id of its own, which says when X made it. */
function versionLine({ id, versions }: Post, { users, posts, missing }: Includes): string[] {
  const place = versions.indexOf(id);
  if (versions.length < 2 && place === 0) {
    return [];
  }
  const linkTo = (other: string) => {
    const link = permalink(other, users.get(posts.get(other)?.authorId ?? "")?.username);
    const reason = posts.has(other) ? undefined : missing.get(other);
    return reason === undefined ? link : `${link} (which X did not hand out: ${reason})`;
  };
  const which = place < 0 ? "not among those that X names" : `${place + 1} of ${versions.length}`;
  const before = place < 0 ? versions : versions.slice(0, place);
  const after = place < 0 ? [] : versions.slice(place + 1);
  return [
    [
      `Version: ${which}`,
      ...(before.length > 0
        ? [`${place < 0 ? "they are" : "replaces"} ${before.map(linkTo).join(", ")}`]
        : []),
      ...after.map((next, index) => {
        return `${index === 0 ? "replaced" : "then"} ${timeOfId(next)} by ${linkTo(next)}`;
      }),
    ].join(", "),
  ];
}

const X_EPOCH_MS = 1288834974657n;

function timeOfId(id: string): string {
  const time = new Date(Number((BigInt(id) >> 22n) + X_EPOCH_MS));
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function unreadLines({ post, includes }: Recorded): string[] {
  const author = includes.users.get(post.authorId);
  return [
    ...(post.unparseable
      ? [
          `Not readable: ${post.unparseable.join(", ")}; what X sent is kept in the archive as it came`,
        ]
      : []),
    ...oddObject(`account ${post.authorId}`, author?.unparseable),
    ...post.mediaKeys.flatMap((key) =>
      oddObject(`medium ${key}`, includes.media.get(key)?.unparseable),
    ),
  ];
}

function oddObject(what: string, unparseable: readonly string[] | undefined): string[] {
  return unparseable ? [`Not readable of ${what}: ${unparseable.join(", ")}`] : [];
}

export function mediaLine(outcome: MediaOutcome): string {
  const { mediaKey, type, altText, attachment, omitted, fallbackReason } = outcome;
  const lesser =
    fallbackReason === undefined ? "" : `, not in its best quality (${fallbackReason})`;
  const what = attachment
    ? `Attached: ${attachment.AttachmentFileName}, ${type}${lesser}`
    : `Not attached: ${type} ${mediaKey}: ${omitted ?? "unknown reason"}`;
  return altText ? `${what}, described as: ${altText}` : what;
}

function aboutLine({ language, source }: Post): string[] {
  const about = [
    language && `language ${languageName(language)}`,
    source && `posted with ${source}`,
  ];
  const words = about.filter(Boolean).join(", ");
  return words ? [`X says: ${words}`] : [];
}

/** Figures change: they belong to the moment in which they were read. */
function figures({ likes, replies, reposts, quotes }: Post): string {
  const all: [count: number | undefined, one: string, more: string][] = [
    [likes, "like", "likes"],
    [replies, "reply", "replies"],
    [reposts, "repost", "reposts"],
    [quotes, "quote", "quotes"],
  ];
  return all
    .flatMap(([count, one, more]) =>
      count === undefined ? [] : `${count} ${count === 1 ? one : more}`,
    )
    .join(", ");
}

export function provenanceLines({ jobId, window, pageSha256 }: Provenance): string[] {
  return [
    `Handed over: for connector job ${jobId}, window ${window.start} to ${window.end}`,
    `Source: X's answer as it is kept in the archive, SHA-256 ${pageSha256}`,
  ];
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );

/** ISO 8601 as X or the connector has it, and the same for people. Not by Intl: its words change. */
export function sayTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) {
    return iso;
  }
  const date = `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}`;
  const clock = time.toISOString().slice(11, 19);
  return `${iso} (${DAYS[time.getUTCDay()]}, ${date}, ${clock} UTC)`;
}

/** Whether the item shows another's words: a repost's own are cut by X. */
export function shownOf(post: Post, { posts }: Includes): Post {
  const originalId = isRepost(post)
    ? post.references.find(({ type }) => type === "retweeted")?.id
    : undefined;
  return (originalId === undefined ? undefined : posts.get(originalId)) ?? post;
}
