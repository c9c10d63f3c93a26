import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import { names } from "../archive/names.ts";
import { countItems, DAILY_LIMIT, keepRoom } from "../delivery/ledger.ts";
import { countOutbox, readOutbox } from "../delivery/outbox.ts";
import { ConnectorError, type ErrorCode } from "../errors.ts";
import { forgetJob, readJob } from "../jobs/job.ts";
import { COMPLETION_STATUS } from "../import-service/client.ts";
import { SAS_URI } from "../testing/platform-calls.ts";
import {
  answerPosts,
  JOB,
  WORK_BEGINS,
  type Workbench,
  useWorkbench,
} from "../testing/workbench.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const POSTS = ["06", "12", "18"].map((hour) => postAt(`2026-01-01T${hour}:00:00.000Z`));
const IDS = POSTS.map(({ id }) => id);
const FRESH = JSON.stringify(SAS_URI.replace("0123456789", "fresh"));

let bench: Workbench;
useWorkbench((made) => {
  bench = made;
  bench.onX(answerPosts(POSTS));
});

describe("A SAS that is revoked in the middle", () => {
  beforeEach(async () => {
    bench.onUpload(async (blob) => {
      if (!blob.includes("fresh") && !blob.endsWith(`/${IDS[0]}.json`)) {
        throw new ConnectorError("sas-unusable", "The platform's container refused an item: 403");
      }
    });
    await bench.accept("task-1");
    bench.start();
    await pass(SECOND_MS);
  });

  it("is waited for, with an alert, and the task goes on at once when a fresh one comes", async () => {
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting", attempts: 0 });
    expect(bench.log.of("sas.unusable")).toMatchObject([{ jobId: JOB, taskId: "task-1" }]);
    await pass(40 * MINUTE_MS);
    expect(bench.platform.completions).toEqual([]);
    await bench.accept("task-1", { sealedSas: FRESH });
    await pass(5 * SECOND_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect(bench.platform.completions).toMatchObject([{ status: 0, items: listOf(IDS) }]);
    expect(bench.asked()).toBe(1);
    await pass(HOUR_MS);
    expect(bench.queue.waiting()).toEqual([]);
    expect(bench.platform.completions).toHaveLength(1);
  });

  it("is a TemporaryFailure after an hour; the task stays known, and is done when it is asked for again", async () => {
    await pass(HOUR_MS);
    expect(bench.platform.completions).toEqual([
      { jobId: JOB, taskId: "task-1", status: COMPLETION_STATUS.temporaryFailure, items: [] },
    ]);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "failed" });
    expect(bench.log.of("task.failed")).toMatchObject([{ taskId: "task-1", code: "sas-unusable" }]);
    expect(bench.queue.waiting()).toEqual([]);
    await bench.accept("task-1", { sealedSas: FRESH });
    await pass(5 * SECOND_MS);
    expect(bench.platform.completions[1]).toMatchObject({ status: 0, items: listOf(IDS) });
    expect(bench.asked()).toBe(1);
  });
});

