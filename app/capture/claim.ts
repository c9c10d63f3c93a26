import type { Source } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { type Claim, type Coverage, noteClaim, readCoverage } from "./coverage.ts";
import { askOlder, type Part } from "./probes.ts";
import { addSeconds, floorToSecond, type Interval, join } from "../time/intervals.ts";
import { FIRST_POST_TIME } from "./times.ts";
import { DEPTH, type CompletenessEvidence, type Scan } from "./scan.ts";

/** Up to then before now, all posts are taken as read where a timeline is read all the time. */
const RECENT_SECONDS = 3600;
/** X's count is late, and has posts that were deleted just now: so many are no cause for a remark. */
const LEAST_DIFFERENCE = 20;

/**
 * Takes note where X counts far more posts of an account than its timeline gives, although that ends
 * before X's depth; and takes it back where it is so no more. It is no gap: nobody knows of what time
 * the others are, or whether they are there.
 */
export async function noteUngiven(
  deps: CaptureDeps,
  source: Source,
  { reach: known, ...of }: Part & { reach: CompletenessEvidence },
): Promise<void> {
  const { store, log, now } = deps;
  const { jobId } = source;
  const { accountPosts: posts, newerPosts } = known;
  if (posts === undefined) {
    return;
  }
  const coverage = await readCoverage(store, source);
  // An empty answer is not billed; where it is not empty, it is asked for once only.
  const isWorthIt =
    newerPosts !== undefined &&
    isFarMore({ posts, given: of.scan.posts + newerPosts }) &&
    !coverage.intervals.some(({ end }) => end === of.part.start);
  const reach = isWorthIt ? { ...known, ...(await askOlder(deps, source, of)) } : known;
  const given = postsGiven({ scan: of.scan, reach, coverage, now: now() });
  if (given === undefined) {
    return;
  }
  const claim = isFarMore({ posts, given })
    ? { posts, given, notedAt: floorToSecond(now()) }
    : undefined;
  await noteClaim(store, source, claim);
  if (claim && !coverage.claim) {
    log("capture.posts-missing", { jobId, posts, count: given, reason: wordsForClaim(claim) });
  }
}

/** More than a tenth of what X counts, and more than a few. */
export function isFarMore({ posts, given }: Pick<Claim, "posts" | "given">): boolean {
  return given < DEPTH && posts - given > Math.max(LEAST_DIFFERENCE, posts / 10);
}

/** For a person. */
export function wordsForClaim({ posts, given }: Pick<Claim, "posts" | "given">): string {
  const [claimed, ended, depth] = [posts, given, DEPTH].map((one) => one.toLocaleString("en-US"));
  return (
    `X says ${claimed} posts, its timeline ended after ${ended}, which is before its depth of ${depth}: ` +
    "posts may be withheld or deleted"
  );
}

/** How many posts a timeline gives up to its end; undefined while that is not known. */
export function postsGiven({
  scan,
  reach: { newerPosts, olderTimes, accountSince = FIRST_POST_TIME },
  coverage: { intervals, gaps },
  now,
}: {
  scan: Scan;
  reach: CompletenessEvidence;
  coverage: Coverage;
  now: Date;
}): number | undefined {
  if (newerPosts !== undefined && olderTimes?.length === 0) {
    return scan.posts + newerPosts;
  }
  const life = { start: accountSince, end: addSeconds(floorToSecond(now), -RECENT_SECONDS) };
  const isWhole = gaps.length === 0 && join(intervals).some((one) => includes(one, life));
  return isWhole ? intervals.reduce((sum, { posts }) => sum + posts, 0) : undefined;
}

function includes(one: Interval, other: Interval): boolean {
  return one.start <= other.start && other.end <= one.end;
}
