import { describe, expect, it, vi } from "vitest";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import type { Store } from "../archive/store.ts";
import { countItems } from "../delivery/ledger.ts";
import { addToOutbox, countOutbox } from "../delivery/outbox.ts";
import { COMPLETION_STATUS } from "../import-service/client.ts";
import {
  answerPosts,
  JOB,
  WORK_BEGINS,
  type Workbench,
  useWorkbench,
} from "../testing/workbench.ts";
import type { WorkerDeps } from "./worker.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAYS = Array.from({ length: 12 }, (_, index) => index + 1);
const POSTS = DAYS.flatMap((day) =>
  ["06", "18"].map((hour) => postAt(`2026-01-${pad(day)}T${hour}:00:00.000Z`)),
);

let bench: Workbench;
useWorkbench((made) => {
  bench = made;
  bench.onX(answerPosts(POSTS));
});

describe.each([2, 4])("%d workers on one queue", (count) => {
  it("share the tasks, do none twice at a time, and hand over every post once", async () => {
    const { most, doneBy } = watchUploads();
    for (const day of DAYS) {
      await bench.accept(`task-${day}`, { window: windowOf(day) });
    }
    for (let worker = 0; worker < count; worker += 1) {
      bench.start({ createUpload: doneBy(worker) });
    }
    await pass(10 * MINUTE_MS);
    expect(idsHandedOver()).toEqual(POSTS.map(({ id }) => id));
    expect(bench.platform.completions).toHaveLength(DAYS.length);
    expect(most()).toEqual({ ofOneTask: 1, workers: count });
    expect(await countItems(bench.store, JOB, "2026-06-01")).toBe(POSTS.length);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("take along what waits once, whichever of them does", async () => {
    const late = postAt("2025-12-31T12:00:00.000Z");
    await bench.holdBack(late, {
      taskId: "task-0",
      window: { start: "2025-12-31T00:00:00Z", end: "2026-01-01T00:00:00Z" },
    });
    bench.onUpload(() => sleep(10 * SECOND_MS));
    for (const day of DAYS) {
      await bench.accept(`task-${day}`, { window: windowOf(day) });
    }
    for (let worker = 0; worker < count; worker += 1) {
      bench.start();
    }
    await pass(30 * MINUTE_MS);
    expect(idsHandedOver()).toEqual([late.id, ...POSTS.map(({ id }) => id)]);
    expect(await countOutbox(bench.store, JOB)).toBe(0);
  });
});

it("A late post that goes out with its own window does not go out again", async () => {
  const [late] = POSTS;
  const page = "evidence/job-1/posts/captures/late/pages/000001.json";
  await bench.store.create(page, Buffer.from(JSON.stringify({ data: [late] })), {
    metadata: { receivedat: WORK_BEGINS },
  });
  const about = { reason: "late", foundAt: WORK_BEGINS } as const;
  await addToOutbox(bench.store, JOB, {
    ...about,
    feed: "posts",
    id: late?.id ?? "",
    pages: [page],
  });
  bench.onUpload(() => sleep(10 * SECOND_MS));
  // The first one takes along what waits; the window of the late post comes with the second.
  for (const day of [5, 1, 2, 3]) {
    await bench.accept(`task-${day}`, { window: windowOf(day) });
  }
  bench.start();
  bench.start();
  await pass(30 * MINUTE_MS);
  const expected = [0, 1, 2, 3, 4, 5, 8, 9].map((index) => POSTS[index]?.id);
  expect(idsHandedOver()).toEqual(expected);
  expect(await countOutbox(bench.store, JOB)).toBe(0);
});

describe("A worker that loses its message", () => {
  it("ends at its next step, and writes nothing more, while another one finishes the task", async () => {
    const { store } = bench;
    const tried: string[] = [];
    const createUpload: WorkerDeps["createUpload"] = () => async (fileName) => {
      tried.push(fileName);
      await sleep(10 * MINUTE_MS);
    };
    await bench.accept("task-1", { window: windowOf(1) });
    const written: string[] = [];
    bench.start({ queue: deaf(bench), store: recording(store, written), createUpload });
    await pass(SECOND_MS);
    bench.start();
    await pass(5 * MINUTE_MS);
    const completions = structuredClone(bench.platform.completions);
    expect(completions).toMatchObject([{ status: COMPLETION_STATUS.success }]);
    const before = new Map(store.blobs);
    const writtenBefore = written.length;
    await pass(HOUR_MS);
    expect(tried).toHaveLength(1);
    expect(written.slice(writtenBefore)).toEqual([]);
    expect(new Map(store.blobs)).toEqual(before);
    expect(bench.platform.completions).toEqual(completions);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("without a notice of it can do no harm: what it writes is not taken", async () => {
    const { store } = bench;
    await bench.accept("task-1", { window: windowOf(1) });
    let isSlow = true;
    bench.onUpload(async () => {
      if (isSlow) {
        isSlow = false;
        await sleep(10 * MINUTE_MS + SECOND_MS);
      }
    });
    // Its renewals seem to get through, though the queue has given the message to somebody else.
    bench.start({ queue: deaf(bench, async () => undefined), store: deafToClaims(store) });
    await pass(SECOND_MS);
    bench.start();
    await pass(5 * MINUTE_MS);
    const task = await bench.taskOf("task-1");
    expect(task).toMatchObject({ state: "delivered" });
    const isManifest = ([name]: [string, unknown]) => name.endsWith("manifest.ndjson");
    const manifest = [...store.blobs].find(isManifest);
    await pass(HOUR_MS);
    expect(await bench.taskOf("task-1")).toEqual(task);
    expect([...store.blobs].filter(isManifest)).toEqual([manifest]);
    expect(new Set(bench.platform.completions.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(await countItems(store, JOB, "2026-06-01")).toBe(2);
  });
});

describe("Work that hangs", () => {
  it("is noticed, gives its message up, and is done by another worker", async () => {
    bench.onX(() => new Promise(() => {}));
    await bench.accept("task-1", { window: windowOf(1) });
    const hanging = bench.start();
    await pass(19 * MINUTE_MS);
    expect(hanging.isAlive()).toBe(true);
    bench.onX(answerPosts(POSTS));
    bench.start();
    await pass(2 * MINUTE_MS);
    expect(bench.log.of("work.hangs")).toMatchObject([{ jobId: JOB, taskId: "task-1" }]);
    expect(hanging.isAlive()).toBe(false);
    expect(hanging.troubles()).toEqual(["Work hangs and holds up the worker: restart the site."]);
    await pass(3 * MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
  });

  it("is not what moves on, however long it takes", async () => {
    bench.onUpload(() => sleep(15 * MINUTE_MS));
    await bench.accept("task-1", {
      window: { start: "2026-01-01T00:00:00Z", end: "2026-01-13T00:00:00Z" },
    });
    const worker = bench.start();
    await pass(5 * HOUR_MS);
    expect(worker.isAlive()).toBe(true);
    await pass(2 * HOUR_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered", items: 24 });
    expect(bench.log.of("work.hangs")).toEqual([]);
  });
});

describe("A task whose process dies with it", () => {
  it("is tried once an hour after ten deaths in a row, and told of, until one lives", async () => {
    bench.onX(() => new Promise(() => {}));
    await bench.accept("task-1", { window: windowOf(1) });
    for (let death = 0; death < 10; death += 1) {
      await die();
    }
    bench.onX(answerPosts(POSTS));
    const asked = bench.asked();
    bench.start();
    await pass(MINUTE_MS);
    expect(bench.asked()).toBe(asked);
    expect(bench.log.of("work.stuck")).toMatchObject([
      {
        taskId: "task-1",
        code: "process-ends",
        reason: "The process has ended 10 times while it worked on the task",
      },
    ]);
    // The next death, an hour later, would be the tenth again.
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting", crashes: 9 });
    await pass(HOUR_MS);
    expect(bench.platform.completions).toMatchObject([{ status: COMPLETION_STATUS.success }]);
  });

  it("is done after nine", async () => {
    bench.onX(() => new Promise(() => {}));
    await bench.accept("task-1", { window: windowOf(1) });
    for (let death = 0; death < 9; death += 1) {
      await die();
    }
    bench.onX(answerPosts(POSTS));
    bench.start();
    await pass(MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered", crashes: 0 });
  });

  /** A process that takes the task and is gone, until its message and its claim have run out. */
  async function die(): Promise<void> {
    let isAlive = true;
    const replace: Store["replace"] = async (...asked) => {
      if (!isAlive) {
        throw new Error("the process is dead");
      }
      return bench.store.replace(...asked);
    };
    const worker = bench.start({ queue: deaf(bench), store: { ...bench.store, replace } });
    await pass(SECOND_MS);
    isAlive = false;
    void worker.stop();
    await pass(3 * MINUTE_MS);
  }
});

/** How many uploads of one task there were at a time, and how many workers had any. */
function watchUploads() {
  const running = new Map<string, number>();
  const workers = new Set<number>();
  let ofOneTask = 0;
  const doneBy =
    (worker: number): WorkerDeps["createUpload"] =>
    (sasUri, folder) => {
      const upload = bench.createUpload(sasUri, folder);
      return async (fileName, body) => {
        workers.add(worker);
        running.set(folder, (running.get(folder) ?? 0) + 1);
        ofOneTask = Math.max(ofOneTask, running.get(folder) ?? 0);
        await sleep(SECOND_MS);
        await upload(fileName, body);
        running.set(folder, (running.get(folder) ?? 0) - 1);
      };
    };
  return { most: () => ({ ofOneTask, workers: workers.size }), doneBy };
}

/** The bench's queue, to which no renewal and no release gets through. */
function deaf(
  { queue }: Workbench,
  renew: () => Promise<void> = async () => {
    throw new Error("the network is down");
  },
): Workbench["queue"] {
  return {
    ...queue,
    async receive(...asked) {
      const leases = await queue.receive(...asked);
      return leases.map((lease) => ({ ...lease, renew, release: async () => undefined }));
    },
  };
}

function recording(store: Workbench["store"], written: string[]): Workbench["store"] {
  return {
    ...store,
    put: (name, ...rest) => (written.push(name), store.put(name, ...rest)),
    create: (name, ...rest) => (written.push(name), store.create(name, ...rest)),
    replace: (name, ...rest) => (written.push(name), store.replace(name, ...rest)),
    createStream: (name, ...rest) => (
      written.push(typeof name === "string" ? name : name()),
      store.createStream(name, ...rest)
    ),
    remove: (name, ...rest) => (written.push(name), store.remove(name, ...rest)),
  };
}

/** A store that shows a task as it was when it was claimed, and seems to take what is written of it. */
function deafToClaims(store: Workbench["store"]): Workbench["store"] {
  let claimed: Awaited<ReturnType<typeof store.read>>;
  // It hears again between the last renewal and the end of the upload that takes so long.
  const isDeafTo = (name: string) =>
    name.includes("/tasks/") && Date.now() <= Date.parse(WORK_BEGINS) + 10 * MINUTE_MS;
  return {
    ...store,
    read: async (name) => (claimed && isDeafTo(name) ? claimed : store.read(name)),
    async replace(name, body, etag) {
      if (claimed && isDeafTo(name)) {
        return etag;
      }
      const written = await store.replace(name, body, etag);
      claimed ??= isDeafTo(name) ? await store.read(name) : undefined;
      return written;
    },
  };
}

function idsHandedOver(): string[] {
  return bench.platform.completions
    .flatMap(({ items }) => items.map(({ id }) => id))
    .toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
}

function windowOf(day: number) {
  return { start: `2026-01-${pad(day)}T00:00:00Z`, end: `2026-01-${pad(day + 1)}T00:00:00Z` };
}

function pad(day: number): string {
  return String(day).padStart(2, "0");
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
