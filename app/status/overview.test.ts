import { beforeEach, describe, expect, it } from "vitest";
import { addToCoverage } from "../capture/coverage.ts";
import { estimateOnce } from "../capture/estimate.ts";
import { addReads } from "../capture/reads.ts";
import { keepRoom } from "../delivery/ledger.ts";
import { addToOutbox } from "../delivery/outbox.ts";
import { forgetJob, markNeedsSignIn } from "../jobs/job.ts";
import { beatDepsOf } from "../testing/beats.ts";
import { captureDepsOf, SOURCE } from "../testing/captures.ts";
import { addJob, createParts, type Parts } from "../testing/harness.ts";
import { putTask } from "../testing/workbench.ts";
import { startChain } from "../work/chain.ts";
import { readOverview } from "./overview.ts";

const OTHER = { id: "43", username: "Other", name: "Other" };

let parts: Parts;
beforeEach(async () => {
  parts = createParts("http://127.0.0.1:1");
  await addJob(parts, "job-1");
});

describe("The overview", () => {
  it("is empty where there is no job", async () => {
    expect(await readOverview(createParts("http://127.0.0.1:1").store)).toEqual([]);
  });

  it("shows a job that has done nothing yet", async () => {
    expect(await readOverview(parts.store)).toEqual([
      {
        jobId: "job-1",
        account: { id: "42", username: "small", name: "Small" },
        since: "2026-06-01T12:00:00.000Z",
        coverage: [],
        gaps: [],
        reads: { today: 0, thisMonth: 0 },
        items: { today: 0, dailyLimit: 200_000, waiting: 0 },
        unfinished: 0,
        tasks: [],
      },
    ]);
  });

  it("shows what X may bill, and when the account is read next", async () => {
    const { store, clock } = parts;
    await startChain(beatDepsOf(parts), "job-1");
    await estimateOnce(captureDepsOf(parts, { posts: 250 }), SOURCE);
    await addReads(store, "job-1", { day: "2026-05-31", reads: { owned: 7, others: 0 } });
    await addReads(store, "job-1", { day: "2026-06-01", reads: { owned: 1, others: 2 } });
    await addReads(store, "job-1", { day: "2026-06-02", reads: { owned: 4, others: 0 } });
    expect(await readOverview(store, clock.now())).toMatchObject([
      {
        next: { dueAt: "2026-06-01T12:15:00.000Z" },
        reads: { today: 3, thisMonth: 7 },
        estimate: expect.stringContaining("at most 250 posts: $0.25") as unknown,
      },
    ]);
  });

  it("joins what was read in neighbouring parts, and shows each gap", async () => {
    const gap = { start: hour(5), end: hour(6), reason: "out of reach", tried: "all" };
    await addToCoverage(parts.store, "job-1", {
      intervals: [covered(0, 1), covered(1, 2), covered(3, 4)],
      gaps: [{ ...gap, recordedAt: hour(7) }],
    });
    const [job] = await readOverview(parts.store);
    expect(job?.coverage).toEqual([
      { start: hour(0), end: hour(2) },
      { start: hour(3), end: hour(4) },
    ]);
    expect(job?.gaps).toMatchObject([gap]);
  });

  it("shows the ten windows that changed last, and nothing sealed of them", async () => {
    for (let index = 0; index < 12; index += 1) {
      await putTask(parts.store, `task-${index}`, {
        changedAt: hour(index),
        sealedSas: "s3cr3t",
        state: "delivered",
        items: index,
        leftOut: 0,
      });
    }
    await putTask(parts.store, "failed", {
      changedAt: hour(20),
      state: "failed",
      reason: "X answered 403",
    });
    const overview = await readOverview(parts.store);
    const tasks = overview[0]?.tasks ?? [];
    expect(tasks.map(({ taskId }) => taskId)).toEqual([
      "failed",
      ...[11, 10, 9, 8, 7, 6, 5, 4, 3].map((index) => `task-${index}`),
    ]);
    expect(tasks[0]).toMatchObject({ state: "failed", reason: "X answered 403" });
    expect(tasks[1]).toMatchObject({ state: "delivered", items: 11, leftOut: 0 });
    expect(JSON.stringify(overview)).not.toMatch(/s3cr3t|sealed|eyJ|[Tt]oken/);
  });

  it("shows what was handed over today, what waits, and what is owed, before all that is done", async () => {
    const { store, clock } = parts;
    const room = { day: "2026-06-01", items: 123, some: true };
    await keepRoom(store, { jobId: "job-1", taskId: "task-1", asked: 1 }, room);
    await addToOutbox(store, "job-1", {
      postId: "7",
      reason: "over the daily limit",
      pages: ["p"],
      foundAt: hour(1),
    });
    for (let index = 0; index < 12; index += 1) {
      await putTask(store, `task-${index}`, { state: "delivered", changedAt: hour(index + 5) });
    }
    await putTask(store, "owed", {
      state: "owed",
      changedAt: hour(1),
      reason: "The Import service answered 503",
      owed: { status: 0, since: hour(1), tries: 20, poison: false },
    });
    const [job] = await readOverview(store, clock.now());
    expect(job).toMatchObject({
      items: { today: 123, dailyLimit: 200_000, waiting: 1 },
      unfinished: 1,
    });
    expect(job?.tasks).toHaveLength(10);
    expect(job?.tasks[0]).toMatchObject({
      taskId: "owed",
      state: "owed",
      owedSince: hour(1),
      reason: "The Import service answered 503",
    });
  });

  it("shows each job for itself, and none that was removed", async () => {
    await addJob(parts, "job-2", OTHER);
    await addToCoverage(parts.store, "job-2", { intervals: [covered(0, 1)] });
    await markNeedsSignIn(parts.store, "job-2", { reason: "X refused the token" });
    await putTask(parts.store, "task-1", {});
    expect(await readOverview(parts.store)).toMatchObject([
      { jobId: "job-1", coverage: [], tasks: [{ taskId: "task-1" }] },
      { jobId: "job-2", needsSignIn: "X refused the token", coverage: [{}], tasks: [] },
    ]);
    await forgetJob(parts.store, await addJob(parts, "job-1"), parts.clock.now());
    expect((await readOverview(parts.store)).map(({ jobId }) => jobId)).toEqual(["job-2"]);
  });
});

function hour(count: number): string {
  return `2026-01-01T${String(count).padStart(2, "0")}:00:00Z`;
}

function covered(from: number, to: number) {
  return { start: hour(from), end: hour(to), captureId: `c-${from}`, posts: 1 };
}
