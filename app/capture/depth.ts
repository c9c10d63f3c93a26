import { names } from "../archive/names.ts";
import type { Twitter } from "../twitter/client.ts";
import { parseTimeline, type Post } from "../twitter/page.ts";
import type { CaptureDeps, Found, Source } from "./capture.ts";
import { addSeconds, type Interval } from "./interval.ts";
import { keepAnswer } from "./pages.ts";

/** How many of its newest posts X gives of a timeline (x-api.md section 1). */
export const DEPTH = 3200;
/** Deleted posts may count towards the depth without being returned. */
export const SURELY_WITHIN = DEPTH - 200;
/** The least that X returns at a time, for questions that need no more. */
const PROBE_SIZE = 5;
const PROBE_OVERLAP_SECONDS = 15;
const POST_COUNT_TTL_MS = 15 * 60_000;
/** X knows no time parameters before this (x-api.md section 1). */
export const FIRST_TIME = "2010-11-06T00:00:00Z";

/**
 * True if X has given all of an interval. Beyond its depth X answers with an empty page as if
 * there were nothing, so that each interval needs a proof, from cheap to dear:
 * the account has fewer posts than the depth; or the interval's posts and all newer ones are fewer;
 * or X still returns a post that is older than the interval.
 */
export async function isWithinReach(
  deps: CaptureDeps,
  source: Source,
  { part, captureId, found }: { part: Interval; captureId: string; found: Found },
): Promise<boolean> {
  if ((await deps.postCount(source)) <= SURELY_WITHIN) {
    return true;
  }
  const probe = async (
    name: string,
    query: { startTime?: string; endTime?: string; sinceId?: string },
  ) => {
    const blob = names.captureProof(source.jobId, captureId, name);
    const answer = () =>
      deps.twitter.timeline(source.token, source.accountId, { ...query, maxResults: PROBE_SIZE });
    return parseTimeline(await keepAnswer(deps.store, blob, answer, parseTimeline));
  };
  const newer = await probe(
    "newer",
    found.newest
      ? { sinceId: found.newest.id }
      : { startTime: addSeconds(part.end, -PROBE_OVERLAP_SECONDS) },
  );
  if (newer.nextToken === undefined && found.posts + newer.posts.length <= SURELY_WITHIN) {
    return true;
  }
  if (part.start < FIRST_TIME) {
    return false;
  }
  const older = await probe("older", { endTime: part.start });
  return older.posts.some((post: Post) => post.createdAt < part.start);
}

/** How many posts X says an account has; asked at most once in 15 minutes (X allows 75 such calls). */
export function createPostCount(
  twitter: Pick<Twitter, "me">,
  now: () => Date,
): (source: Source) => Promise<number> {
  const known = new Map<string, { count: number; until: number }>();
  return async ({ accountId, token }) => {
    const entry = known.get(accountId);
    if (entry && entry.until > now().getTime()) {
      return entry.count;
    }
    const { posts: count = Number.POSITIVE_INFINITY } = await twitter.me(token);
    known.set(accountId, { count, until: now().getTime() + POST_COUNT_TTL_MS });
    return count;
  };
}
