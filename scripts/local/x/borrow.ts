import { MendableError } from "../../checks/check.ts";
import type { LocalX, TruePost } from "../contracts.ts";
import { createMediaFiles } from "./media-files.ts";
import { tellMentions } from "./true-mentions.ts";
import { tellTruth } from "./truth.ts";
import type { Timeline } from "./timeline.ts";

/**
 * Another X server, with the timeline that it is said to serve. Its clock is its own, and what bytes
 * it serves as media is not known here, so that the truth has none.
 */
export function borrowX(url: string, timeline: Timeline): LocalX {
  const { id, username, name } = timeline.account;
  const files = createMediaFiles(timeline);
  const posts = tellTruth(timeline, files).map(withoutMedia);
  const mentions = tellMentions(timeline, files).map(withoutMedia);
  return {
    url: url.replace(/\/+$/, ""),
    account: { id, username, name },
    setNow: () => {},
    letClockRun: () => {},
    showLatePosts: () => {},
    posts: () => posts,
    mentions: () => mentions,
    findings: () => [],
    delivered: async () => [],
    profilesShown: () => undefined,
    reads: () => undefined,
    otherReads: () => undefined,
    billed: () => undefined,
    returned: () => undefined,
    close: async () => {},
  };
}

const ANSWER_LIMIT_MS = 10_000;

/** @throws MendableError where nothing answers at all; what it answers is another matter. */
export async function requireAnswer(url: string): Promise<void> {
  await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(ANSWER_LIMIT_MS) }).catch(
    (cause: unknown) => {
      throw new MendableError(
        `${url} does not answer`,
        "Start that X server, or name its address",
        {
          cause,
        },
      );
    },
  );
}

function withoutMedia(post: TruePost): TruePost {
  const references = post.references.map(({ post: referred, ...reference }) => ({
    ...reference,
    ...(referred && { post: { ...referred, media: [] } }),
  }));
  // Nor is known which earlier versions of a post it hands out.
  return { ...post, media: [], references, earlier: [] };
}
