import { names } from "../archive/names.ts";
import { ConnectorError } from "../errors.ts";
import type { SearchQuery } from "../twitter/client.ts";
import type { Answer } from "../twitter/answer.ts";
import { isRepost, parseTimeline, type Post } from "../twitter/page.ts";
import { captureIdOf } from "./capture-id.ts";
import type { Source } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { type Covered, type Gap, noteNoPost, readCoverage, replaceGap } from "./coverage.ts";
import {
  addSeconds,
  clip,
  compare,
  contains,
  floorToSecond,
  type Interval,
  subtract,
} from "../time/intervals.ts";
import { askProbe, readPages } from "./pages.ts";
import { postsOfWindow } from "./posts.ts";
import { postsSentAlong, type Found, toFound } from "./rediscovered.ts";
import { clipSuspect, readAgainAfter } from "./findings.ts";
import { authorOf, readingOf } from "./timeline.ts";
import { FIRST_POST_TIME } from "./times.ts";
import { suspectIntervalsOf, type Scan } from "./scan.ts";

/** X gives up to 500 posts a search, and 10 at least. */
const SEARCH_SIZE = 500;
const PROBE_SIZE = 10;
const REPOSTS_MISSING =
  "X gives no reposts in its search, and its timeline does not reach so far back";
/** What X says to an app that may not search, or not so. */
const REFUSALS = new Set(["x-forbidden", "x-token-refused", "x-bad-request"]);

/**
 * Reads by full-archive search what X's timeline no longer gives. That proves posts but no reposts, and
 * it proves them only if X's search shows the account at all: of a protected account, as of one that
 * does not exist, it shows nothing without a word. So a post that is known must be found first.
 * @param within a window whose own posts go out with it; without one, all gaps are looked at.
 */
export async function searchGaps(
  deps: CaptureDeps,
  source: Source,
  within?: Interval,
): Promise<void> {
  const { store, twitter, meter, log, now, fullArchiveSearch } = deps;
  const { jobId } = source;
  if (!fullArchiveSearch || !source.feed.search) {
    return;
  }
  const { gaps } = await readCoverage(store, source);
  const metered = { ...deps, twitter: meter(twitter, jobId) };
  const isNear = (gap: Gap) => !within || clip([gap], within).length > 0;
  const today = floorToSecond(now());
  // What search contradicted itself on is due by itself, whatever is asked for.
  const isDue = ({ readAgainAt, ...gap }: Gap) =>
    readAgainAt === undefined ? isNear(gap) : readAgainAt <= today;
  for (const gap of gaps.filter((one) => one.unsearched && isDue(one))) {
    try {
      await searchGap(metered, source, { gap, within });
    } catch (error) {
      if (error instanceof ConnectorError && REFUSALS.has(error.code)) {
        const [windowStart, windowEnd] = [gap.start, gap.end];
        log("capture.search-refused", { jobId, windowStart, windowEnd }, error);
        return;
      }
      throw error;
    }
  }
}

async function searchGap(
  deps: CaptureDeps,
  source: Source,
  { gap, within }: { gap: Gap; within: Interval | undefined },
): Promise<void> {
  const { store, log, now } = deps;
  const { jobId } = source;
  // X has no post of that time, and does not take it as a question.
  if (gap.end <= FIRST_POST_TIME) {
    return;
  }
  const { known, noPostUntil } = await findKnownPost(deps, source, gap);
  if (!known) {
    if (noPostUntil !== gap.noPostUntil) {
      await noteNoPost(store, source, { gap, noPostUntil });
    }
    return;
  }
  const { readings = [] } = gap;
  const captureId = captureIdOf(
    gap,
    readings.length === 0 ? "search" : `search${readings.length + 1}`,
  );
  const replace = async (intervals: Covered[], gaps: Omit<Gap, "recordedAt">[]) => {
    const recordedAt = floorToSecond(now());
    const recorded = gaps.map((one) => ({ ...one, recordedAt }));
    await replaceGap(store, source, { gap, intervals, gaps: recorded });
    for (const { start: windowStart, end: windowEnd, reason } of recorded) {
      log("gap.recorded", { jobId, windowStart, windowEnd, reason });
    }
  };
  const { recordedAt: _recordedAt, noPostUntil: _until, ...searchable } = gap;
  const { unsearched: _unsearched, readAgainAt: _readAgainAt, ...searched } = searchable;
  if (!(await isShown(deps, source, { captureId, known }))) {
    const tried = `${gap.tried}; X's search does not show post ${known.id}, which is known`;
    await replace([], [{ ...searched, tried }]);
    return;
  }
  const { scan, found } = await readSearch(deps, source, { gap, captureId });
  const early = found.filter(
    ({ createdAt, sentWith }) => sentWith !== undefined || !within || !contains(within, createdAt),
  );
  await deps.announce(source, early);
  const suspectIntervals = suspectIntervalsOf(scan).flatMap((suspect) => clipSuspect(suspect, gap));
  await replace(
    subtract(gap, [...suspectIntervals, ...scan.unparseable]).map((interval) => ({
      ...interval,
      captureId,
      posts: scan.posts,
      without: "reposts" as const,
    })),
    [
      {
        start: gap.start,
        end: gap.end,
        reason: REPOSTS_MISSING,
        tried: `${gap.tried}; X's search gave ${scan.posts} posts`,
        captureId,
      },
      ...suspectIntervals.map((suspect) => ({
        ...suspect,
        unsearched: true,
        readAgainAt: readAgainAfter(readings.length, now()),
        // What was read of it before stays where it is found.
        readings: [...readings, captureId],
      })),
      ...scan.unparseable.map((one) => ({ ...one, captureId })),
    ],
  );
}

