import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import { inTurnsOf } from "../testing/in-turns.ts";
import { createMemoryStore } from "../testing/memory-store.ts";
import { createRequest, putTask } from "../testing/workbench.ts";
import { LeaseLostError } from "./queue.ts";
import {
  acceptTask,
  changeClaimed,
  claimTask,
  dropClaim,
  endDelivered,
  readTask,
  renewClaim,
  SupersededError,
  type Task,
  undeliveredTasks,
  withoutClaim,
} from "./task.ts";

const KEY = { jobId: "job-1", taskId: "task-1" };
const NOON = new Date("2026-06-01T12:00:00Z");
const LEASE_MS = 120_000;
const afterNoon = (ms: number) => new Date(NOON.getTime() + ms);

let store: ReturnType<typeof createMemoryStore>;
beforeEach(() => {
  store = createMemoryStore();
});

describe("A request", () => {
  it("is kept as it came", async () => {
    const request = { ...createRequest("task-1"), dirtyIds: ["7"] };
    await acceptTask(store, request);
    expect(await readTask(store, "job-1", "task-1")).toEqual({
      ...request,
      state: "accepted",
      changedAt: request.acceptedAt,
      asked: 1,
      question: 1,
      answer: 1,
      attempts: 0,
      crashes: 0,
    });
    expect(await readTask(store, "job-1", "task-2")).toBeUndefined();
    expect(await readTask(store, "job-2", "task-1")).toBeUndefined();
  });

  it("that comes twice at the same time is one task, asked for twice", async () => {
    const [one, two] = [createRequest("task-1"), { ...createRequest("task-1"), sealedSas: "two" }];
    await Promise.all([acceptTask(store, one), acceptTask(store, two)]);
    expect(await undeliveredTasks(store, "job-1")).toHaveLength(1);
    const task = await taskOf();
    expect([one.sealedSas, "two"]).toContain(task.sealedSas);
    expect(task).toMatchObject({ asked: 2, question: 1, answer: 1 });
  });
});

describe("A request that comes again", () => {
  it("brings a fresh SAS, keeps the list that was made, and says when it came first", async () => {
    await acceptTask(store, { ...createRequest("task-1"), acceptedAt: "2026-01-01T00:00:00Z" });
    await change((task) => ({ ...task, state: "delivered", items: 3, omitted: 1 }));
    await acceptTask(store, { ...createRequest("task-1"), sealedSas: "fresh" });
    expect(await taskOf()).toMatchObject({
      state: "accepted",
      sealedSas: "fresh",
      asked: 2,
      question: 1,
      answer: 1,
      items: 3,
      acceptedAt: "2026-01-01T00:00:00Z",
    });
  });

  it("after a failure begins anew, with a list that is made anew", async () => {
    await acceptTask(store, createRequest("task-1"));
    const pendingCompletion = {
      status: 1,
      since: NOON.toISOString(),
      tries: 2,
      poison: true,
    } as const;
    const waitsFor = { code: "sas-unusable", since: NOON.toISOString() };
    const failed = { state: "failed", attempts: 10, crashes: 9, reason: "given up" } as const;
    await change((task) => ({ ...task, ...failed, pendingCompletion, waitsFor }));
    await acceptTask(store, createRequest("task-1"));
    const task = await taskOf();
    expect(task).toMatchObject({ state: "accepted", attempts: 0, crashes: 0, answer: 2 });
    expect(task).not.toHaveProperty("reason");
    expect(task).not.toHaveProperty("completion-pending");
    expect(task).not.toHaveProperty("waitsFor");
  });

  it.each([
    ["another window", { window: { start: "2026-01-01T00:00:00Z", end: "2026-01-03T00:00:00Z" } }],
    ["other ids", { dirtyIds: ["7"] }],
  ])("for %s is another question, with a list of its own", async (_what, changes) => {
    await acceptTask(store, createRequest("task-1"));
    await change((task) => ({ ...task, state: "delivered", items: 3 }));
    await acceptTask(store, { ...createRequest("task-1"), ...changes });
    const task = await taskOf();
    expect(task).toMatchObject({ ...changes, asked: 2, question: 2, answer: 2 });
    expect(task).not.toHaveProperty("items");
  });

  it("for the same ids in another order is the same question", async () => {
    await acceptTask(store, { ...createRequest("task-1"), dirtyIds: ["7", "8"] });
    await acceptTask(store, { ...createRequest("task-1"), dirtyIds: ["8", "7"] });
    expect(await taskOf()).toMatchObject({ asked: 2, question: 1, dirtyIds: ["7", "8"] });
  });
});

