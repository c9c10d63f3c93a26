import { describe, expect, it, vi } from "vitest";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import { names } from "../archive/names.ts";
import { ConnectorError } from "../errors.ts";
import { forgetJob, readJob } from "../jobs/job.ts";
import { guardQueue } from "../testing/guard-calls.ts";
import { answerPosts, JOB, putTask, type Workbench, useWorkbench } from "../testing/workbench.ts";
import { readSchedule, startSchedule } from "./capture-schedule.ts";
import type { Task } from "./task.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const INTERVAL_MS = 15 * MINUTE_MS;
const POST = postAt("2026-01-01T06:00:00.000Z");
const LONG_AGO = "2026-05-01T00:00:00.000Z";

let bench: Workbench;
useWorkbench((made) => {
  bench = made;
  bench.onX(answerPosts([POST]));
});

describe("A window whose message was lost", () => {
  it("is finished once it has been missing for an hour", async () => {
    await bench.accept("task-1");
    bench.queue.lose();
    bench.start();
    await pass(HOUR_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "accepted" });
    await pass(HOUR_MS + MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect(bench.platform.completions).toMatchObject([{ taskId: "task-1", status: 0 }]);
    expect(bench.log.of("work.message-lost")).toMatchObject([{ jobId: JOB, taskId: "task-1" }]);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it.each<[string, Partial<Task>]>([
    ["accepted", {}],
    ["in the hands of a process that is gone", { run: { id: "gone", until: LONG_AGO } }],
    ["waiting", { state: "waiting", attempts: 3, dueAt: LONG_AGO }],
    [
      "owed, its list being there no more",
      {
        state: "completion-pending",
        pendingCompletion: { status: 1, since: LONG_AGO, tries: 20, poison: false },
      },
    ],
  ])("is finished whatever state a storage was restored to: %s", async (_title, task) => {
    await putTask(bench.store, "task-1", { acceptedAt: LONG_AGO, changedAt: LONG_AGO, ...task });
    bench.start();
    await pass(MINUTE_MS);
    expect(bench.platform.completions).toMatchObject([{ taskId: "task-1" }]);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("is finished where the process ends between its record and its message", async () => {
    await putTask(bench.store, "task-1", { acceptedAt: LONG_AGO, changedAt: LONG_AGO });
    const deaf = guardQueue(bench.queue, (call) => call());
    const dying = bench.start({
      queue: { ...deaf, send: () => Promise.reject(new Error("gone")) },
    });
    await pass(MINUTE_MS);
    void dying.stop();
    bench.start();
    await pass(2 * HOUR_MS + MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
  });

  it("gets one message, however many instances look", async () => {
    await putTask(bench.store, "task-1", { acceptedAt: LONG_AGO, changedAt: LONG_AGO });
    let sent = 0;
    const counting = guardQueue(bench.queue, (call) => call());
    const send: typeof counting.send = async (...given) => {
      sent += 1;
      return counting.send(...given);
    };
    for (let instance = 0; instance < 3; instance += 1) {
      bench.start({ queue: { ...counting, send } });
    }
    await pass(3 * HOUR_MS);
    expect(sent).toBe(1);
    expect(bench.platform.completions).toHaveLength(1);
  });

  it("holds no other up, though its record cannot be read", async () => {
    await bench.store.put(names.task(JOB, "task-0"), Buffer.from("{"));
    await bench.store.put(names.undeliveredTask(JOB, "task-0"), Buffer.alloc(0));
    await putTask(bench.store, "task-1", { acceptedAt: LONG_AGO, changedAt: LONG_AGO });
    bench.start();
    await pass(MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
  });
});

describe("No further message is sent for a window", () => {
  it("that waits for X for days, and is looked at again each hour", async () => {
    bench.onX(async () => {
      throw new ConnectorError("x-credits-spent", "X answered 402");
    });
    await bench.accept("task-1");
    bench.start();
    await pass(48 * HOUR_MS);
    expect(bench.queue.waiting()).toHaveLength(1);
    expect(bench.log.of("work.message-lost")).toEqual([]);
  });

  it("that is not over yet", async () => {
    const window = { start: "2026-06-01T00:00:00Z", end: "2026-06-05T00:00:00Z" };
    await bench.accept("task-1", { window });
    bench.start();
    await pass(72 * HOUR_MS);
    expect(bench.queue.waiting()).toHaveLength(1);
    expect(bench.log.of("work.message-lost")).toEqual([]);
  });

  it("that takes hours, or waits behind one that does", async () => {
    bench.onUpload(() => sleep(3 * HOUR_MS));
    await bench.accept("task-1");
    await bench.accept("task-2");
    bench.start();
    // A step of the work that takes no longer than any may.
    await pass(15 * MINUTE_MS);
    await bench.clear();
    bench.onUpload(async () => undefined);
    vi.setSystemTime(Date.now() + 6 * HOUR_MS);
    bench.start();
    await pass(5 * HOUR_MS);
    expect(bench.log.of("work.message-lost")).toEqual([]);
    expect(bench.platform.completions.map(({ taskId }) => taskId).toSorted()).toEqual([
      "task-1",
      "task-2",
    ]);
  });

  it.each<[string, Partial<Task>]>([
    ["that has failed: it is a person's to put back", { state: "failed" }],
    ["that is delivered", { state: "delivered" }],
  ])("%s", async (_title, task) => {
    await putTask(bench.store, "task-1", { acceptedAt: LONG_AGO, changedAt: LONG_AGO, ...task });
    bench.start();
    await pass(3 * HOUR_MS);
    expect(bench.queue.waiting()).toEqual([]);
    expect(bench.platform.completions).toEqual([]);
  });

  it("of a job that was removed", async () => {
    await putTask(bench.store, "task-1", { acceptedAt: LONG_AGO, changedAt: LONG_AGO });
    const job = await readJob(bench.store, JOB);
    if (job) {
      await forgetJob(bench.store, job, new Date());
    }
    bench.start();
    await pass(3 * HOUR_MS);
    expect(bench.log.of("work.message-lost")).toEqual([]);
  });
});

describe("A job's schedule whose message was lost", () => {
  it("goes on, though nobody asks for a window and no process starts", async () => {
    const changes = { captureIntervalMs: INTERVAL_MS };
    const { store, queue, log, clock } = bench;
    await startSchedule({ store, queue, log: log.log, now: clock.now, ...changes }, JOB);
    bench.start(changes);
    await pass(INTERVAL_MS + MINUTE_MS);
    const before = bench.asked();
    expect(before).toBeGreaterThan(0);
    bench.queue.lose();
    await pass(3 * HOUR_MS);
    expect(bench.asked()).toBeGreaterThan(before);
    expect(bench.queue.waiting()).toHaveLength(1);
    const { dueAt = "" } = (await readSchedule(store, JOB)) ?? {};
    expect(Date.parse(dueAt)).toBeGreaterThan(Date.now());
  });
});

function sleep(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, undefined);
  });
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
