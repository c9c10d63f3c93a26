import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Answer, Twitter, UserToken } from "../twitter/client.ts";
import type { Meter } from "./budget.ts";
import { captureIdOf } from "./capture-id.ts";
import {
  addToCoverage,
  type Coverage,
  type Covered,
  type Gap,
  readCoverage,
  settledIntervals,
} from "./coverage.ts";
import { askForReach, FIRST_TIME, type Part, readOf } from "./depth.ts";
import { estimateOnce } from "./estimate.ts";
import { addSeconds, clip, floorToSecond, type Interval, subtract } from "./interval.ts";
import {
  type EarlyPost,
  holdLatePosts,
  lookBackFrom,
  postsSentAlong,
  toEarlyPost,
} from "./late.ts";
import { askForMissing, completePage } from "./missing-posts.ts";
import { PAGE_SIZE, readPages } from "./pages.ts";
import { searchGaps } from "./search.ts";
import {
  DEPTH,
  HELD_BACK,
  type PageQuery,
  type Reach,
  SETTLING_SECONDS,
  timeOfId,
  type Walk,
} from "./walk.ts";

export type CaptureDeps = {
  store: Store;
  twitter: Twitter;
  log: Log;
  now: () => Date;
  meter: Meter;
  /** What X says of the account, verbatim. */
  askAccount: (source: Source) => Promise<Answer>;
  /** Whether the app may use X's full-archive search. */
  fullArchiveSearch: boolean;
};
/** Whose timeline is read, and with what. */
export type Source = { jobId: string; accountId: string; token: UserToken };

/**
 * Sees to it that a window is known: every part of it that neither coverage nor a gap record holds
 * is read from X. A window that is known already costs nothing. `lookBackSeconds` of what is known
 * before each part are read again with it, for posts that became visible or were edited since.
 * @returns what is known now, and the parts that were not known before.
 * @throws ConnectorError `window-open` while the window has not ended, or an x- code.
 */
export async function capture(
  deps: CaptureDeps,
  source: Source,
  window: Interval,
  { lookBackSeconds = 0 }: { lookBackSeconds?: number } = {},
): Promise<Coverage & { read: Interval[] }> {
  const settled = addSeconds(window.end, SETTLING_SECONDS);
  if (settled > floorToSecond(deps.now())) {
    throw new ConnectorError("window-open", `The window ends at ${window.end}`, {
      retryAt: new Date(settled),
    });
  }
  const { store, twitter, meter } = deps;
  const { jobId } = source;
  const known = await readCoverage(store, jobId);
  const parts = subtract(window, settledIntervals(known));
  if (parts.length > 0) {
    await estimateOnce(deps, source);
  }
  const metered = { ...deps, twitter: meter(twitter, jobId) };
  for (const part of parts) {
    await captureInterval(metered, source, { part, lookBackSeconds });
  }
  await searchGaps(deps, source, window);
  // Last: what was read just now may hold some of it.
  await askForMissing(metered, source);
  return { ...(await readCoverage(store, jobId)), read: parts };
}

async function captureInterval(
  deps: CaptureDeps,
  source: Source,
  { part, lookBackSeconds }: { part: Interval; lookBackSeconds: number },
): Promise<void> {
  if (part.end <= FIRST_TIME) {
    const reason = `X gives posts by time only from ${FIRST_TIME}`;
    const gap = { ...part, reason, tried: "nothing: X refuses the request", unsearched: true };
    await addFindings(deps, source.jobId, { intervals: [], gaps: [gap] });
    return;
  }
  const coverage = await readCoverage(deps.store, source.jobId);
  const newestBelow = coverage.intervals.find(({ end }) => end === part.start)?.newestId;
  // A post that was edited may have its old time and a new id, beyond posts that are still to be read.
  const isBelow = newestBelow !== undefined && timeOfId(newestBelow) <= part.start;
  const startTime = lookBackFrom(part.start, lookBackSeconds, coverage);
  const captureId = captureIdOf(part);
  const { walk, early } = await readAll(deps, source, {
    part,
    captureId,
    query: {
      ...(startTime >= FIRST_TIME && { startTime }),
      endTime: part.end,
      // X may count the second of `end_time` in or out. Beginning after the newest post that is
      // here already pays for no post twice, and misses none, whichever it is.
      ...(startTime === part.start && isBelow && { sinceId: newestBelow }),
    },
  });
  await holdLatePosts(deps, source.jobId, early);
  const reach = await askForReach(deps, source, { part, captureId, walk });
  await addWalk(deps, source, { part, captureId, walk, reach, newestBelow });
}

