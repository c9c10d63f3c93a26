import { ConnectorError } from "../errors.ts";
import type { Source } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { captureIdOf } from "./capture-id.ts";
import { noteUngiven } from "./claim.ts";
import {
  addToCoverage,
  type Coverage,
  type Gap,
  type Growth,
  readCoverage,
  settledIntervals,
} from "./coverage.ts";
import { gatherEvidence } from "./probes.ts";
import { readAnew, rereadSuspectIntervals } from "./suspect-intervals.ts";
import { estimateOnce } from "./estimate.ts";
import { type Findings, findingsOf } from "./findings.ts";
import { growthWithoutPosts, noteCount, wordsForGrowth } from "./growth.ts";
import { addSeconds, clip, floorToSecond, type Interval, subtract } from "../time/intervals.ts";
import { lookBackFrom } from "./look-back.ts";
import { askForMissing } from "./missing-posts.ts";
import { timeOfId } from "./post-id.ts";
import { searchGaps } from "./search.ts";
import { questionFor, readTimeline } from "./timeline.ts";
import { BEFORE_TIMES, FIRST_TIME } from "./times.ts";
import { BEGINNING, gaveNothing, type PageQuery, SETTLING_SECONDS } from "./scan.ts";

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
  const known = await readCoverage(store, source);
  const parts = partsToRead(window, known);
  if (parts.length > 0) {
    await estimateOnce(deps, source);
  }
  const metered = { ...deps, twitter: meter(twitter, jobId) };
  for (const part of parts) {
    await captureInterval(metered, source, { part, lookBackSeconds });
  }
  if (parts.length > 0) {
    await noteCount(metered, source);
  }
  await rereadSuspectIntervals(metered, source, window);
  await searchGaps(deps, source, window);
  // Last: what was read just now may hold some of it.
  await askForMissing(metered, source);
  return { ...(await readCoverage(store, source)), read: parts };
}

async function captureInterval(
  deps: CaptureDeps,
  source: Source,
  { part, lookBackSeconds }: { part: Interval; lookBackSeconds: number },
): Promise<void> {
  const { jobId } = source;
  const coverage = await readCoverage(deps.store, source);
  const newestBelow = coverage.intervals.find(({ end }) => end === part.start)?.newestId;
  const captureId = captureIdOf(part);
  const { scan, early } = await readTimeline(deps, source, {
    captureId,
    query: part.end <= FIRST_TIME ? questionFor(part) : queryWithLookBack(),
    isEarly: (createdAt) => createdAt < part.start,
  });
  await deps.announce(source, early);
  const grown = gaveNothing(scan)
    ? await growthWithoutPosts(deps, source, { part, captureId })
    : undefined;
  if (grown) {
    await readSuspect(deps, source, { ...part, captureId, grown });
    return;
  }
  const reach = await gatherEvidence(deps, source, { part, captureId, scan });
  const findings = findingsOf({
    feed: source.feed,
    part,
    captureId,
    scan,
    reach,
    newestBelow,
    now: deps.now(),
  });
  await addFindings(deps, source, findings);
  await noteUngiven(deps, source, { part, captureId, scan, reach });
  const [windowStart, windowEnd] = [part.start, part.end];
  deps.log("capture.completed", { jobId, windowStart, windowEnd, posts: scan.posts });

  function queryWithLookBack(): PageQuery {
    const before = lookBackFrom(part.start, lookBackSeconds, coverage);
    const start = before < FIRST_TIME ? FIRST_TIME : before;
    // A post that was edited may have its old time and a new id, beyond posts that are still to be read.
    const isBelow = newestBelow !== undefined && (timeOfId(newestBelow) ?? "") <= part.start;
    return {
      ...questionFor({ start, end: part.end }),
      // X may count the second of `end_time` in or out. Beginning after the newest post that is
      // here already pays for no post twice, and misses none, whichever it is.
      ...(start === part.start && isBelow && { sinceId: newestBelow }),
    };
  }
}

/** Reads an interval again that cannot be empty. What X does not give now, either, is a gap. */
async function readSuspect(
  deps: CaptureDeps,
  source: Source,
  suspect: Interval & { captureId: string; grown: Growth },
): Promise<void> {
  const { log, now } = deps;
  const { jobId } = source;
  const gap: Gap = {
    ...suspect,
    reason: wordsForGrowth(suspect.grown),
    tried: "the first page was asked for again and again, and is empty",
    recordedAt: floorToSecond(now()),
  };
  const { intervals, gaps } = await readAnew(deps, source, { gap, within: suspect });
  for (const { start: windowStart, end: windowEnd, posts } of intervals) {
    const detail = `then X gave ${posts} posts`;
    log("capture.request-repeated", { jobId, windowStart, windowEnd, reason: gap.reason, detail });
    log("capture.completed", { jobId, windowStart, windowEnd, posts });
  }
  for (const { start: windowStart, end: windowEnd, reason } of gaps) {
    log("gap.recorded", { jobId, windowStart, windowEnd, reason });
  }
}

/**
 * What is still to be read of a window. What lies before all that X knows times of is read as a whole,
 * so that it does not matter which windows are asked for.
 */
function partsToRead(window: Interval, coverage: Coverage): Interval[] {
  const known = settledIntervals(coverage);
  const parts = subtract(window, known);
  const isBefore = clip(parts, BEFORE_TIMES).length > 0;
  return [
    ...(isBefore ? subtract(BEFORE_TIMES, known) : []),
    ...parts.flatMap((part) => subtract(part, [{ start: BEGINNING, end: FIRST_TIME }])),
  ];
}

/** Gaps are told of at once, also those that search may close: it may never come to that. */
async function addFindings(
  { store, log, now }: CaptureDeps,
  source: Source,
  { gaps, ...findings }: Findings,
): Promise<void> {
  const recordedAt = floorToSecond(now());
  const added = await addToCoverage(store, source, {
    ...findings,
    gaps: gaps.map((gap) => ({ ...gap, recordedAt })),
  });
  const { jobId } = source;
  for (const { start: windowStart, end: windowEnd, reason } of added) {
    log("gap.recorded", { jobId, windowStart, windowEnd, reason });
  }
}