/**
 * The oldest post, but a repost, of the first part that was read after a gap and has one: an archive
 * of years is not read for it, nor the same part of it twice.
 */
async function findKnownPost(
  { store }: CaptureDeps,
  source: Source,
  gap: Gap,
): Promise<{ known?: Post; noPostUntil: string }> {
  const coverage = await readCoverage(store, source);
  let { noPostUntil = gap.end } = gap;
  const parts = coverage.intervals
    .filter(({ without, end }) => without === undefined && end > noPostUntil)
    .toSorted((a, b) => compare(a.start, b.start));
  for (const { start, end } of parts) {
    const isNext = start <= noPostUntil;
    const window = { start: isNext ? noPostUntil : start, end };
    let oldest: Post | undefined;
    for await (const { post } of postsOfWindow(store, { ...source, window, coverage })) {
      const isOlder = oldest === undefined || post.createdAt < oldest.createdAt;
      oldest = isOlder && !isRepost(post) ? post : oldest;
    }
    if (oldest) {
      return { known: oldest, noPostUntil };
    }
    noPostUntil = isNext ? end : noPostUntil;
  }
  return { noPostUntil };
}

/** Asks for the very second of a post that is known. */
async function isShown(
  deps: CaptureDeps,
  source: Source,
  { captureId, known: { createdAt } }: { captureId: string; known: Post },
): Promise<boolean> {
  const query = { startTime: createdAt, endTime: addSeconds(createdAt, 1) };
  const name = names.captureProof(source, captureId, "shown");
  const ask = () => search(deps, source, { ...query, maxResults: PROBE_SIZE });
  const request = { query, ...authorOf(source) };
  const { body } = await askProbe(deps.store, name, { ...readingOf(deps, source), ask, request });
  return parseTimeline(body).posts.length > 0;
}

async function search(
  { twitter }: CaptureDeps,
  source: Source,
  query: SearchQuery,
): Promise<Answer> {
  if (!source.feed.search) {
    throw new ConnectorError("x-bad-request", `X has no search for ${source.feed.words}`);
  }
  return source.feed.search(twitter, source, query);
}

async function readSearch(
  deps: CaptureDeps,
  source: Source,
  { gap, captureId }: { gap: Interval; captureId: string },
): Promise<{ scan: Scan; found: Found[] }> {
  const { store, log } = deps;
  const { jobId } = source;
  const startTime = gap.start < FIRST_POST_TIME ? FIRST_POST_TIME : gap.start;
  const pages = readPages(store, {
    ...readingOf(deps, source),
    folder: names.capturePages(source, captureId),
    query: { startTime, endTime: gap.end },
    fetchPage: ({ paginationToken, untilId }) =>
      search(deps, source, {
        startTime,
        ...(untilId === undefined ? { endTime: gap.end } : { untilId }),
        ...(paginationToken !== undefined && { paginationToken }),
        maxResults: SEARCH_SIZE,
      }),
  });
  const found: Found[] = [];
  let last: Scan | undefined;
  for await (const { name, page, scan } of pages) {
    await source.feed.completePage(deps, source, { name, page });
    log("capture.page", { jobId, posts: page.posts.length });
    found.push(...page.posts.map((post) => toFound(post, name)));
    found.push(...(await postsSentAlong(store, source.feed, { name, page })));
    last = scan;
  }
  if (!last) {
    throw new ConnectorError("x-bad-response", "X gave no page at all");
  }
  return { scan: last, found };
}
