import { beforeEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../testing/memory-store.ts";
import { createTask } from "../testing/workbench.ts";
import { acceptTask, changeTask, latestTasks, readTask } from "./task.ts";

let store: ReturnType<typeof createMemoryStore>;
beforeEach(() => {
  store = createMemoryStore();
});

describe("A request", () => {
  it("is kept as it came", async () => {
    const task = { ...createTask("task-1"), dirtyIds: ["7"] };
    await acceptTask(store, task);
    expect(await readTask(store, "job-1", "task-1")).toEqual(task);
    expect(await readTask(store, "job-1", "task-2")).toBeUndefined();
    expect(await readTask(store, "job-2", "task-1")).toBeUndefined();
  });

  it("that comes again begins anew with its fresh SAS, and says when it came first", async () => {
    await acceptTask(store, { ...createTask("task-1"), acceptedAt: "2026-01-01T00:00:00Z" });
    await changeTask(store, { jobId: "job-1", taskId: "task-1" }, (task) => ({
      ...task,
      state: "failed",
      attempts: 10,
      reason: "given up",
    }));
    const again = { ...createTask("task-1"), sealedSas: "fresh" };
    await acceptTask(store, again);
    expect(await readTask(store, "job-1", "task-1")).toEqual({
      ...again,
      acceptedAt: "2026-01-01T00:00:00Z",
    });
  });

  it("that comes twice at the same time is one task", async () => {
    const [one, two] = [createTask("task-1"), { ...createTask("task-1"), sealedSas: "two" }];
    await Promise.all([acceptTask(store, one), acceptTask(store, two)]);
    expect(store.blobs.size).toBe(1);
    expect([one.sealedSas, "two"]).toContain((await readTask(store, "job-1", "task-1"))?.sealedSas);
  });
});

describe("A change of a task", () => {
  it("loses no other change", async () => {
    await acceptTask(store, createTask("task-1"));
    const countUp = () =>
      changeTask(store, createTask("task-1"), (task) => ({ ...task, attempts: task.attempts + 1 }));
    await Promise.all([countUp(), countUp(), countUp()]);
    expect(await readTask(store, "job-1", "task-1")).toMatchObject({ attempts: 3 });
  });

  it("makes no task", async () => {
    expect(await changeTask(store, createTask("task-1"), (task) => task)).toBeUndefined();
    expect(store.blobs.size).toBe(0);
  });
});

describe("The latest tasks", () => {
  it("are those of one job that changed last, newest first", async () => {
    const times = ["12:00", "12:30", "11:00", "12:15"];
    for (const [index, time] of times.entries()) {
      const changedAt = `2026-01-01T${time}:00.000Z`;
      await acceptTask(store, { ...createTask(`task-${index}`), changedAt });
    }
    await acceptTask(store, { ...createTask("task-9"), jobId: "job-10" });
    await store.put("jobs/job-1/tasks/task-1/other.json", Buffer.from("{}"));
    const latest = await latestTasks(store, "job-1", 3);
    expect(latest.map(({ taskId }) => taskId)).toEqual(["task-1", "task-3", "task-0"]);
  });

  it("are none where there is no task", async () => {
    expect(await latestTasks(store, "job-1", 3)).toEqual([]);
  });
});
