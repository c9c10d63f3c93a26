import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Twitter, UserToken } from "../twitter/client.ts";
import type { Post } from "../twitter/page.ts";
import { addToCoverage, type Coverage, type Gap, readCoverage } from "./coverage.ts";
import { DEPTH, FIRST_TIME, isWithinReach, SURELY_WITHIN } from "./depth.ts";
import { addSeconds, floorToSecond, type Interval, subtract } from "./interval.ts";
import { keepContext, type PageQuery, readPages } from "./pages.ts";

export type CaptureDeps = {
  store: Store;
  twitter: Twitter;
  log: Log;
  now: () => Date;
  postCount: (source: Source) => Promise<number>;
};
/** Whose timeline is read, and with what. */
export type Source = { jobId: string; accountId: string; token: UserToken };

export const PAGE_SIZE = 100;
/** X refuses `end_time` in its last seconds; posts become visible a little late. */
const SETTLING_SECONDS = 30;

/** The latest end that a window may have at a time. */
export function settledBy(now: Date): string {
  return addSeconds(floorToSecond(now), -SETTLING_SECONDS);
}

/**
 * Sees to it that a window is known: every part of it that neither coverage nor a gap record holds
 * is read from X. A window that is known already costs nothing.
 * @throws ConnectorError `window-open` while the window has not ended, or an x- code.
 */
export async function capture(
  deps: CaptureDeps,
  source: Source,
  window: Interval,
): Promise<Coverage> {
  const settled = addSeconds(window.end, SETTLING_SECONDS);
  if (settled > floorToSecond(deps.now())) {
    throw new ConnectorError("window-open", `The window ends at ${window.end}`, {
      retryAt: new Date(settled),
    });
  }
  const known = await readCoverage(deps.store, source.jobId);
  for (const part of subtract(window, [...known.intervals, ...known.gaps])) {
    await captureInterval(deps, source, part);
  }
  return readCoverage(deps.store, source.jobId);
}

async function captureInterval(deps: CaptureDeps, source: Source, part: Interval): Promise<void> {
  if (part.end <= FIRST_TIME) {
    await recordGap(deps, source, {
      ...part,
      reason: `X gives posts by time only from ${FIRST_TIME}`,
      tried: "nothing: X refuses the request",
    });
    return;
  }
  const { intervals } = await readCoverage(deps.store, source.jobId);
  const below = intervals.find(({ end }) => end === part.start);
  const captureId = captureIdOf(part);
  const found = await readAll(deps, source, captureId, {
    ...(part.start >= FIRST_TIME && { startTime: part.start }),
    endTime: part.end,
    // X may count the second of `end_time` in or out. Beginning after the newest post that is here
    // already pays for no post twice, and misses none, whichever it is.
    ...(below?.newestId !== undefined && { sinceId: below.newestId }),
  });
  if (await isWithinReach(deps, source, { part, captureId, found })) {
    const newestId = found.newest?.id ?? below?.newestId;
    await addToCoverage(deps.store, source.jobId, {
      intervals: [
        { ...part, captureId, posts: found.posts, ...(newestId !== undefined && { newestId }) },
      ],
    });
    deps.log("capture.completed", {
      jobId: source.jobId,
      windowStart: part.start,
      windowEnd: part.end,
      posts: found.posts,
    });
    return;
  }
  await captureToTheDepth(deps, source, part);
}

/**
 * Reads all that X still gives, from the newest post backwards, and records as a gap what lies
 * before the oldest one: an empty answer beyond the depth looks like a quiet day, and is none.
 */
async function captureToTheDepth(deps: CaptureDeps, source: Source, part: Interval): Promise<void> {
  const captureId = `${captureIdOf(part)}-depth`;
  const query = part.start >= FIRST_TIME ? { startTime: part.start } : {};
  const { posts, newest, oldest } = await readAll(deps, source, captureId, query);
  if (!newest || !oldest) {
    throw new ConnectorError("x-bad-response", "X returned posts and then none of them");
  }
  const reached = posts <= SURELY_WITHIN;
  const start = reached ? part.start : addSeconds(oldest.createdAt, 1);
  const end = newest.createdAt > part.end ? newest.createdAt : part.end;
  await addToCoverage(deps.store, source.jobId, {
    intervals: [{ start, end, captureId, posts, newestId: newest.id }],
  });
  if (!reached) {
    await recordGap(deps, source, {
      start: part.start,
      end: start,
      reason: `X gives only the newest ${DEPTH} posts of an account`,
      tried: `all ${posts} posts that X gave were read, the oldest of ${oldest.createdAt}`,
      captureId,
    });
  }
}

/** What was found, in X's order: newest first, but by time and not by trust in the order. */
export type Found = { posts: number; newest?: Post; oldest?: Post };

async function readAll(
  deps: CaptureDeps,
  { jobId, accountId, token }: Source,
  captureId: string,
  query: PageQuery,
): Promise<Found> {
  const found: Found = { posts: 0 };
  const pages = readPages(deps.store, {
    folder: names.capturePages(jobId, captureId),
    query,
    fetchPage: (asked) =>
      deps.twitter.timeline(token, accountId, { ...asked, maxResults: PAGE_SIZE }),
  });
  const lookUp = (ids: string[]) => deps.twitter.lookup(token, ids);
  for await (const { name, page } of pages) {
    await keepContext(deps.store, { name, page, lookUp });
    for (const post of page.posts) {
      found.posts += 1;
      found.newest = found.newest && isNewer(found.newest, post) ? found.newest : post;
      found.oldest = found.oldest && isNewer(post, found.oldest) ? found.oldest : post;
    }
    deps.log("capture.page", { jobId, posts: page.posts.length });
  }
  return found;
}

async function recordGap(
  { store, log, now }: CaptureDeps,
  { jobId }: Source,
  gap: Omit<Gap, "recordedAt">,
): Promise<void> {
  await addToCoverage(store, jobId, { gaps: [{ ...gap, recordedAt: floorToSecond(now()) }] });
  log("gap.recorded", { jobId, windowStart: gap.start, windowEnd: gap.end, reason: gap.reason });
}

function isNewer(post: Post, other: Post): boolean {
  return post.createdAt === other.createdAt
    ? BigInt(post.id) > BigInt(other.id)
    : post.createdAt > other.createdAt;
}

function captureIdOf({ start, end }: Interval): string {
  return `${start}--${end}`.replaceAll(":", "").replaceAll("Z", "");
}