describe("An upload that fails", () => {
  it.each<[ErrorCode, number]>([["upload-unavailable", 40 * MINUTE_MS]])(
    "for a while is tried again until it succeeds: %s",
    async (code, ms) => {
      let isDown = true;
      bench.onUpload(async () => {
        if (isDown) {
          throw new ConnectorError(code, "An item could not be uploaded (503)");
        }
      });
      await bench.accept("task-1");
      bench.start();
      await pass(ms);
      expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting" });
      isDown = false;
      await pass(10 * MINUTE_MS);
      expect(bench.platform.completions).toMatchObject([{ status: 0, items: listOf(IDS) }]);
    },
  );

  it.each<ErrorCode>(["upload-unavailable", "upload-refused"])(
    "for ever ends with the SAS: %s",
    async (code) => {
      bench.onUpload(async () => {
        throw new ConnectorError(code, "An item could not be uploaded");
      });
      const sealedSas = JSON.stringify(SAS_URI.replace("2026-12-31T00", "2026-06-01T14"));
      await bench.accept("task-1", { sealedSas });
      bench.start();
      await pass(4 * HOUR_MS);
      expect(bench.platform.completions).toMatchObject([
        { status: COMPLETION_STATUS.temporaryFailure },
      ]);
      expect(bench.log.of("sas.unusable").length).toBeGreaterThan(0);
    },
  );

  it("because it is refused is told of and tried again, until it is not", async () => {
    let isRefused = true;
    bench.onUpload(async () => {
      if (isRefused) {
        throw new ConnectorError("upload-refused", "An item could not be uploaded (409)");
      }
    });
    await bench.accept("task-1");
    bench.start();
    await pass(6 * HOUR_MS);
    expect(bench.platform.completions).toEqual([]);
    expect(bench.log.of("platform.refused").length).toBeGreaterThan(30);
    expect(bench.queue.poisoned()).toEqual([]);
    isRefused = false;
    await pass(10 * MINUTE_MS);
    expect(bench.platform.completions).toMatchObject([{ status: 0, items: listOf(IDS) }]);
  });
});

describe("A post that waits and cannot go", () => {
  const [first, second] = [postAt("2025-12-31T10:00:00.000Z"), postAt("2025-12-31T12:00:00.000Z")];
  const [stuck, other] = [first.id, second.id];
  const window = { start: "2025-12-31T00:00:00Z", end: "2026-01-01T00:00:00Z" };
  beforeEach(async () => {
    await bench.holdBack(first, { taskId: "task-0", window });
    await bench.holdBack(second, { taskId: "task-00", window });
  });

  it.each<[string, Error]>([
    ["upload-refused", new ConnectorError("upload-refused", "An item could not be uploaded (413)")],
    ["unusable-record", new ConnectorError("unusable-record", "its medium is not in the archive")],
    ["nobody foresaw it", new TypeError("odd")],
  ])("holds up neither the window nor what waits with it: %s", async (_what, error) => {
    refuse(error);
    await deliver("task-1");
    expect(bench.platform.completions).toMatchObject([{ items: listOf([other, ...IDS]) }]);
    expect(await waiting()).toMatchObject([{ id: stuck, tries: 1 }]);
    expect(bench.log.of("delivery.post-stuck")).toMatchObject([{ jobId: JOB, postId: stuck }]);
    bench.onUpload(async () => undefined);
    await deliver("task-2", dayOf(2));
    expect(bench.platform.completions[1]).toMatchObject({ items: listOf([stuck]) });
    expect(await waiting()).toEqual([]);
  });

  it("because its page is gone is kept in the same way", async () => {
    const page = names.page(names.lookupPages(JOB, "task-0"), 1);
    const blob = await bench.store.read(page);
    bench.store.blobs.delete(page);
    await deliver("task-1");
    expect(bench.platform.completions).toMatchObject([{ items: listOf([other, ...IDS]) }]);
    expect(await waiting()).toMatchObject([{ id: stuck, tries: 1 }]);
    await bench.store.create(page, blob?.body ?? Buffer.from(""), {
      metadata: { receivedat: WORK_BEGINS },
    });
    await deliver("task-2", dayOf(2));
    expect(bench.platform.completions[1]).toMatchObject({ items: listOf([stuck]) });
  });

  it("is given up after five lists, to a person, who puts it back", async () => {
    refuse(new ConnectorError("upload-refused", "An item could not be uploaded (413)"));
    for (const day of [1, 2, 3, 4, 5, 6]) {
      await deliver(`task-${day}`, dayOf(day));
    }
    expect(bench.log.of("delivery.post-stuck")).toHaveLength(5);
    expect(bench.log.of("work.poisoned")).toMatchObject([{ jobId: JOB, postId: stuck }]);
    expect(await waiting()).toMatchObject([
      { id: stuck, givenUp: "An item could not be uploaded (413)" },
    ]);
    bench.onUpload(async () => undefined);
    await deliver("task-7", dayOf(7));
    expect(bench.platform.completions.at(-1)?.items).toEqual([]);
    bench.requeue();
    await deliver("task-8", dayOf(8));
    expect(bench.platform.completions.at(-1)).toMatchObject({ items: listOf([stuck]) });
    expect(await waiting()).toEqual([]);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("uses up no try where the container takes nothing, or waits for everybody", async () => {
    bench.onUpload(async () => {
      throw new ConnectorError("unusable-record", "a page cannot be read");
    });
    await bench.accept("task-1");
    const worker = bench.start();
    await pass(HOUR_MS);
    await worker.stop();
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "failed" });
    refuse(new ConnectorError("upload-unavailable", "An item could not be uploaded (503)"));
    await bench.accept("task-2", dayOf(2));
    bench.start();
    await pass(MINUTE_MS);
    expect(await bench.taskOf("task-2")).toMatchObject({ state: "waiting" });
    expect((await waiting()).map(({ tries }) => tries)).toEqual([undefined, undefined]);
  });

  function refuse(error: Error): void {
    bench.onUpload(async (blob) => {
      if (blob.endsWith(`/${stuck}.json`)) {
        throw error;
      }
    });
  }

  function waiting() {
    return Array.fromAsync(readOutbox(bench.store, JOB));
  }
});