/** Adds to the coverage what a walk has read of an interval; the rest is a gap. */
async function addWalk(
  deps: CaptureDeps,
  source: Source,
  {
    part,
    captureId,
    walk,
    reach,
    newestBelow,
  }: Part & { reach: Reach; newestBelow: string | undefined },
): Promise<void> {
  const { jobId } = source;
  const { newest, oldest, posts } = walk;
  const read = readOf({ part, walk }, reach);
  const doubts = read.flatMap((interval) => clip(walk.doubts, interval));
  const intervals = read
    .flatMap((interval) => subtract(interval, [...doubts, ...walk.unread]))
    .map((interval) => {
      const isNewest = newest !== undefined && newest.createdAt <= interval.end;
      const newestId = newest ? (isNewest ? newest.id : undefined) : newestBelow;
      return {
        ...interval,
        captureId,
        posts,
        ...(newestId !== undefined && { newestId }),
        ...(oldest && oldest.createdAt < interval.start && { from: oldest.createdAt }),
      };
    });
  const beyond = subtract(part, read).map((interval) => ({
    ...interval,
    reason: `X gives only the newest ${DEPTH} posts of an account`,
    tried: oldest
      ? `all ${posts} posts that X gave were read, the oldest of ${oldest.createdAt}`
      : "X gave no post of it, and none that is older",
    unsearched: true,
  }));
  const held = doubts.map((doubt) => ({ ...doubt, ...HELD_BACK, captureId }));
  const { countedBackTo: outOfReachBefore } = reach;
  // Also those of a time that was read before: they may have become visible late.
  const unread = walk.unread.map((one) => ({ ...one, captureId }));
  const gaps = [...beyond, ...held, ...unread];
  await addFindings(deps, jobId, {
    intervals,
    gaps,
    ...(outOfReachBefore !== undefined && { outOfReachBefore }),
  });
  const [windowStart, windowEnd] = [part.start, part.end];
  deps.log("capture.completed", { jobId, windowStart, windowEnd, posts });
}

async function readAll(
  deps: CaptureDeps,
  source: Source,
  { part, captureId, query }: { part: Interval; captureId: string; query: PageQuery },
): Promise<{ walk: Walk; early: EarlyPost[] }> {
  const { store, twitter, log } = deps;
  const { jobId, accountId, token } = source;
  const pages = readPages(store, {
    folder: names.capturePages(jobId, captureId),
    query,
    fetchPage: (asked) => twitter.timeline(token, accountId, { ...asked, maxResults: PAGE_SIZE }),
    note: (reason) => log("capture.odd-answer", { jobId, reason }),
  });
  const early: EarlyPost[] = [];
  let last: Walk | undefined;
  for await (const { name, page, walk } of pages) {
    await completePage(deps, source, { name, page });
    log("capture.page", { jobId, posts: page.posts.length });
    if (page.missingFields) {
      log("capture.fields-missing", { jobId, detail: page.missingFields.join(", ") });
    }
    const before = page.posts.filter(({ createdAt }) => createdAt < part.start);
    early.push(...before.map((post) => toEarlyPost(post, name)));
    early.push(...(await postsSentAlong(store, { name, page })));
    last = walk;
  }
  if (!last) {
    throw new ConnectorError("x-bad-response", "X gave no page at all");
  }
  return { walk: last, early };
}

type NewGap = Omit<Gap, "recordedAt">;

/** Gaps are told of at once, also those that search may close: it may never come to that. */
async function addFindings(
  { store, log, now }: CaptureDeps,
  jobId: string,
  { intervals, gaps, ...more }: { intervals: Covered[]; gaps: NewGap[]; outOfReachBefore?: string },
): Promise<void> {
  const recordedAt = floorToSecond(now());
  const added = await addToCoverage(store, jobId, {
    ...more,
    intervals,
    gaps: gaps.map((gap) => ({ ...gap, recordedAt })),
  });
  for (const { start: windowStart, end: windowEnd, reason } of added) {
    log("gap.recorded", { jobId, windowStart, windowEnd, reason });
  }
}
