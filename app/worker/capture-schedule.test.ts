import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { names } from "../archive/names.ts";
import {
  scheduledCaptureDepsOf,
  pass,
  startCaptureRuns,
  workOffCaptureRuns,
} from "../testing/capture-runs.ts";
import { watch } from "../testing/captures.ts";
import { addJob, CAPTURE_INTERVAL_MS, type Parts } from "../testing/harness.ts";
import { runScheduledCapture } from "./run-capture.ts";
import {
  ensureSchedule,
  ensureSchedules,
  readSchedule,
  startSchedule,
} from "./capture-schedule.ts";

const HOUR_MS = 3_600_000;

let x: LocalX;
let parts: Parts;
beforeEach(async () => {
  ({ x, parts } = await startCaptureRuns());
});
afterEach(() => x.close());

it("A job whose record cannot be read keeps no other from being read", async () => {
  await addJob(parts, "job-0", { id: "7", username: "other", name: "Other" });
  await parts.store.put(names.job("job-0"), Buffer.from("{"));
  await addJob(parts, "job-2", { id: "8", username: "third", name: "Third" });
  await ensureSchedules(scheduledCaptureDepsOf(parts));
  expect(await readSchedule(parts.store, "job-2")).toBeDefined();
  expect(parts.log.of("capture.not-scheduled")).toMatchObject([{ jobId: "job-0" }]);
});

describe("A job has one chain", () => {
  it("whose message waits alone, however many beats there were", async () => {
    await pass(parts, 5);
    const schedule = await readSchedule(parts.store, "job-1");
    expect(parts.queue.waiting()).toEqual([
      {
        message: { jobId: "job-1", captureRunId: schedule?.captureRunId },
        visibleAt: new Date(schedule?.dueAt ?? ""),
      },
    ]);
  });

  it("when the same beat is worked on twice at a time", async () => {
    const [message] = parts.queue.waiting().map((waiting) => waiting.message);
    parts.clock.advance(CAPTURE_INTERVAL_MS);
    const [lease] = await parts.queue.receive(1, HOUR_MS);
    const deps = scheduledCaptureDepsOf(parts, { posts: 4 });
    if (message && "captureRunId" in message) {
      await Promise.all([runScheduledCapture(deps, message), runScheduledCapture(deps, message)]);
    }
    await lease?.finish();
    await pass(parts, 1);
    await pass(parts, 1);
    expect(parts.queue.waiting()).toHaveLength(1);
  });

  it("when several instances revive it at a time, or it is signed in again", async () => {
    const deps = scheduledCaptureDepsOf(parts, { posts: 4 });
    parts.clock.advance(3 * HOUR_MS);
    await Promise.all([1, 2, 3].map(() => ensureSchedule(deps, "job-1")));
    await startSchedule(deps, "job-1");
    expect(parts.queue.waiting()).toHaveLength(5);
    const twitter = watch(parts.twitter);
    await pass(parts, 1, scheduledCaptureDepsOf(parts, { twitter, posts: 4 }));
    expect(twitter.queries.filter(({ untilId }) => untilId === undefined)).toHaveLength(1);
    expect(parts.queue.waiting()).toHaveLength(1);
  });

  it.each([
    ["before the next message was sent", 1, { send: die }],
    ["before the next message counted", 2, { replace: die }],
    ["after the next message counted", 1, {}],
  ])("when a beat is cut off %s", async (_when, waiting, faults) => {
    const { queue, store } = parts;
    const dying = { queue: { ...queue, ...faults }, store: { ...store, ...faults } };
    parts.clock.advance(CAPTURE_INTERVAL_MS);
    const [lease] = await queue.receive(1, 1000);
    const captureRun = lease?.message;
    if (captureRun && "captureRunId" in captureRun) {
      await runScheduledCapture(
        scheduledCaptureDepsOf(parts, { posts: 4, ...dying }),
        captureRun,
      ).catch(() => undefined);
    }
    parts.clock.advance(1000);
    await workOffCaptureRuns(scheduledCaptureDepsOf(parts, { posts: 4 }), queue);
    expect(queue.waiting()).toHaveLength(waiting);
    await pass(parts, 2);
    expect(queue.waiting()).toHaveLength(1);
    expect(x.reads()).toBe(3);
  });

  it("that is revived once its message has been missing for an hour, and not before", async () => {
    parts.clock.advance(CAPTURE_INTERVAL_MS);
    const [lease] = await parts.queue.receive(1, 1000);
    await lease?.finish();
    parts.clock.advance(HOUR_MS);
    await ensureSchedule(scheduledCaptureDepsOf(parts), "job-1");
    expect(parts.queue.waiting()).toEqual([]);
    parts.clock.advance(1);
    await ensureSchedule(scheduledCaptureDepsOf(parts), "job-1");
    expect(parts.queue.waiting()).toHaveLength(1);
    await pass(parts, 1);
    expect(x.reads()).toBe(3);
  });
});

async function die(): Promise<never> {
  throw new Error("the process dies");
}