describe("A completion", () => {
  it.each<[ErrorCode, string]>([
    ["platform-unavailable", "503"],
    ["platform-refused", "404"],
    ["entra-refused", "no token"],
    ["consent-missing", "no consent"],
  ])(
    "that fails stays owed, for days, is told of, and is sent in the end: %s",
    async (code, said) => {
      let sent = 0;
      bench.platform.meet(async () => {
        sent += 1;
        throw new ConnectorError(code, said);
      });
      await bench.accept("task-1");
      bench.start();
      await pass(15 * MINUTE_MS);
      expect(sent).toBeGreaterThanOrEqual(3);
      await pass(48 * HOUR_MS);
      expect(await bench.taskOf("task-1")).toMatchObject({
        state: "completion-pending",
        reason: said,
        pendingCompletion: { status: COMPLETION_STATUS.success, since: "2026-06-01T12:00:00.000Z" },
      });
      const told = code.startsWith("platform-") ? "platform.completion-pending" : "entra.refused";
      expect(bench.log.of(told).length).toBeGreaterThanOrEqual(47);
      bench.platform.meet(undefined);
      await pass(HOUR_MS);
      expect(bench.platform.completions).toMatchObject([{ items: listOf(IDS) }]);
      expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
      expect(bench.asked()).toBe(1);
      expect(bench.queue.poisoned()).toEqual([]);
    },
  );

  it("that the platform never takes holds up neither the day nor what waits", async () => {
    await bench.holdBack(postAt("2025-12-31T12:00:00.000Z"), {
      taskId: "task-0",
      window: { start: "2025-12-31T00:00:00Z", end: "2026-01-01T00:00:00Z" },
    });
    const refuse = async () => {
      throw new ConnectorError("platform-refused", "404");
    };
    bench.platform.meet(refuse);
    await bench.accept("task-1");
    bench.start();
    await pass(HOUR_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({
      state: "completion-pending",
      pendingCompletion: { tries: 14 },
    });
    const today = new Date().toISOString().slice(0, 10);
    expect(await countItems(bench.store, JOB, today)).toBe(0);
    bench.platform.meet(undefined);
    await bench.accept("task-2", dayOf(2));
    await pass(MINUTE_MS);
    const yesterday = postAt("2025-12-31T12:00:00.000Z").id;
    expect(bench.platform.completions).toMatchObject([{ items: listOf([yesterday]) }]);
  });

  it("whose answer is lost is sent again with the same list", async () => {
    bench.platform.meet(async (completion) => {
      bench.platform.meet(undefined);
      bench.platform.completions.push(completion);
      throw new ConnectorError("platform-unavailable", "The Import service cannot be reached");
    });
    await bench.accept("task-1");
    bench.start();
    await pass(2 * MINUTE_MS);
    const [first, second] = bench.platform.completions;
    expect(second).toEqual(first);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect(await countItems(bench.store, JOB, "2026-06-01")).toBe(3);
  });

  it("waits as long as the platform says", async () => {
    const retryAt = new Date("2026-06-01T12:10:00Z");
    bench.platform.meet(async () => {
      throw new ConnectorError("platform-unavailable", "429", { retryAt });
    });
    await bench.accept("task-1");
    bench.start();
    await pass(SECOND_MS);
    expect(bench.queue.waiting()).toMatchObject([{ visibleAt: retryAt }]);
  });

  it("that is too large is told to the platform, in short, and to a person", async () => {
    bench.platform.meet(async ({ items }) => {
      if (items.length > 0) {
        throw new ConnectorError("platform-too-large", "The list is too long: 413");
      }
    });
    await bench.accept("task-1");
    bench.start();
    await pass(MINUTE_MS);
    expect(bench.platform.completions).toMatchObject([
      { status: COMPLETION_STATUS.permanentFailure, items: [] },
    ]);
    expect(bench.log.of("platform.refused")).toHaveLength(1);
    expect(bench.log.of("task.failed")).toMatchObject([{ code: "platform-too-large" }]);
    expect(bench.queue.poisoned()).toHaveLength(1);
  });

  it("of a job that is removed before it is sent is a failure, which the platform need not take", async () => {
    bench.platform.meet(async () => {
      const job = await readJob(bench.store, JOB);
      if (job) {
        await forgetJob(bench.store, job, new Date());
      }
      throw new ConnectorError("platform-refused", "The Import service answered 404");
    });
    await bench.accept("task-1");
    bench.start();
    await pass(5 * MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "failed" });
    expect(bench.log.of("task.failed")).toMatchObject([{ code: "job-gone" }]);
    expect(bench.platform.completions).toEqual([]);
    expect(bench.queue.waiting()).toEqual([]);
  });
});

