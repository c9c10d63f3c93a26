import type { TimelineFeed } from "../feeds/feed.ts";
import type { Coverage, Covered, Gap } from "./coverage.ts";
import { type Part, readOf } from "./probes.ts";
import { addSeconds, clip, floorToSecond, subtract } from "../time/intervals.ts";
import { type SuspectInterval, suspectIntervalsOf, type CompletenessEvidence } from "./scan.ts";

export type NewGap = Omit<Gap, "recordedAt">;
export type Findings = { intervals: Covered[]; gaps: NewGap[] } & Pick<
  Coverage,
  "outOfReachBefore"
>;

/** When what X contradicted itself on is read again: soon, and then ever less often, but always. */
const READ_AGAIN_FIRST_SECONDS = 15 * 60;
const READ_AGAIN_LAST_SECONDS = 30 * 24 * 3600;

/** What a walk has read of an interval; the rest is a gap. */
export function findingsOf({
  feed,
  part,
  captureId,
  scan,
  reach,
  newestBelow,
  now,
}: Part & {
  feed: TimelineFeed;
  reach: CompletenessEvidence;
  newestBelow?: string | undefined;
  now: Date;
}): Findings {
  const { newest, oldest, posts } = scan;
  const read = readOf({ part, scan }, reach);
  const suspectIntervals = read.flatMap((interval) =>
    suspectIntervalsOf(scan).flatMap((suspect) => clipSuspect(suspect, interval)),
  );
  const intervals = read
    .flatMap((interval) => subtract(interval, [...suspectIntervals, ...scan.unparseable]))
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
    reason: `X gives only the newest ${feed.depth} ${feed.words} of an account`,
    tried: oldest
      ? `all ${posts} ${feed.words} that X gave were read, the oldest of ${oldest.createdAt}`
      : "X gave no post of it, and none that is older",
    ...(feed.search && { unsearched: true }),
  }));
  const readAgainAt = readAgainAfter(0, now);
  const held = suspectIntervals.map((suspect) => ({ ...suspect, captureId, readAgainAt }));
  // Also those of a time that was read before: they may have become visible late.
  const unparseable = scan.unparseable.map((one) => ({ ...one, captureId }));
  const { countedBackTo: outOfReachBefore } = reach;
  return {
    intervals,
    gaps: [...beyond, ...held, ...unparseable],
    ...(outOfReachBefore !== undefined && { outOfReachBefore }),
  };
}

/** When an interval is read again after so many readings that have not mended it. */
export function readAgainAfter(readings: number, now: Date): string {
  const seconds = Math.min(READ_AGAIN_FIRST_SECONDS * 4 ** readings, READ_AGAIN_LAST_SECONDS);
  return addSeconds(floorToSecond(now), seconds);
}

export function clipSuspect(
  suspect: SuspectInterval,
  to: { start: string; end: string },
): SuspectInterval[] {
  return clip([suspect], to).map((interval) => ({ ...suspect, ...interval }));
}
