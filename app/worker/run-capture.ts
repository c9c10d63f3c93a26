import { capture } from "../capture/capture.ts";
import type { CaptureDeps } from "../capture/capture-deps.ts";
import type { Coverage } from "../capture/coverage.ts";
import { floorToSecond, type Interval } from "../time/intervals.ts";
import { LOOK_BACK_SECONDS } from "../capture/look-back.ts";
import type { MediaDeps } from "../capture/media.ts";
import { postsOfWindow } from "../capture/posts.ts";
import { searchGaps } from "../capture/search.ts";
import { settledBy } from "../capture/scan.ts";
import type { Sealer } from "../archive/seal.ts";
import { mediaOf, planMedia } from "../delivery/attachments.ts";
import { holdLateRecords } from "../delivery/late-records.ts";
import { describeError } from "../errors.ts";
import { type Job, openToken, readJob, resealToken } from "../jobs/job.ts";
import { probeToken } from "../jobs/probe-token.ts";
import { decideOutcome, waitFor } from "../outcomes.ts";
import { earlierVersionsOf } from "../twitter/page.ts";
import {
  type CaptureSchedule,
  type ScheduleDeps,
  continueSchedule,
  endSchedule,
  readSchedule,
} from "./capture-schedule.ts";
import { hasOthersOn, runFeeds } from "./run-feeds.ts";
import { recordFailureEffects } from "./failure-effects.ts";
import type { RunState } from "../feeds/run-state.ts";
import type { FeedSwitches } from "../feeds/statements.ts";
import { postsOf } from "../feeds/posts.ts";

export type ScheduledCaptureDeps = Omit<CaptureDeps, "announce"> &
  ScheduleDeps &
  MediaDeps &
  FeedSwitches & { sealer: Sealer };

/**
 * One capture that nobody asked for, and the message of the next one. A beat that does not count
 * (any more), or whose job was removed, ends without a word.
 */
export async function runScheduledCapture(
  deps: ScheduledCaptureDeps,
  captureRun: { jobId: string; captureRunId: string },
): Promise<void> {
  const schedule = await readSchedule(deps.store, captureRun.jobId);
  if (schedule?.captureRunId !== captureRun.captureRunId) {
    return;
  }
  const job = await readJob(deps.store, captureRun.jobId);
  if (!job || deps.captureIntervalMs === 0) {
    await endSchedule(deps, captureRun);
    return;
  }
  const next = await captureOwnTimeline(deps, job, schedule);
  await runFeeds(deps, job, (state) => sinceOn(job, state, settledBy(deps.now())));
  // What the timeline waits for, no other feed waits for.
  const isShort = hasOthersOn(deps) && next.delayMs > deps.captureIntervalMs;
  const retryAt = new Date(deps.now().getTime() + next.delayMs).toISOString();
  await continueSchedule(
    deps,
    captureRun,
    isShort ? { ...next, retryAt, delayMs: deps.captureIntervalMs } : next,
  );
}

type Next = Omit<CaptureSchedule, "captureRunId" | "dueAt"> & { delayMs: number };

function captureOwnTimeline(
  deps: ScheduledCaptureDeps,
  job: Job,
  schedule: CaptureSchedule,
): Promise<Next> {
  const { captureRunId: _id, dueAt: _due, retryAt = "", ...waiting } = schedule;
  const delayMs = Date.parse(retryAt) - deps.now().getTime();
  return delayMs > 0 ? Promise.resolve({ ...waiting, delayMs }) : tryToCapture(deps, job, schedule);
}

/** What came since the sign-in, and since the feed is on. */
function sinceOn(
  { createdAt }: Job,
  state: Pick<RunState, "isOn" | "since"> | undefined,
  end: string,
): Interval {
  const since = state?.isOn ? floorToSecond(new Date(state.since)) : end;
  const start = floorToSecond(new Date(createdAt));
  return { start: since > start ? since : start, end };
}

async function tryToCapture(
  deps: ScheduledCaptureDeps,
  job: Job,
  { attempts, until: before, waitsFor: waitedFor }: CaptureSchedule,
): Promise<Next> {
  const { captureIntervalMs, log, now } = deps;
  const { jobId, sealedToken } = job;
  // What was begun is ended first: its pages are here in part, and would be read anew otherwise.
  const until = before ?? settledBy(now());
  try {
    const { needsSignIn, ...signedIn } = await probeToken(deps, job);
    if (needsSignIn === undefined) {
      await captureSinceSignIn(deps, signedIn, until);
    } else {
      // Again and again: an alert must not take it for mended after two days, as far as Azure looks back.
      log("job.needs-sign-in", { jobId, reason: needsSignIn });
    }
    return { delayMs: before === undefined ? captureIntervalMs : 0, attempts: 0 };
  } catch (error) {
    const waitsFor = waitFor(waitedFor, error, now());
    const outcome = decideOutcome(error, attempts, now(), new Date(waitsFor.since));
    const { code, error: reason } = describeError(error);
    const about = { jobId, ...(code !== undefined && { code }) };
    await recordFailureEffects(deps, { ...about, sealedToken, outcome, reason });
    if (outcome.at) {
      log("capture.waiting", { ...about, retryAt: outcome.at.toISOString() }, error);
      const waits = outcome.kind === "park" ? attempts : attempts + 1;
      return {
        delayMs: outcome.at.getTime() - now().getTime(),
        attempts: waits,
        reason,
        waitsFor,
        until,
      };
    }
    // No task hangs on it: the next beat tries again, and tells again.
    log("capture.failed", about, error);
    return {
      delayMs: captureIntervalMs,
      attempts: 0,
      reason,
      until,
    };
  }
}

/** History is the platform's to ask for; what comes after the sign-in is read as it comes. */
async function captureSinceSignIn(
  deps: ScheduledCaptureDeps,
  job: Job,
  end: string,
): Promise<void> {
  const window = { start: floorToSecond(new Date(job.createdAt)), end };
  if (window.start < window.end) {
    const token = await openToken(deps.sealer, job);
    const source = { ...postsOf(job.jobId), accountId: job.account.id, token };
    const reading = { ...deps, announce: holdLateRecords(deps) };
    const coverage = await capture(reading, source, window, { lookBackSeconds: LOOK_BACK_SECONDS });
    await searchGaps(reading, source);
    await keepMedia(deps, job.jobId, { parts: coverage.read, coverage });
    // Last: who marks a job for what X said of its token compares it, sealed, with what was read.
    await resealToken(deps, job);
  }
}

/** X may have them no more when the platform asks. What cannot be had now is tried again then. */
async function keepMedia(
  deps: ScheduledCaptureDeps,
  jobId: string,
  { parts, coverage }: { parts: Interval[]; coverage: Coverage },
): Promise<void> {
  for (const window of parts) {
    for await (const { post, includes } of postsOfWindow(deps.store, {
      ...postsOf(jobId),
      window,
      coverage,
    })) {
      for (const version of [post, ...earlierVersionsOf(post, includes)]) {
        await planMedia(deps, { jobId, id: version.id, media: mediaOf(version, includes) });
      }
    }
  }
}
