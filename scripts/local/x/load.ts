import { readFile } from "node:fs/promises";
import { z } from "zod";
import { MendableError } from "../../checks/check.ts";
import { eventSchema } from "./script-event.ts";
import {
  createTimeline,
  mediaSchema,
  placeSchema,
  pollSchema,
  postSchema,
  userSchema,
  type Post,
  type Timeline,
} from "./timeline.ts";

export type TimelineFiles = {
  /** Posts in v2 shape, newline-delimited JSON. */
  posts: string;
  /** Users, newline-delimited JSON or one JSON array. */
  users?: string | undefined;
  /** Id of the account whose timeline it is; default: the author of most posts. */
  user?: string | undefined;
  /** Other objects, newline-delimited `{"kind":"tweet|media|user|poll|place|event", …}`. */
  includes?: string | undefined;
};

// `kind` is this file's own word, not X's: it is taken off, so that it is never served.
const includeSchema = z
  .looseObject({ kind: z.string() })
  .transform(({ kind, ...object }) => ({ kind, object }))
  .pipe(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("tweet"), object: postSchema }),
      z.object({ kind: z.literal("media"), object: mediaSchema }),
      z.object({ kind: z.literal("user"), object: userSchema }),
      z.object({ kind: z.literal("poll"), object: pollSchema }),
      z.object({ kind: z.literal("place"), object: placeSchema }),
      z.object({ kind: z.literal("event"), object: eventSchema }),
    ]),
  );

type Include = z.infer<typeof includeSchema>;

/** Reads a timeline from files; an error names the file, the line and what to do about it. */
export async function loadTimeline(files: TimelineFiles): Promise<Timeline> {
  const posts = await readObjects(files.posts, postSchema);
  const users = files.users === undefined ? [] : await readObjects(files.users, userSchema);
  const includes =
    files.includes === undefined ? [] : await readObjects(files.includes, includeSchema);
  const [first] = posts;
  if (first === undefined) {
    throw new MendableError(`${files.posts}: no post in it`, "Give a file with one post a line");
  }
  const accountId = files.user ?? mostFrequentAuthor(posts);
  requireAccount(accountId, posts, files.posts);
  const sorted = sortIncludes(includes);
  return createTimeline({ ...sorted, accountId, posts, users: [...sorted.users, ...users] });
}

async function readObjects<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  const text = await readText(file);
  if (text.trimStart().startsWith("[")) {
    return parseAt(file, text, z.array(schema));
  }
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ line, at: `${file}:${index + 1}` }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, at }) => parseAt(at, line, schema));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new MendableError(`${file} cannot be read`, "Check the path and its permissions", {
      cause,
    });
  }
}

function parseAt<T>(at: string, text: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(at, text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const member = issue?.path.join(".") || "the object";
    throw new MendableError(
      `${at}: ${member}: ${issue?.message}`,
      "Correct it, or take the object out",
    );
  }
  return parsed.data;
}

function parseJson(at: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MendableError(`${at}: not JSON`, "Write one JSON object a line", { cause });
  }
}

function mostFrequentAuthor(posts: readonly Post[]): string {
  const authors = Map.groupBy(posts, (post) => post.author_id);
  const [most] = [...authors].sort(([, a], [, b]) => b.length - a.length);
  return most?.[0] ?? "";
}

function requireAccount(accountId: string, posts: readonly Post[], file: string): void {
  if (!posts.some((post) => post.author_id === accountId)) {
    throw new MendableError(
      `${file}: no post of user ${accountId}`,
      "Give --user the id of one of its authors",
    );
  }
}

function sortIncludes(includes: readonly Include[]) {
  return {
    otherPosts: includes.flatMap((one) => (one.kind === "tweet" ? [one.object] : [])),
    users: includes.flatMap((one) => (one.kind === "user" ? [one.object] : [])),
    media: includes.flatMap((one) => (one.kind === "media" ? [one.object] : [])),
    polls: includes.flatMap((one) => (one.kind === "poll" ? [one.object] : [])),
    places: includes.flatMap((one) => (one.kind === "place" ? [one.object] : [])),
    script: includes.flatMap((one) => (one.kind === "event" ? [one.object] : [])),
  };
}
