import { RestError } from "@azure/storage-blob";
import { describe, expect, it, vi } from "vitest";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import { readHealth } from "../status/health.ts";
import { type Around, guardQueue, guardStore } from "../testing/guard-calls.ts";
import { answerPosts, type Workbench, useWorkbench } from "../testing/workbench.ts";
import type { Worker } from "./worker.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAYS = [1, 2, 3, 4, 5];
const POSTS = DAYS.map((day) => postAt(`2026-01-0${day}T12:00:00.000Z`));

/** What the storage libraries throw while the account cannot be reached, or lets nobody in. */
const OUTAGES: [string, () => Error][] = [
  ["no route", () => new RestError("connect ETIMEDOUT", { code: "REQUEST_SEND_ERROR" })],
  ["503", () => new RestError("Server busy", { code: "ServerBusy", statusCode: 503 })],
  ["no answer in time", () => Object.assign(new Error("aborted"), { name: "AbortError" })],
  ["403", () => new RestError("refused", { code: "AuthorizationFailure", statusCode: 403 })],
];

let bench: Workbench;
useWorkbench((made) => {
  bench = made;
  bench.onX(answerPosts(POSTS));
});

describe.each([
  ["a minute", MINUTE_MS],
  ["an hour", HOUR_MS],
])("A storage account that is away for %s", (_title, ms) => {
  it.each(OUTAGES)(
    "is asked ever less often, /healthz says so, and all goes on by itself: %s",
    async (_outage, toError) => {
      const { store, queue, calls } = failingParts(toError);
      bench.onUpload(() => sleep(5 * SECOND_MS));
      const worker = bench.start({ store, queue });
      for (const day of DAYS) {
        await bench.accept(`task-${day}`, { window: windowOf(day) });
      }
      await pass(SECOND_MS);
      calls.fail(true);
      await bench.accept("task-6", { window: windowOf(6) });
      worker.wake();
      await pass(ms);
      // After 5, 10, 20, 40 seconds, and then every minute; each time a message or two are tried.
      expect(calls.failed()).toBeLessThanOrEqual(10 + 4 * Math.ceil(ms / MINUTE_MS));
      expect(healthOf(worker)).not.toEqual([]);
      calls.fail(false);
      // The rest that is under way, and the lease of what was in hand.
      await pass(MINUTE_MS + 2 * MINUTE_MS);
      expect(healthOf(worker)).toEqual([]);
      await pass(MINUTE_MS);
      expect(idsHandedOver()).toEqual(POSTS.map(({ id }) => id));
      expect(bench.queue.waiting()).toEqual([]);
      expect(bench.queue.poisoned()).toEqual([]);
    },
  );
});

describe("An archive that is away while the queue is not", () => {
  it("is not tried with every message of the queue, and no message loses a try", async () => {
    const { store, calls } = failingParts(OUTAGES[0]?.[1] ?? (() => new Error("test")));
    calls.fail(true);
    const worker = bench.start({ store, concurrency: 2 });
    for (const day of DAYS) {
      await bench.accept(`task-${day}`, { window: windowOf(day) });
    }
    worker.wake();
    await pass(10 * MINUTE_MS);
    expect(bench.log.of("archive.unreachable").length).toBeLessThanOrEqual(2 * 14);
    expect(healthOf(worker)).toEqual([
      "The archive cannot be reached, or does not let the site in.",
    ]);
    calls.fail(false);
    await pass(5 * MINUTE_MS);
    expect(healthOf(worker)).toEqual([]);
    expect(idsHandedOver()).toEqual(POSTS.map(({ id }) => id));
    for (const day of DAYS) {
      expect(await bench.taskOf(`task-${day}`)).toMatchObject({ attempts: 0 });
    }
  });

  it("in the middle of a task leaves it to be finished where it stood", async () => {
    const { store, calls } = failingParts(OUTAGES[1]?.[1] ?? (() => new Error("test")));
    bench.onUpload(async () => calls.fail(true));
    await bench.accept("task-1", { window: windowOf(1) });
    bench.start({ store });
    await pass(MINUTE_MS);
    bench.onUpload(async () => undefined);
    calls.fail(false);
    await pass(5 * MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered", attempts: 0 });
    expect(bench.asked()).toBe(1);
  });

  it("again and again does not pass for a process that dies", async () => {
    let failures = 0;
    bench.onUpload(async () => {
      failures += 1;
      if (failures <= 15) {
        throw new RestError("Server busy", { code: "ServerBusy", statusCode: 503 });
      }
    });
    await bench.accept("task-1", { window: windowOf(1) });
    bench.start();
    await pass(2 * HOUR_MS);
    expect(failures).toBeGreaterThan(15);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered", crashes: 0 });
  });
});

it("A queue that is away is asked ever less often, however often the worker is woken", async () => {
  const { queue, calls } = failingParts(OUTAGES[0]?.[1] ?? (() => new Error("test")));
  const worker = bench.start({ queue });
  await pass(SECOND_MS);
  calls.fail(true);
  for (let second = 0; second < 600; second += 1) {
    worker.wake();
    await pass(SECOND_MS);
  }
  expect(calls.failed()).toBeLessThanOrEqual(14);
  expect(healthOf(worker)).toEqual(["The worker cannot reach its queue."]);
  calls.fail(false);
  await pass(MINUTE_MS);
  expect(healthOf(worker)).toEqual([]);
});

/** The bench's store and queue, whose calls fail while they are told to. */
function failingParts(toError: () => Error) {
  let isDown = false;
  let failed = 0;
  const around: Around = async (call) => {
    if (isDown) {
      failed += 1;
      throw toError();
    }
    return call();
  };
  return {
    store: guardStore(bench.store, around),
    queue: guardQueue(bench.queue, around),
    calls: {
      failed: () => failed,
      fail(next: boolean) {
        isDown = next;
      },
    },
  };
}

function healthOf(worker: Worker): string[] {
  const about = { settings: bench.settings, version: "1.2.3", packageHash: "abc" };
  return readHealth({ ...about, troubles: worker.troubles() }).missing;
}

function idsHandedOver(): string[] {
  return bench.platform.completions
    .flatMap(({ items }) => items.map(({ id }) => id))
    .toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
}

function windowOf(day: number) {
  return { start: `2026-01-0${day}T00:00:00Z`, end: `2026-01-0${day + 1}T00:00:00Z` };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
