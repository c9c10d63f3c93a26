import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  answerNoPosts,
  createWorkbench,
  WORK_BEGINS,
  type Workbench,
} from "../testing/workbench.ts";

let bench: Workbench;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date(WORK_BEGINS) });
  bench = await createWorkbench();
});
afterEach(async () => {
  await bench.clear();
  vi.useRealTimers();
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
