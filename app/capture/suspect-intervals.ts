import { ConnectorError } from "../errors.ts";
import { captureIdOf } from "./capture-id.ts";
import type { Source } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { type Covered, type Gap, readCoverage, replaceGap } from "./coverage.ts";
import { gatherEvidence } from "./probes.ts";
import { findingsOf, readAgainAfter } from "./findings.ts";
import { isKnown } from "./growth.ts";
import { contains, floorToSecond, type Interval } from "../time/intervals.ts";
import { questionFor, readTimeline } from "./timeline.ts";
import { gaveNothing } from "./scan.ts";

/** Gaps that are read again in one go: what is asked for now does not wait long for them. */
const MOST_AT_A_TIME = 5;
/** What earlier versions did not ask X for. */
const NOT_ASKED_FOR = "nothing: X refuses the request";
/** What a later reading may be answered with, too; whatever else is in the way is in the way of all work. */
const OF_ONE_GAP = new Set(["x-bad-request", "x-bad-response"]);

/**
 * Reads again what X contradicted itself on, as soon as it is due: time may have mended it.
 * @param within a window whose own posts go out with it.
 */
export async function rereadSuspectIntervals(
  deps: CaptureDeps,
  source: Source,
  within: Interval,
): Promise<void> {
  const { gaps } = await readCoverage(deps.store, source);
  const now = floorToSecond(deps.now());
  // What a search contradicted itself on is searched again (search.ts).
  const isDue = ({ readAgainAt, tried, unsearched = false }: Gap) =>
    readAgainAt === undefined ? tried === NOT_ASKED_FOR : !unsearched && readAgainAt <= now;
  for (const gap of gaps.filter(isDue).slice(0, MOST_AT_A_TIME)) {
    try {
      await readAgain(deps, source, { gap, within });
    } catch (error) {
      if (!(error instanceof ConnectorError) || !OF_ONE_GAP.has(error.code)) {
        throw error;
      }
      deps.log("capture.unexpected-answer", { jobId: source.jobId, reason: error.message });
      await postpone(deps, source, gap);
    }
  }
}

async function readAgain(
  deps: CaptureDeps,
  source: Source,
  { gap, within }: { gap: Gap; within: Interval },
): Promise<void> {
  const { log } = deps;
  const { jobId } = source;
  const { intervals, gaps } = await readAnew(deps, source, { gap, within });
  for (const { start: windowStart, end: windowEnd } of intervals) {
    log("gap.closed", { jobId, windowStart, windowEnd, reason: gap.reason });
  }
  for (const { start: windowStart, end: windowEnd, reason } of gaps) {
    if (reason !== gap.reason) {
      log("gap.recorded", { jobId, windowStart, windowEnd, reason });
    }
  }
}

/**
 * Reads an interval again that is a gap, or is about to be one, and puts what was found out in its place.
 * @param within what of the interval goes out without being held for a later window.
 * @returns what of it was read, and what is a gap now.
 */
export async function readAnew(
  deps: CaptureDeps,
  source: Source,
  { gap, within }: { gap: Gap; within: Interval },
): Promise<{ intervals: Covered[]; gaps: Gap[] }> {
  const { store, now } = deps;
  const { captureId: earlierId, readings = [] } = gap;
  const captureId = captureIdOf(gap, `again${readings.length + 1}`);
  const isMissing = gap.grown !== undefined && !(await isKnown(store, source, gap.grown));
  const whyNotEmpty = isMissing ? gap.reason : undefined;
  const { scan, early } = await readTimeline(deps, source, {
    captureId,
    query: questionFor(gap),
    whyNotEmpty,
    isEarly: (createdAt) => contains(gap, createdAt) && !contains(within, createdAt),
  });
  await deps.announce(source, early);
  const reach = await gatherEvidence(deps, source, { part: gap, captureId, scan });
  const findings =
    isMissing && gaveNothing(scan)
      ? { intervals: [], gaps: [{ ...gap, readAgainAt: "" }] }
      : findingsOf({ feed: source.feed, part: gap, captureId, scan, reach, now: now() });
  const recordedAt = floorToSecond(now());
  const gaps = findings.gaps.map((one): Gap => {
    const isSame = one.reason === gap.reason;
    const isDoubt = one.readAgainAt !== undefined;
    return {
      ...one,
      recordedAt: isSame ? gap.recordedAt : recordedAt,
      // What was read of it before stays where it is found.
      ...(earlierId !== undefined && { captureId: earlierId }),
      readings: [...readings, captureId],
      ...(isDoubt && { readAgainAt: readAgainAfter(readings.length + 1, now()) }),
    };
  });
  const intervals = findings.intervals.flatMap((interval): Covered[] => [
    interval,
    ...(earlierId === undefined ? [] : [{ ...interval, captureId: earlierId }]),
  ]);
  await replaceGap(store, source, { gap, intervals, gaps });
  return { intervals: findings.intervals, gaps };
}

async function postpone({ store, now }: CaptureDeps, source: Source, gap: Gap): Promise<void> {
  const { readings = [] } = gap;
  const readAgainAt = readAgainAfter(readings.length + 1, now());
  await replaceGap(store, source, { gap, intervals: [], gaps: [{ ...gap, readAgainAt }] });
}
