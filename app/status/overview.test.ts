import { beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { wordsForClaim } from "../capture/claim.ts";
import { addToCoverage, noteClaim } from "../capture/coverage.ts";
import { estimateOnce } from "../capture/estimate.ts";
import { addReads } from "../capture/usage.ts";
import { keepRoom, recordAcceptance } from "../delivery/ledger.ts";
import { addToOutbox } from "../delivery/outbox.ts";
import { forgetJob, markNeedsSignIn } from "../jobs/job.ts";
import { scheduledCaptureDepsOf } from "../testing/capture-runs.ts";
import { captureDepsOf, SOURCE } from "../testing/captures.ts";
import { addJob, createParts, type Parts } from "../testing/harness.ts";
import { createRequest, putTask } from "../testing/workbench.ts";
import { startSchedule } from "../worker/capture-schedule.ts";
import { acceptTask } from "../worker/task.ts";
import { readOverview, type ShownTask } from "./overview.ts";
import { statusPage } from "./page.ts";
import { MENTIONS } from "../feeds/mentions.ts";
import { POSTS, postsOf } from "../feeds/posts.ts";
import { PROFILE } from "../feeds/profile.ts";

const OTHER = { id: "43", username: "Other", name: "Other" };

let parts: Parts;
beforeEach(async () => {
  parts = createParts("http://127.0.0.1:1");
  await addJob(parts, "job-1");
});

const NOTHING = { owned: 0, others: 0, users: 0, messages: 0 };

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
        feeds: [
          {
            feed: "posts",
            words: "archived since 2026-06-01T12:00:00.000Z; read completely: nothing yet",
            limits: POSTS.limits,
          },
          {
            feed: "profile",
            words: "not archived since 2026-06-01T12:00:00.000Z; 0 versions; last looked at: never",
            limits: PROFILE.limits,
          },
          {
            feed: "mentions",
            words: "not archived since 2026-06-01T12:00:00.000Z; read completely: nothing yet",
            limits: MENTIONS.limits,
          },
        ],
        reads: { today: NOTHING, thisMonth: NOTHING },
        items: { today: 0, dailyLimit: 200_000, waiting: 0 },
        unfinished: 0,
        tasks: [],
      },
    ]);
  });

  it("says that X counts far more posts than it gives, and so does the page", async () => {
    const { store } = parts;
    await addToCoverage(store, postsOf("job-1"), {});
    const claim = { posts: 5000, given: 250, notedAt: "2026-06-01T12:00:00Z" };
    await noteClaim(store, postsOf("job-1"), claim);
    const jobs = await readOverview(store);
    expect(jobs).toMatchObject([{ gaps: [], remark: wordsForClaim(claim) }]);
    const health = { version: "1", packageHash: "", missing: [], isAble: true };
    const page = await statusPage({ nonce: "n", health, jobs });
    expect(String(page)).toContain("X says 5,000 posts, its timeline ended after 250");
  });

  it("shows what X may bill, and when the account is read next", async () => {
    const { store, clock } = parts;
    await startSchedule(scheduledCaptureDepsOf(parts), "job-1");
    await estimateOnce(captureDepsOf(parts, { posts: 250 }), SOURCE);
    await addReads(store, "job-1", { day: "2026-05-31", reads: { ...NOTHING, owned: 7 } });
    await addReads(store, "job-1", {
      day: "2026-06-01",
      reads: { owned: 1, others: 2, users: 3, messages: 0 },
    });
    await addReads(store, "job-1", { day: "2026-06-02", reads: { ...NOTHING, owned: 4 } });
    expect(await readOverview(store, clock.now())).toMatchObject([
      {
        next: { dueAt: "2026-06-01T12:15:00.000Z" },
        reads: {
          today: { owned: 1, others: 2, users: 3, messages: 0 },
          thisMonth: { owned: 5, others: 2, users: 3, messages: 0 },
        },
        estimate: expect.stringContaining("at most 250 own posts: $0.25") as unknown,
      },
    ]);
  });

  it("joins what was read in neighbouring parts, and shows each gap", async () => {
    const gap = { start: hour(5), end: hour(6), reason: "out of reach", tried: "all" };
    await addToCoverage(parts.store, postsOf("job-1"), {
      intervals: [covered(0, 1), covered(1, 2), covered(3, 4)],
      gaps: [{ ...gap, recordedAt: hour(7) }],
    });
    expect(await readOverview(parts.store)).toMatchObject([
      {
        coverage: [
          { start: hour(0), end: hour(2) },
          { start: hour(3), end: hour(4) },
        ],
        gaps: [gap],
      },
    ]);
  });

  it("shows the ten windows that changed last, and nothing sealed of them", async () => {
    for (let index = 0; index < 12; index += 1) {
      await putDelivered(index);
    }
    await putTask(parts.store, "failed", {
      changedAt: hour(20),
      state: "failed",
      reason: "X answered 403",
    });
    const overview = await readOverview(parts.store);
    const tasks = tasksOf(overview);
    expect(tasks.map(({ taskId }) => taskId)).toEqual([
      "failed",
      ...[11, 10, 9, 8, 7, 6, 5, 4, 3].map((index) => `task-${index}`),
    ]);
    expect(tasks[0]).toMatchObject({ state: "failed", reason: "X answered 403" });
    expect(tasks[1]).toMatchObject({ state: "delivered", items: 11, omitted: 0 });
    expect(JSON.stringify(overview)).not.toMatch(/s3cr3t|sealed|eyJ|[Tt]oken/);
  });

  it("shows what was handed over today, what waits, and what is owed, before all that is done", async () => {
    const { store, clock } = parts;
    const room = { day: "2026-06-01", items: 123, some: true };
    await keepRoom(store, { jobId: "job-1", taskId: "task-1", asked: 1 }, room);
    await addToOutbox(store, "job-1", {
      feed: "posts",
      id: "7",
      reason: "over the daily limit",
      pages: ["p"],
      foundAt: hour(1),
    });
    for (let index = 0; index < 12; index += 1) {
      await putDelivered(index);
    }
    await putTask(store, "completion-pending", {
      state: "completion-pending",
      changedAt: hour(1),
      reason: "The Import service answered 503",
      pendingCompletion: { status: 0, since: hour(1), tries: 20, poison: false },
    });
    const overview = await readOverview(store, clock.now());
    expect(overview).toMatchObject([
      { items: { today: 123, dailyLimit: 200_000, waiting: 1 }, unfinished: 1 },
    ]);
    expect(tasksOf(overview)).toHaveLength(10);
    expect(tasksOf(overview)[0]).toMatchObject({
      taskId: "completion-pending",
      state: "completion-pending",
      owedSince: hour(1),
      reason: "The Import service answered 503",
    });
  });

  it("shows each job for itself, and none that was removed", async () => {
    await addJob(parts, "job-2", OTHER);
    await addToCoverage(parts.store, postsOf("job-2"), { intervals: [covered(0, 1)] });
    await markNeedsSignIn(parts.store, "job-2", { reason: "X refused the token" });
    await putTask(parts.store, "task-1", {});
    expect(await readOverview(parts.store)).toMatchObject([
      { jobId: "job-1", coverage: [], tasks: [{ taskId: "task-1" }] },
      { jobId: "job-2", needsSignIn: "X refused the token", coverage: [{}], tasks: [] },
    ]);
    await forgetJob(parts.store, await addJob(parts, "job-1"), parts.clock.now());
    expect((await readOverview(parts.store)).map(({ jobId }) => jobId)).toEqual(["job-2"]);
  });

  it("shows a window that is asked for again once, as what it is now", async () => {
    await putDelivered(1);
    await acceptTask(parts.store, createRequest("task-1"));
    expect(tasksOf(await readOverview(parts.store))).toMatchObject([
      { taskId: "task-1", state: "accepted" },
    ]);
  });

  it("reads as much for a year of windows as for a day of them", async () => {
    const reads: string[] = [];
    const counting: Store = {
      ...parts.store,
      read: (name) => (reads.push(name), parts.store.read(name)),
    };
    const readsFor = async (windows: number) => {
      for (let index = 0; index < windows; index += 1) {
        await putDelivered(index);
      }
      reads.length = 0;
      await readOverview(counting);
      return reads.length;
    };
    expect(await readsFor(365)).toBe(await readsFor(24));
  });

  it.each([
    ["the job", names.job("job-1")],
    ["its coverage", names.coverage(postsOf("job-1"))],
    ["a window", names.task("job-1", "task-1")],
  ])("shows which record of %s cannot be read, and the other jobs", async (_what, damaged) => {
    await addJob(parts, "job-2", OTHER);
    await putTask(parts.store, "task-1", {});
    await parts.store.put(damaged, Buffer.from("{"));
    expect(await readOverview(parts.store)).toMatchObject([
      { jobId: "job-1", damage: `${damaged} in the archive cannot be read`, isNewer: false },
      { jobId: "job-2", account: OTHER },
    ]);
  });

  it("is none where the archive itself cannot be read", async () => {
    const away = new Error("the archive does not answer");
    const store: Store = { ...parts.store, read: () => Promise.reject(away) };
    await expect(readOverview(store)).rejects.toBe(away);
  });

  /** A window that the platform has accepted at this hour. */
  async function putDelivered(index: number): Promise<void> {
    const [taskId, acceptedAt] = [`task-${index}`, hour(index)];
    const task = { state: "delivered", changedAt: acceptedAt, items: index, omitted: 0 } as const;
    await putTask(parts.store, taskId, { ...task, sealedSas: "s3cr3t" });
    const [key, day] = [{ jobId: "job-1", taskId, asked: 1 }, acceptedAt.slice(0, 10)];
    await keepRoom(parts.store, key, { day, items: index, some: true });
    await recordAcceptance(parts.store, key, { day, acceptedAt, window: covered(0, 1) });
  }
});

function tasksOf([job]: Awaited<ReturnType<typeof readOverview>>): ShownTask[] {
  return job && "tasks" in job ? job.tasks : [];
}

function hour(count: number): string {
  return new Date(Date.UTC(2026, 0, 1, count)).toISOString().replace(".000Z", "Z");
}

function covered(from: number, to: number) {
  return { start: hour(from), end: hour(to), captureId: `c-${from}`, posts: 1 };
}