describe("The daily limit", () => {
  const YESTERDAY_ID = postAt("2025-12-31T12:00:00.000Z").id;

  it("holds back what does not fit, oldest first, and the next day's task takes it along once", async () => {
    await take(DAILY_LIMIT - 2);
    await deliver("task-1");
    expect(bench.platform.completions).toMatchObject([{ items: listOf(IDS.slice(0, 2)) }]);
    expect(await Array.fromAsync(readOutbox(bench.store, JOB))).toMatchObject([
      { id: IDS[2], reason: "over the daily limit" },
    ]);
    expect(bench.log.of("delivery.over-daily-limit")).toMatchObject([{ jobId: JOB, waiting: 1 }]);
    await deliver("task-2", dayOf(2));
    expect(bench.platform.completions[1]?.items).toEqual([]);
    await pass(12 * HOUR_MS);
    await deliver("task-3", dayOf(3));
    expect(bench.platform.completions[2]).toMatchObject({ items: listOf(IDS.slice(2)) });
    expect(await countOutbox(bench.store, JOB)).toBe(0);
    await deliver("task-4", dayOf(4));
    expect(bench.platform.completions[3]?.items).toEqual([]);
  });

  it("lets go first what has waited longest", async () => {
    await bench.holdBack(postAt("2025-12-31T12:00:00.000Z"), {
      taskId: "task-0",
      window: { start: "2025-12-31T00:00:00Z", end: "2026-01-01T00:00:00Z" },
    });
    await take(DAILY_LIMIT - 2);
    await deliver("task-1");
    const [first = ""] = IDS;
    expect(bench.platform.completions).toMatchObject([{ items: listOf([YESTERDAY_ID, first]) }]);
    const waiting = await Array.fromAsync(readOutbox(bench.store, JOB));
    expect(waiting.map(({ id }) => id)).toEqual(IDS.slice(1));
  });

  it("is told of once a day, from 80 % on", async () => {
    await take(0.8 * DAILY_LIMIT - 4);
    await deliver("task-1");
    expect(bench.log.of("delivery.daily-limit-near")).toEqual([]);
    await deliver("task-2");
    await deliver("task-3");
    expect(bench.log.of("delivery.daily-limit-near")).toMatchObject([
      { jobId: JOB, items: 0.8 * DAILY_LIMIT + 2 },
    ]);
  });

  it("makes an answer that is given again wait for the next day as a whole", async () => {
    await deliver("task-1");
    await take(DAILY_LIMIT - 3);
    await bench.accept("task-1", { sealedSas: FRESH });
    bench.start();
    await pass(MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "completion-pending" });
    expect(bench.platform.completions).toHaveLength(1);
    await pass(12 * HOUR_MS);
    expect(bench.platform.completions).toHaveLength(2);
    expect(bench.platform.completions[1]).toEqual(bench.platform.completions[0]);
    expect(await countItems(bench.store, JOB, "2026-06-02")).toBe(3);
  });

  it("is counted by the day on which a completion was sent, and not by that of the uploads", async () => {
    bench.platform.meet(async () => {
      throw new ConnectorError("platform-unavailable", "503");
    });
    await bench.accept("task-1");
    bench.start();
    await pass(13 * HOUR_MS);
    bench.platform.meet(undefined);
    await pass(HOUR_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect(await countItems(bench.store, JOB, "2026-06-02")).toBe(3);
  });

  it("is counted and accepted on one day, even where the clock strikes midnight in between", async () => {
    const days = ["2026-06-01", "2026-06-02"];
    const times = ["2026-06-01T23:59:59.999Z", "2026-06-02T00:00:00.000Z"];
    let reads = 0;
    const now = () => new Date(times[(reads += 1) % 2] ?? "");
    await bench.accept("task-1");
    bench.start({ now });
    await pass(MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    const ledgers = await Promise.all(days.map((day) => bench.store.read(names.ledger(JOB, day))));
    const sent = ledgers
      .flatMap((ledger) => ledgerSchema.parse(JSON.parse(String(ledger?.body ?? "{}"))).answers)
      .filter((answer) => answer.sent);
    expect(sent).toMatchObject([{ items: 3, acceptedAt: expect.any(String) as unknown }]);
  });

  it("is each job's own", async () => {
    await keepRoom(
      bench.store,
      { jobId: "job-2", taskId: "other", asked: 1 },
      { day: "2026-06-01", items: DAILY_LIMIT, some: true },
    );
    await deliver("task-1");
    expect(bench.platform.completions).toMatchObject([{ items: listOf(IDS) }]);
  });

  /** Items that other tasks of the job have taken up today. */
  async function take(items: number): Promise<void> {
    const key = { jobId: JOB, taskId: `others-${items}`, asked: 1 };
    await keepRoom(bench.store, key, { day: "2026-06-01", items, some: true });
  }
});

const ledgerSchema = z.object({
  answers: z.array(z.looseObject({ sent: z.boolean().optional() })).default([]),
});

async function deliver(taskId: string, changes = {}): Promise<void> {
  await bench.accept(taskId, changes);
  const worker = bench.start();
  await pass(MINUTE_MS);
  await worker.stop();
  expect(await bench.taskOf(taskId)).toMatchObject({ state: "delivered" });
}

function dayOf(day: number) {
  return { window: { start: `2026-01-0${day}T00:00:00Z`, end: `2026-01-0${day + 1}T00:00:00Z` } };
}

function listOf(ids: string[]) {
  return ids.map((id) => ({ id }));
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
