import { tamperWith } from "../testing/memory-store.ts";
import { describe, expect, it, vi } from "vitest";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import { names } from "../archive/names.ts";
import { ITEM_MAPPING, type ItemParts, postToItem } from "../delivery/item.ts";
import { countItems } from "../delivery/ledger.ts";
import { acquireOutboxLock, countOutbox } from "../delivery/outbox.ts";
import { ConnectorError } from "../errors.ts";
import { COMPLETION_STATUS } from "../import-service/client.ts";
import { type Around, guardQueue, guardStore } from "../testing/guard-calls.ts";
import { SAS_URI } from "../testing/platform-calls.ts";
import {
  answerPosts,
  createWorkbench,
  JOB,
  WORK_BEGINS,
  type Workbench,
  useWorkbench,
} from "../testing/workbench.ts";
import { isDone } from "./task.ts";
import { postsFeed } from "../feeds/posts.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOURS = ["06", "12", "18"];
const POSTS = HOURS.map((hour) => postAt(`2026-01-01T${hour}:00:00.000Z`));
const IDS = POSTS.map(({ id }) => id);
const LATE = postAt("2025-12-31T12:00:00.000Z");
const NEW_YEARS_EVE = { start: "2025-12-31T00:00:00Z", end: "2026-01-01T00:00:00Z" };
const FRESH = JSON.stringify(SAS_URI.replace("0123456789", "fresh"));
const [OLD_CONTAINER, FRESH_CONTAINER] = ["sas-signature-0123456789", "sas-signature-fresh"];

let bench: Workbench;
useWorkbench((made) => {
  bench = made;
  bench.onX(answerPosts(POSTS));
});

