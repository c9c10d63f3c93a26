import type { LocalX } from "../../scripts/local/contracts.ts";
import { postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import type { Media } from "../../scripts/local/x/timeline.ts";
import { createXAgent } from "../twitter/agent.ts";
import { createFetchMedia } from "../twitter/media.ts";
import { type ScheduledCaptureDeps, runScheduledCapture } from "../worker/run-capture.ts";
import { startSchedule } from "../worker/capture-schedule.ts";
import { captureDepsOf } from "./captures.ts";
import { addJob, CAPTURE_INTERVAL_MS, createParts, type Parts, X_KEYS } from "./harness.ts";

/** When the job of `startBeating` was signed in. */
export const SIGN_IN = "2026-06-01T12:00:00Z";
/** Newest first: one of the second interval, two of the first, one from before the sign-in. */
export const BEATEN_POSTS = ["12:20", "12:13", "12:02", "11:59"].map((time) =>
  postAt(`2026-06-01T${time}:00.000Z`),
);

/** A job whose chain has just begun, and its X. */
export async function startCaptureRuns(
  posts = BEATEN_POSTS,
  media: Media[] = [],
): Promise<{ x: LocalX; parts: Parts }> {
  const x = await startSmallX(posts, { keys: X_KEYS, media });
  const parts = createParts(x.url);
  await addJob(parts, "job-1");
  await startSchedule(scheduledCaptureDepsOf(parts), "job-1");
  return { x, parts };
}

export function scheduledCaptureDepsOf(
  parts: Parts,
  { posts, ...changes }: Partial<ScheduledCaptureDeps> & { posts?: number } = {},
): ScheduledCaptureDeps {
  const { queue, sealer, settings } = parts;
  return {
    ...captureDepsOf(parts, { ...changes, ...(posts !== undefined && { posts }) }),
    queue,
    sealer,
    fetchMedia: createFetchMedia(settings, createXAgent(settings.X_API_URL)),
    captureIntervalMs: CAPTURE_INTERVAL_MS,
    ...changes,
  };
}

/** Works off every beat that is visible now, as workers would. @returns how many there were. */
export async function workOffCaptureRuns(
  deps: ScheduledCaptureDeps,
  queue: Pick<Parts["queue"], "receive">,
): Promise<number> {
  const leases = await queue.receive(10, 60_000);
  for (const lease of leases) {
    if (lease.message && "captureRunId" in lease.message) {
      await runScheduledCapture(deps, lease.message);
    }
    await lease.finish();
  }
  return leases.length;
}

/** Lets so many intervals pass, working off what becomes visible. */
export async function pass(
  parts: Parts,
  intervals: number,
  deps = scheduledCaptureDepsOf(parts, { posts: BEATEN_POSTS.length }),
): Promise<void> {
  for (let count = 0; count < intervals; count += 1) {
    parts.clock.advance(CAPTURE_INTERVAL_MS);
    await workOffCaptureRuns(deps, parts.queue);
  }
}