describe("A claim", () => {
  beforeEach(() => acceptTask(store, createRequest("task-1")));

  it("is had by one of those who want it", async () => {
    const claims = await Promise.all(["a", "b", "c"].map((runId) => claim(runId)));
    expect(claims.filter(({ kind }) => kind === "ours")).toHaveLength(1);
    const held = claims.filter(({ kind }) => kind === "held");
    expect(held).toEqual([1, 2].map(() => ({ kind: "held", until: afterNoon(LEASE_MS) })));
  });

  it("that runs out goes to the next, and counts as the death of its process", async () => {
    const first = await claimed("a");
    const second = await claimed("b", afterNoon(LEASE_MS));
    expect(second).toMatchObject({ crashes: 1, run: { id: "b" } });
    await expect(changeClaimed(store, first, (task) => task)).rejects.toThrow(LeaseLostError);
    await expect(renewClaim(store, first, afterNoon(9e9))).rejects.toThrow(LeaseLostError);
    await dropClaim(store, first);
    expect(await taskOf()).toMatchObject({ run: { id: "b" } });
  });

  it("that is renewed does not run out", async () => {
    const first = await claimed("a");
    await renewClaim(store, first, afterNoon(2 * LEASE_MS));
    expect(await claim("b", afterNoon(LEASE_MS))).toMatchObject({ kind: "held" });
  });

  it("that is dropped is no death, and ends the count of them", async () => {
    await claimed("a");
    const second = await claimed("b", afterNoon(LEASE_MS));
    await dropClaim(store, second);
    expect(await claimed("c", afterNoon(LEASE_MS))).toMatchObject({ crashes: 0 });
  });

  it("is over where the task is delivered, and unknown where there is none", async () => {
    await change((task) => ({ ...task, state: "delivered" }));
    expect(await claim("a")).toEqual({ kind: "over" });
    const other = { ...KEY, taskId: "task-2" };
    const runId = "a";
    expect(await claimTask(store, other, { runId, now: NOON, forMs: LEASE_MS })).toEqual({
      kind: "unknown",
      reason: "no such task in the archive",
    });
  });

  it("of a failed task is over, but for the message of that failure, which begins it anew once", async () => {
    await change((task) => ({ ...task, state: "failed", attempts: 10, reason: "given up" }));
    const claimFor = (failed: number | undefined) =>
      claimTask(store, { ...KEY, failed }, { runId: "a", now: NOON, forMs: LEASE_MS });
    expect(await claimFor(undefined)).toEqual({ kind: "over" });
    expect(await claimFor(2)).toEqual({ kind: "over" });
    const anew = { state: "accepted", attempts: 0, answer: 2 };
    expect(await claimFor(1)).toMatchObject({ kind: "ours", task: anew });
    await change((task) => withoutClaim({ ...task, state: "failed" }));
    expect(await claimFor(1)).toEqual({ kind: "over" });
  });

  it("changes what is as it was taken, and loses no other change", async () => {
    const first = await claimed("a");
    const countUp = () =>
      changeClaimed(store, first, (task) => ({ ...task, attempts: task.attempts + 1 }));
    await Promise.all([countUp(), countUp(), countUp()]);
    expect(await taskOf()).toMatchObject({ attempts: 3 });
  });

  it("is superseded where the platform has asked again", async () => {
    const first = await claimed("a");
    await acceptTask(store, { ...createRequest("task-1"), sealedSas: "fresh" });
    const renewal = renewClaim(store, first, afterNoon(LEASE_MS));
    await expect(renewal).rejects.toThrow(SupersededError);
    await dropClaim(store, first);
    expect(await claimed("b")).toMatchObject({ asked: 2, sealedSas: "fresh", crashes: 0 });
  });

  it("is not held by what was given back", async () => {
    const first = await claimed("a");
    await changeClaimed(store, first, (task) => withoutClaim(task));
    await expect(changeClaimed(store, first, (task) => task)).rejects.toThrow(LeaseLostError);
  });
});

describe("Undelivered", () => {
  it("are the tasks of one job that the platform has not accepted, failed or not", async () => {
    for (const state of [
      "accepted",
      "waiting",
      "completion-pending",
      "failed",
      "delivered",
    ] as const) {
      await putTask(store, `../${state}`, { state });
    }
    await putTask(store, "task-1", { jobId: "job-10" });
    const tasks = await undeliveredTasks(store, "job-1");
    expect(tasks.map(({ taskId, state }) => [taskId, state])).toEqual([
      ["../accepted", "accepted"],
      ["../completion-pending", "completion-pending"],
      ["../failed", "failed"],
      ["../waiting", "waiting"],
    ]);
  });

  it("is a task from its acceptance to its delivery, and again when it is asked for again", async () => {
    await acceptTask(store, createRequest("task-1"));
    expect(await undeliveredTasks(store, "job-1")).toHaveLength(1);
    await endDelivered(store, await claimed("a"), NOON.toISOString());
    expect(await taskOf()).toMatchObject({ state: "delivered", changedAt: NOON.toISOString() });
    expect([...store.blobs.keys()]).toEqual([names.task("job-1", "task-1")]);
    await acceptTask(store, createRequest("task-1"));
    expect(await undeliveredTasks(store, "job-1")).toHaveLength(1);
  });

  it("is a task that is asked for again while it is being delivered, in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        store = createMemoryStore();
        await acceptTask(store, createRequest("task-1"));
        const task = await claimed("a");
        const raced = inTurnsOf(scheduler, store);
        const delivery = endDelivered(raced, task, NOON.toISOString());
        const asking = acceptTask(raced, createRequest("task-1"));
        await scheduler.waitFor(Promise.allSettled([delivery, asking]));
        expect(await undeliveredTasks(store, "job-1")).toMatchObject([{ state: "accepted" }]);
      }),
      { numRuns: 500 },
    );
  });
});

function claim(runId: string, now = NOON) {
  return claimTask(store, KEY, { runId, now, forMs: LEASE_MS });
}

async function claimed(runId: string, now = NOON): Promise<Task> {
  const taken = await claim(runId, now);
  if (taken.kind !== "ours") {
    throw new Error(`The claim is ${taken.kind}`);
  }
  return taken.task;
}

async function taskOf(): Promise<Task> {
  const task = await readTask(store, "job-1", "task-1");
  if (!task) {
    throw new Error("There is no such task");
  }
  return task;
}

/** Writes a task as it may have become. */
async function change(to: (task: Task) => Task, taskId = "task-1"): Promise<void> {
  const task = await readTask(store, "job-1", taskId);
  await putTask(store, taskId, task ? to(task) : {});
}
