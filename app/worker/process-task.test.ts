import { expect, it, vi } from "vitest";
import { addToOutbox } from "../delivery/outbox.ts";
import { ACCOUNT } from "../testing/harness.ts";
import {
  answerNoPosts,
  JOB,
  WORK_BEGINS,
  type Workbench,
  useWorkbench,
} from "../testing/workbench.ts";

let bench: Workbench;
useWorkbench((made) => {
  bench = made;
});

it("Posts that the platform asks for again are asked for at X, beside those of the window", async () => {
  const asked: string[][] = [];
  const lookup = async (_token: unknown, ids: string[]) => {
    asked.push(ids);
    const errors = ids.map((value) => ({ value, title: "Not Found Error" }));
    return { ...(await answerNoPosts()), body: Buffer.from(JSON.stringify({ errors })) };
  };
  await bench.accept("task-1", { dirtyIds: ["7", "8"] });
  bench.start({ twitter: { ...bench.twitter, timeline: answerNoPosts, lookup } });
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual([["7", "8"]]);
  expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
});

it("A late post of a window that was answered goes out with the next task, once", async () => {
  const post = {
    id: "2006500000000000000",
    text: "Late",
    created_at: "2026-01-01T12:00:00.000Z",
    author_id: ACCOUNT.id,
  };
  const page = "evidence/job-1/posts/captures/late/pages/000001.json";
  await bench.accept("task-1");
  bench.start();
  await vi.advanceTimersByTimeAsync(1000);
  await bench.store.create(page, Buffer.from(JSON.stringify({ data: [post] })), {
    metadata: { receivedat: WORK_BEGINS },
  });
  const about = { reason: "late", foundAt: WORK_BEGINS } as const;
  await addToOutbox(bench.store, JOB, { ...about, feed: "posts", id: post.id, pages: [page] });
  for (const [taskId, day] of [
    ["task-2", "02"],
    ["task-3", "03"],
  ] as const) {
    const window = { start: `2026-01-${day}T00:00:00Z`, end: `2026-01-${day}T12:00:00Z` };
    await bench.accept(taskId, { window });
    await vi.advanceTimersByTimeAsync(10_000);
  }
  expect(bench.platform.completions).toMatchObject([
    { taskId: "task-1", items: [] },
    {
      taskId: "task-2",
      items: [{ id: post.id, modificationTimestampUtc: "2026-01-01T12:00:00Z" }],
    },
    { taskId: "task-3", items: [] },
  ]);
});
