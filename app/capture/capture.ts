import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Answer, Twitter, UserToken } from "../twitter/client.ts";
import type { Meter } from "./budget.ts";
import { captureIdOf } from "./capture-id.ts";
import { addToCoverage, type Coverage, type Gap, readCoverage } from "./coverage.ts";
import { askForReach, FIRST_TIME, isReadWholly, type Part } from "./depth.ts";
import { estimateOnce } from "./estimate.ts";
import { addSeconds, clip, floorToSecond, type Interval, subtract } from "./interval.ts";
import { type EarlyPost, holdLatePosts, lookBackFrom } from "./late.ts";
import { keepContext, readPages } from "./pages.ts";
import { DEPTH, type PageQuery, readSpan, SETTLING_SECONDS, type Walk } from "./walk.ts";

export type CaptureDeps = {
  store: Store;
  twitter: Twitter;
  log: Log;
  now: () => Date;
  meter: Meter;
  /** What X says of the account, verbatim. */
  askAccount: (source: Source) => Promise<Answer>;
};
/** Whose timeline is read, and with what. */
export type Source = { jobId: string; accountId: string; token: UserToken };

export const PAGE_SIZE = 100;
/**
 * Sees to it that a window is known: every part of it that neither coverage nor a gap record holds
 * is read from X. A window that is known already costs nothing. `lookBackSeconds` of what is known
 * before each part are read again with it, for posts that became visible or were edited since.
 * @throws ConnectorError `window-open` while the window has not ended, or an x- code.
 */
export async function capture(
  deps: CaptureDeps,
  source: Source,
  window: Interval,
  { lookBackSeconds = 0 }: { lookBackSeconds?: number } = {},
): Promise<Coverage> {
  const settled = addSeconds(window.end, SETTLING_SECONDS);
  if (settled > floorToSecond(deps.now())) {
    throw new ConnectorError("window-open", `The window ends at ${window.end}`, {
      retryAt: new Date(settled),
    });
  }
  const { store, twitter, meter } = deps;
  const { jobId } = source;
  const known = await readCoverage(store, jobId);
  const parts = subtract(window, [...known.intervals, ...known.gaps]);
  if (parts.length === 0) {
    return known;
  }
  await estimateOnce(deps, source);
  const metered = { ...deps, twitter: meter(twitter, jobId) };
  for (const part of parts) {
    await captureInterval(metered, source, { part, lookBackSeconds });
  }
  return readCoverage(store, jobId);
}

async function captureInterval(
  deps: CaptureDeps,
  source: Source,
  { part, lookBackSeconds }: { part: Interval; lookBackSeconds: number },
): Promise<void> {
  if (part.end <= FIRST_TIME) {
    await recordGap(deps, source, {
      ...part,
      reason: `X gives posts by time only from ${FIRST_TIME}`,
      tried: "nothing: X refuses the request",
    });
    return;
  }
  const coverage = await readCoverage(deps.store, source.jobId);
  const newestBelow = coverage.intervals.find(({ end }) => end === part.start)?.newestId;
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
      ...(startTime === part.start && newestBelow !== undefined && { sinceId: newestBelow }),
    },
  });
  await holdLatePosts(deps, source.jobId, { early, coverage });
  const reach = await askForReach(deps, source, { part, captureId, walk });
  if (isReadWholly({ part, walk }, reach)) {
    await addWalk(deps, source, { part, captureId, walk, newestBelow });
  } else {
    await captureToTheDepth(deps, source, part);
  }
}

/**
 * Reads all that X still gives, from the newest post backwards, and records as a gap what lies
 * before the oldest one: an empty answer beyond the depth looks like a quiet day, and is none.
 */
async function captureToTheDepth(deps: CaptureDeps, source: Source, part: Interval): Promise<void> {
  const captureId = captureIdOf(part, "depth");
  const query = part.start >= FIRST_TIME ? { startTime: part.start } : {};
  const { walk } = await readAll(deps, source, { part, captureId, query });
  const span = readSpan(walk, {});
  if (!span) {
    throw new ConnectorError("x-bad-response", "X returned posts and then none of them");
  }
  const start = span.start > part.start ? span.start : part.start;
  const read = walk.newest && walk.newest.createdAt < span.end ? walk.newest.createdAt : part.end;
  const end = read > part.end ? read : part.end;
  await addWalk(deps, source, { part: { start, end }, captureId, walk });
  if (start > part.start) {
    await recordGap(deps, source, {
      start: part.start,
      end: start,
      reason: `X gives only the newest ${DEPTH} posts of an account`,
      tried: `all ${walk.posts} posts that X gave were read, the oldest of ${walk.oldest?.createdAt}`,
      captureId,
    });
  }
}

/** Adds to the coverage what a walk has read of an interval; what X held back is a gap. */
async function addWalk(
  deps: CaptureDeps,
  source: Source,
  { part, captureId, walk, newestBelow }: Part & { newestBelow?: string | undefined },
): Promise<void> {
  const { jobId } = source;
  const { newest, oldest, posts } = walk;
  const doubts = clip(walk.doubts, part);
  const intervals = subtract(part, doubts).map((interval) => {
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
  await addToCoverage(deps.store, jobId, { intervals });
  const [windowStart, windowEnd] = [part.start, part.end];
  deps.log("capture.completed", { jobId, windowStart, windowEnd, posts });
  for (const doubt of doubts) {
    await recordGap(deps, source, {
      ...doubt,
      reason: "X said that it has more posts than it sent",
      tried: "the page was asked for three times",
      captureId,
    });
  }
}

async function readAll(
  { store, twitter, log }: CaptureDeps,
  { jobId, accountId, token }: Source,
  { part, captureId, query }: { part: Interval; captureId: string; query: PageQuery },
): Promise<{ walk: Walk; early: EarlyPost[] }> {
  const pages = readPages(store, {
    folder: names.capturePages(jobId, captureId),
    query,
    fetchPage: (asked) => twitter.timeline(token, accountId, { ...asked, maxResults: PAGE_SIZE }),
    note: (reason) => log("capture.odd-answer", { jobId, reason }),
  });
  const lookUp = (ids: string[]) => twitter.lookup(token, ids);
  const early: EarlyPost[] = [];
  let last: Walk | undefined;
  for await (const { name, page, walk } of pages) {
    await keepContext(store, { name, page, lookUp });
    log("capture.page", { jobId, posts: page.posts.length });
    if (page.missingFields) {
      log("capture.fields-missing", { jobId, detail: page.missingFields.join(", ") });
    }
    const before = page.posts.filter(({ createdAt }) => createdAt < part.start);
    early.push(...before.map((post) => ({ post, page: name })));
    last = walk;
  }
  if (!last) {
    throw new ConnectorError("x-bad-response", "X gave no page at all");
  }
  return { walk: last, early };
}

async function recordGap(
  { store, log, now }: CaptureDeps,
  { jobId }: Source,
  gap: Omit<Gap, "recordedAt">,
): Promise<void> {
  await addToCoverage(store, jobId, { gaps: [{ ...gap, recordedAt: floorToSecond(now()) }] });
  log("gap.recorded", { jobId, windowStart: gap.start, windowEnd: gap.end, reason: gap.reason });
}
