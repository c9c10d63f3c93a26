import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateTimeline } from "../x/generate.ts";
import type { Post, Timeline } from "../x/timeline.ts";
import type { Victims } from "./sabotages.ts";

/** Files of a timeline for `startLocalSystem`, and which of its posts are of which shape. */
export type SmallSample = {
  files: { posts: string; users: string; includes: string };
  victims: Victims;
};

const POSTS = 12;

/** Writes a dozen of the generated posts, with all that they refer to, to a folder. */
export async function writeSmallSample(folder: string): Promise<SmallSample> {
  const timeline = generateTimeline();
  const { posts, everyPost, users, media, polls, places, account } = timeline;
  const chosen = {
    plain: find(timeline, (post) => isPlain(post)),
    photo: find(timeline, (post) => hasPhoto(timeline, post)),
    quote: find(timeline, (post) => quotesAnother(timeline, post)),
  };
  const taken = [...new Set([...Object.values(chosen), ...posts])].slice(0, POSTS);
  const others = [...everyPost.values()].filter((post) => post.author_id !== account.id);
  const includes = [
    ...asKind("tweet", others),
    ...asKind("media", media.values()),
    ...asKind("poll", polls.values()),
    ...asKind("place", places.values()),
  ];
  return {
    files: {
      posts: await writeLines(join(folder, "posts.ndjson"), taken),
      users: await writeLines(join(folder, "users.ndjson"), [...users.values()]),
      includes: await writeLines(join(folder, "includes.ndjson"), includes),
    },
    victims: {
      plain: chosen.plain.id,
      quote: chosen.quote.id,
      photo: chosen.photo.id,
      photoKey: chosen.photo.attachments?.media_keys?.[0] ?? "",
    },
  };
}

function find({ posts }: Timeline, isWanted: (post: Post) => boolean): Post {
  const found = posts.find(isWanted);
  if (!found) {
    throw new Error("The generated timeline has no post of a shape that is needed");
  }
  return found;
}

function isPlain(post: Post): boolean {
  const { referenced_tweets, attachments, article } = post;
  return [referenced_tweets, attachments, article].every((part) => part === undefined);
}

function hasPhoto(
  { media, lostMedia }: Timeline,
  { attachments, referenced_tweets }: Post,
): boolean {
  const keys = attachments?.media_keys ?? [];
  return (
    referenced_tweets === undefined &&
    keys.length === 1 &&
    keys.every((key) => media.get(key)?.type === "photo" && !lostMedia.has(key))
  );
}

function quotesAnother({ account, everyPost, users }: Timeline, post: Post): boolean {
  const [reference, ...more] = post.referenced_tweets ?? [];
  const quoted = reference && everyPost.get(reference.id);
  return (
    more.length === 0 &&
    reference?.type === "quoted" &&
    quoted !== undefined &&
    quoted.author_id !== account.id &&
    users.get(quoted.author_id)?.protected !== true
  );
}

/** As `--includes` reads it. */
function asKind(kind: string, objects: Iterable<object>): object[] {
  return Array.from(objects, (object) => ({ kind, ...object }));
}

async function writeLines(file: string, objects: readonly object[]): Promise<string> {
  await writeFile(file, objects.map((object) => `${JSON.stringify(object)}\n`).join(""));
  return file;
}
