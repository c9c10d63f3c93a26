import { describe, expect, it, vi } from "vitest";
import { names } from "../archive/names.ts";
import { readManifest } from "../delivery/manifest.ts";
import { readOutbox } from "../delivery/outbox.ts";
import { COMPLETION_STATUS } from "../import-service/client.ts";
import { postsOf } from "../feeds/posts.ts";
import { ACCOUNT } from "../testing/harness.ts";
import { JOB, WORK_BEGINS, type Workbench, useWorkbench } from "../testing/workbench.ts";

/** What an archive said before its records had numbers, in the names of its members of then. */
const WINDOW = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const PAGE = names.page(names.capturePages(postsOf(JOB), "2026-01-01"), 1);
const LATE_PAGE = names.page(names.capturePages(postsOf(JOB), "late"), 1);
const [HANDED_OVER, LATE] = ["2006500000000000000", "2006500000000000001"];
const SHA256 = "ab".repeat(32);

let bench: Workbench;
useWorkbench(async (made) => {
  bench = made;
  const job = await textOf(names.job(JOB));
  await put(names.job(JOB), { ...without(JSON.parse(job)), colour: "of another version" });
  await put(names.coverage(postsOf(JOB)), {
    intervals: [{ ...WINDOW, captureId: "2026-01-01", posts: 1 }],
    gaps: [],
  });
  await put(names.task(JOB, "task-1"), {
    jobId: JOB,
    taskId: "task-1",
    window: WINDOW,
    dirtyIds: [],
    sealedSas: '"https://unused.example"',
    state: "owed",
    acceptedAt: WORK_BEGINS,
    changedAt: WORK_BEGINS,
    asked: 1,
    question: 1,
    answer: 1,
    attempts: 0,
    deaths: 1,
    owed: { status: COMPLETION_STATUS.success, since: WORK_BEGINS, tries: 2, poison: false },
    items: 1,
    leftOut: 1,
  });
  const entry = {
    id: HANDED_OVER,
    modificationTimestampUtc: "2026-01-01T12:00:00Z",
    fileName: `${HANDED_OVER}.json`,
    bytes: 5,
    sha256: SHA256,
    format: 1,
    page: PAGE,
    pageSha256: SHA256,
    media: [{ mediaKey: "3_1", leftOut: "X answered 404" }],
  };
  const account = { id: ACCOUNT.id, name: ACCOUNT.name };
  const head = { jobId: JOB, taskId: "task-1", account, window: WINDOW, notRead: [], gaps: [] };
  const lines = [head, entry].map((line) => `${JSON.stringify(line)}\n`).join("");
  await bench.store.create(names.manifest(JOB, "task-1"), Buffer.from(lines));
  const late = {
    id: LATE,
    text: "Late",
    created_at: "2026-01-01T12:00:00.000Z",
    author_id: ACCOUNT.id,
  };
  await bench.store.create(LATE_PAGE, Buffer.from(JSON.stringify({ data: [late] })), {
    metadata: { receivedat: WORK_BEGINS },
  });
  await put(names.outboxEntry(JOB, { feed: "posts", id: LATE }), {
    postId: LATE,
    reason: "late",
    pages: [LATE_PAGE],
    foundAt: WORK_BEGINS,
  });
  await put(names.reads("2026-06", JOB), { days: { "2026-06-01": { owned: 1, others: 2 } } });
});

describe("An archive of an earlier schema", () => {
  it("is gone on with: what was owed is completed, and what waited goes out", async () => {
    bench.start();
    await bench.queue.send({ jobId: JOB, taskId: "task-1" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await bench.taskOf("task-1")).toMatchObject({
      state: "delivered",
      crashes: 0,
      omitted: 1,
      items: 1,
    });
    await bench.accept("task-2", {
      window: { start: "2026-01-02T00:00:00Z", end: "2026-01-02T12:00:00Z" },
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(bench.platform.completions).toMatchObject([
      { taskId: "task-1", items: [{ id: HANDED_OVER, fileName: `${HANDED_OVER}.json` }] },
      { taskId: "task-2", items: [{ id: LATE }] },
    ]);
    expect(await Array.fromAsync(readOutbox(bench.store, JOB))).toEqual([]);
  });

  it("has what it said of each item under the names of today", async () => {
    const list = await readManifest(bench.store, { jobId: JOB, taskId: "task-1", answer: 1 });
    expect(list && (await Array.fromAsync(list.entries()))).toMatchObject([
      {
        feed: "posts",
        id: HANDED_OVER,
        media: [{ mediaKey: "3_1", omitted: "X answered 404" }],
      },
    ]);
    expect(await Array.fromAsync(readOutbox(bench.store, JOB))).toMatchObject([
      { feed: "posts", id: LATE, reason: "late" },
    ]);
  });
});

describe("An archive of a newer version", () => {
  it("has its task wait, and says why: it is neither unknown nor given up", async () => {
    await put(names.task(JOB, "task-1"), { jobId: JOB, taskId: "task-1", schema: 99 });
    bench.start();
    await bench.queue.send({ jobId: JOB, taskId: "task-1" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(bench.log.of("archive.newer-record")).toMatchObject([
      { jobId: JOB, taskId: "task-1", reason: expect.stringContaining("schema 99") as unknown },
    ]);
    expect(bench.log.of("work.poisoned")).toEqual([]);
    expect(bench.queue.waiting()).toHaveLength(1);
    expect(JSON.parse(await textOf(names.task(JOB, "task-1")))).toMatchObject({ schema: 99 });
  });

  it("has the job wait where its record is the newer one, and tells of it", async () => {
    const newer = { ...without(JSON.parse(await textOf(names.job(JOB)))), schema: 99 };
    await put(names.job(JOB), newer);
    bench.start();
    await bench.accept("task-2", {
      window: { start: "2026-01-02T00:00:00Z", end: "2026-01-02T12:00:00Z" },
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await bench.taskOf("task-2")).toMatchObject({
      state: "waiting",
      waitsFor: { code: "newer-record" },
    });
    expect(bench.log.of("archive.newer-record")).toHaveLength(1);
    expect(JSON.parse(await textOf(names.job(JOB)))).toEqual(newer);
  });
});

async function put(name: string, value: object): Promise<void> {
  await bench.store.put(name, Buffer.from(JSON.stringify(value)));
}

async function textOf(name: string): Promise<string> {
  return Buffer.from((await bench.store.read(name))?.body ?? "").toString("utf8");
}

function without(record: unknown): object {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([name]) => name !== "schema"));
}