describe("The same task again", () => {
  it("before it was begun is done once, with the fresh SAS", async () => {
    await bench.accept("task-1");
    await bench.accept("task-1", { sealedSas: FRESH });
    bench.start();
    await pass(MINUTE_MS);
    expect(bench.platform.completions).toMatchObject([{ taskId: "task-1", items: ids(IDS) }]);
    expect([...bench.uploads.keys()]).toEqual(blobsIn(FRESH_CONTAINER));
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("while it is being done is done again with the fresh SAS, by one worker at a time", async () => {
    let running = 0;
    let most = 0;
    bench.onUpload(async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(MINUTE_MS);
      running -= 1;
    });
    await bench.accept("task-1");
    bench.start();
    bench.start();
    await pass(90 * SECOND_MS);
    await bench.accept("task-1", { sealedSas: FRESH });
    await pass(10 * MINUTE_MS);
    expect(most).toBe(1);
    expect(bench.asked()).toBe(1);
    expect(bench.platform.completions.at(-1)).toMatchObject({ items: ids(IDS) });
    expect(inContainer(FRESH_CONTAINER)).toEqual(blobsIn(FRESH_CONTAINER));
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered", asked: 2 });
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("while its completion is under way is answered with the same list, and into the fresh container", async () => {
    bench.platform.meet(async () => {
      bench.platform.meet(undefined);
      await bench.accept("task-1", { sealedSas: FRESH });
    });
    await bench.accept("task-1");
    bench.start();
    await pass(MINUTE_MS);
    expect(bench.platform.completions).toMatchObject([{ items: ids(IDS) }, { items: ids(IDS) }]);
    expect(inContainer(FRESH_CONTAINER)).toEqual(blobsIn(FRESH_CONTAINER));
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
  });

  it("after it was delivered is answered from its list: the same items, byte for byte, without X", async () => {
    await deliver("task-1");
    bench.onX(async () => {
      throw new Error("X is not to be asked");
    });
    await bench.accept("task-1", { sealedSas: FRESH });
    await pass(MINUTE_MS);
    expect(bench.asked()).toBe(1);
    const [first, second] = bench.platform.completions;
    expect(second).toEqual(first);
    for (const id of IDS) {
      const [before, again] = [OLD_CONTAINER, FRESH_CONTAINER].map((container) =>
        bench.uploads.get(`${container}/${JOB}/task-1/${id}.json`),
      );
      expect(again).toEqual(before);
      expect(again).toBeDefined();
    }
    expect(bench.log.of("delivery.content-differs")).toEqual([]);
  });

  it("after it was delivered is the same though the archive has more by now", async () => {
    await deliver("task-1");
    const late = postAt("2026-01-01T20:00:00.000Z");
    await putPage(late);
    await bench.accept("task-1", { sealedSas: FRESH });
    await pass(MINUTE_MS);
    expect(bench.platform.completions[1]).toEqual(bench.platform.completions[0]);
  });

  it("says so when the archive no longer gives the bytes that it gave", async () => {
    await deliver("task-1");
    const page = [...bench.store.blobs.keys()].find((name) => name.includes("/pages/")) ?? "";
    const blob = await bench.store.read(page);
    const text = Buffer.from(blob?.body ?? []).toString();
    const tampered = Buffer.from(text.replace("At 2026-01-01T06", "At 2026-01-01T07"));
    tamperWith(bench.store, page, tampered);
    await bench.accept("task-1", { sealedSas: FRESH });
    await pass(MINUTE_MS);
    // Each item of the page has the page's hash in its record.
    expect(bench.log.of("delivery.content-differs")).toMatchObject(
      IDS.map((postId) => ({ jobId: JOB, postId, format: ITEM_MAPPING.format })),
    );
  });

  it("in another format is made by today's mapping: that is no difference, and the log says the format", async () => {
    const mapping = {
      format: ITEM_MAPPING.format + 1,
      toItem: (parts: ItemParts) => ({ ...postToItem(parts), Content: "In other words" }),
    };
    const earlier = bench.start({ feeds: [postsFeed(mapping)] });
    await bench.accept("task-1");
    await pass(MINUTE_MS);
    await Promise.all([earlier.stop(), pass(MINUTE_MS)]);
    bench.start();
    await bench.accept("task-1", { sealedSas: FRESH });
    await pass(MINUTE_MS);
    expect(bench.platform.completions[1]).toEqual(bench.platform.completions[0]);
    const [before, again] = [OLD_CONTAINER, FRESH_CONTAINER].map((container) =>
      bench.uploads.get(`${container}/${JOB}/task-1/${IDS[0]}.json`)?.toString(),
    );
    expect(before).toContain("In other words");
    expect(again).not.toContain("In other words");
    expect(bench.log.of("delivery.content-differs")).toEqual([]);
    expect(bench.log.of("delivery.other-format")).toMatchObject([
      { jobId: JOB, taskId: "task-1", items: IDS.length, format: ITEM_MAPPING.format },
    ]);
  });

  it("for another window is another question, answered for itself", async () => {
    await deliver("task-1", { window: morning() });
    await bench.accept("task-1", { sealedSas: FRESH });
    await pass(MINUTE_MS);
    expect(bench.platform.completions).toMatchObject([
      { items: ids(IDS.slice(0, 1)) },
      { items: ids(IDS) },
    ]);
  });
});

describe("A task that has failed", () => {
  const told = [{ taskId: "task-1", status: COMPLETION_STATUS.temporaryFailure }];

  it("is told of once, however many messages ask for it, and X is not read again", async () => {
    failForGood();
    await bench.accept("task-1");
    await bench.accept("task-1", { sealedSas: FRESH });
    bench.start();
    await pass(60 * MINUTE_MS);
    expect(bench.platform.completions).toMatchObject(told);
    await bench.queue.send({ jobId: JOB, taskId: "task-1" });
    await pass(60 * MINUTE_MS);
    expect(bench.platform.completions).toMatchObject(told);
    expect(bench.asked()).toBe(10);
    expect(bench.queue.poisoned()).toHaveLength(1);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("is done when the platform asks again, from what was read before", async () => {
    bench.onUpload(refuse);
    await bench.accept("task-1");
    bench.start();
    await pass(60 * MINUTE_MS);
    expect(bench.platform.completions).toMatchObject(told);
    bench.onUpload(async () => undefined);
    await bench.accept("task-1", { sealedSas: FRESH });
    await pass(MINUTE_MS);
    expect(bench.platform.completions).toMatchObject([...told, { status: 0, items: ids(IDS) }]);
    expect(bench.asked()).toBe(1);
  });

  it("stands in the poison queue whatever moment its process ends in, and is put back once", async () => {
    for (const call of ["giveUp", "finish"] as const) {
      await bench.clear();
      vi.setSystemTime(WORK_BEGINS);
      bench = await createWorkbench();
      bench.onX(answerPosts(POSTS));
      bench.onUpload(refuse);
      await bench.accept("task-1");
      const dying = bench.start({ queue: endingAt(call) });
      await pass(60 * MINUTE_MS);
      void dying.stop();
      bench.start();
      await pass(60 * MINUTE_MS);
      expect(await bench.taskOf("task-1"), call).toMatchObject({ state: "failed" });
      expect(bench.queue.waiting(), call).toEqual([]);
      expect(bench.queue.poisoned().length, call).toBeGreaterThan(0);
      bench.onUpload(async () => undefined);
      bench.requeue();
      await pass(MINUTE_MS);
      expect(await bench.taskOf("task-1"), call).toMatchObject({ state: "delivered" });
      const delivered = bench.platform.completions.filter(({ status }) => status === 0);
      expect(delivered, call).toMatchObject([{ items: ids(IDS) }]);
    }
  });

  function failForGood(): void {
    bench.onX(async () => {
      throw new ConnectorError("unusable-record", "a page cannot be read");
    });
  }

  async function refuse(): Promise<never> {
    throw new ConnectorError("unusable-record", "a page cannot be read");
  }

  /** The queue of a process that gets no answer to one of its calls, nor from then on to any other. */
  function endingAt(call: "giveUp" | "finish") {
    let isOver = false;
    const ending = guardQueue(bench.queue, (next) =>
      isOver ? new Promise<never>(() => {}) : next(),
    );
    const end = () => {
      isOver = true;
      return new Promise<never>(() => {});
    };
    return {
      ...ending,
      ...(call === "giveUp" && { giveUp: end }),
      async receive(...asked: Parameters<typeof ending.receive>) {
        const leases = await ending.receive(...asked);
        return leases.map((lease) => (call === "finish" ? { ...lease, finish: end } : lease));
      },
    };
  }
});

describe("A new task for a window that was delivered", () => {
  it("is answered in full from the archive, and both stand in the ledger", async () => {
    await deliver("task-1");
    await deliver("task-2");
    expect(bench.asked()).toBe(1);
    expect(bench.platform.completions).toMatchObject([
      { taskId: "task-1", items: ids(IDS) },
      { taskId: "task-2", items: ids(IDS) },
    ]);
    expect(bench.platform.completions[1]?.items).toEqual(bench.platform.completions[0]?.items);
    const ledger = await bench.store.read(names.ledger(JOB, "2026-06-01"));
    expect(JSON.parse(Buffer.from(ledger?.body ?? []).toString())).toMatchObject({
      answers: ["task-1", "task-2"].map((taskId) => ({
        taskId,
        asked: 1,
        items: 3,
        acceptedAt: expect.stringMatching(/^2026-06-01T12:/) as unknown,
      })),
    });
    expect(await countItems(bench.store, JOB, "2026-06-01")).toBe(6);
  });
});

describe("A task that is cut off", () => {
  it("before or after any of its steps is finished by the next worker, with the same answer", async () => {
    const calls = await countCalls();
    expect(calls).toBeGreaterThan(30);
    for (let call = 1; call <= calls; call += 1) {
      for (const when of ["before", "after"] as const) {
        await bench.clear();
        vi.setSystemTime(WORK_BEGINS);
        await begin();
        const cutOff = bench.start(dyingAt(call, when).changes);
        await pass(0);
        void cutOff.stop();
        await pass(30 * SECOND_MS);
        bench.start();
        await pass(10 * MINUTE_MS);
        const where = `${when} call ${call}`;
        expect(await bench.taskOf("task-1"), where).toMatchObject({ state: "delivered" });
        expect(bench.queue.waiting(), where).toEqual([]);
        expect(bench.asked(), where).toBeLessThanOrEqual(2);
        const [first, ...others] = bench.platform.completions;
        const items = ids([LATE.id, ...IDS]);
        expect(first, where).toMatchObject({ status: COMPLETION_STATUS.success, items });
        expect(others.length, where).toBeLessThanOrEqual(1);
        expect(others.every((other) => isSame(other, first))).toBe(true);
        expect(await countItems(bench.store, JOB, "2026-06-01"), where).toBe(4);
        expect(await countOutbox(bench.store, JOB), where).toBe(0);
        const isOver = async (taskId: string) => isDone(await bench.taskOf(taskId));
        const next = { jobId: JOB, taskId: "task-2" };
        expect(await acquireOutboxLock(bench.store, next, isOver), where).toBe(true);
      }
    }
  }, 60_000);

  async function begin(): Promise<void> {
    bench = await createWorkbench();
    bench.onX(answerPosts(POSTS));
    await bench.holdBack(LATE, { taskId: "task-0", window: NEW_YEARS_EVE });
    await bench.accept("task-1");
  }

  async function countCalls(): Promise<number> {
    await begin();
    const { changes, count } = dyingAt(Number.POSITIVE_INFINITY, "before");
    bench.start(changes);
    await pass(SECOND_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    return count();
  }
});

/** Parts of a process that is gone from one of its calls on: nothing gets through any more. */
function dyingAt(fatal: number, when: "before" | "after") {
  let count = 0;
  let isDead = false;
  const around: Around = async (call) => {
    count += 1;
    isDead ||= count === fatal && when === "before";
    if (isDead) {
      return new Promise<never>(() => {});
    }
    const isLast = count === fatal;
    const result = await call();
    isDead ||= isLast;
    return isDead ? new Promise<never>(() => {}) : result;
  };
  const { store, queue, platform, createUpload } = bench;
  const changes = {
    store: guardStore(store, around),
    queue: guardQueue(queue, around),
    platform: {
      ...platform,
      complete: (...given: Parameters<typeof platform.complete>) =>
        around(() => platform.complete(...given)),
    },
    createUpload: (...given: Parameters<typeof createUpload>) => {
      const upload = createUpload(...given);
      return (...item: Parameters<typeof upload>) => around(() => upload(...item));
    },
  };
  return { changes, count: () => count };
}

async function deliver(taskId: string, changes = {}): Promise<void> {
  await bench.accept(taskId, changes);
  bench.start();
  await pass(MINUTE_MS);
  expect(await bench.taskOf(taskId)).toMatchObject({ state: "delivered" });
}

/** A page of the window's capture that came after the others. */
async function putPage(post: { id: string }): Promise<void> {
  const page = [...bench.store.blobs.keys()].find((name) => name.includes("/pages/")) ?? "";
  const body = Buffer.from(JSON.stringify({ data: [post], meta: { result_count: 1 } }));
  await bench.store.create(page.replace("000001", "000002"), body, {
    metadata: { request: "", receivedat: WORK_BEGINS },
  });
}

function morning() {
  return { start: "2026-01-01T00:00:00Z", end: "2026-01-01T12:00:00Z" };
}

function ids(all: string[]) {
  return all.map((id) => ({ id, fileName: `${id}.json` }));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function blobsIn(container: string): string[] {
  return IDS.map((id) => `${container}/${JOB}/task-1/${id}.json`);
}

function inContainer(container: string): string[] {
  return [...bench.uploads.keys()].filter((name) => name.startsWith(container));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
