import type { Media, Poll, Post, Place, User } from "./timeline.ts";
import { ASKABLE_FIELDS, RENAMED, type Selection } from "./vocabulary.ts";

/** A post with the members that were asked for, spelled as the request's vocabulary has it. */
export function renderPost(post: Post, selection: Selection): Record<string, unknown> {
  const { id, edit_history_tweet_ids: versions = [id] } = post;
  const members = Object.entries(asSent({ ...post, edit_history_tweet_ids: versions })).filter(
    ([name]) => selection.post.has(name) || !ASKABLE_FIELDS.has(name),
  );
  const { spelling } = selection.vocabulary;
  return Object.fromEntries(
    members.map(([name, value]) => [
      spelling.get(name) ?? name,
      renderMember(name, value, selection),
    ]),
  );
}

export function renderUser(user: User, selection: Selection): Record<string, unknown> {
  const { spelling } = selection.vocabulary;
  const members = Object.entries(pick(user, selection.user));
  return Object.fromEntries(members.map(([name, value]) => [spelling.get(name) ?? name, value]));
}

export function renderMedia(media: Media, selection: Selection): Record<string, unknown> {
  return pick(media, selection.media);
}

export function renderPoll(poll: Poll, selection: Selection): Record<string, unknown> {
  return pick(poll, selection.poll);
}

export function renderPlace(place: Place, selection: Selection): Record<string, unknown> {
  return pick(place, selection.place);
}

/** Members that X sends in another shape than its own stand in `sent_oddly`. */
function asSent({ sent_oddly: odd, ...object }: Record<string, unknown>): Record<string, unknown> {
  return isRecord(odd) ? { ...object, ...odd } : object;
}

function renderMember(name: string, value: unknown, selection: Selection): unknown {
  if (selection.vocabulary !== RENAMED || !isRecord(value)) {
    return value;
  }
  if (name === "public_metrics") {
    const { retweet_count: reposts, ...others } = value;
    return reposts === undefined ? others : { repost_count: reposts, ...others };
  }
  return name === "withheld" && value["scope"] === "tweet" ? { ...value, scope: "post" } : value;
}

function pick(object: Record<string, unknown>, names: ReadonlySet<string>) {
  return Object.fromEntries(Object.entries(asSent(object)).filter(([name]) => names.has(name)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
