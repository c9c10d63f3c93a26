import { beforeEach, describe, expect, it, vi } from "vitest";
import { postAt } from "../../scripts/local/x/testing/small-timeline.ts";
import { names } from "../archive/names.ts";
import { ConnectorError, type ErrorCode } from "../errors.ts";
import type { EventName } from "../events.ts";
import { forgetJob, markNeedsSignIn, readJob } from "../jobs/job.ts";
import { COMPLETION_STATUS } from "../import-service/client.ts";
import { ACCOUNT, addJob } from "../testing/harness.ts";
import { SAS_URI } from "../testing/platform-calls.ts";
import {
  answerNoPosts,
  answerPosts,
  createPatientX,
  JOB,
  WORK_BEGINS,
  type Workbench,
  useWorkbench,
} from "../testing/workbench.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

let bench: Workbench;
useWorkbench((made) => {
  bench = made;
});

describe("A message", () => {
  it("has its task done, and is then gone", async () => {
    await bench.accept("task-1");
    bench.start();
    await pass(SECOND_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered", items: 0 });
    expect(bench.platform.completions).toEqual([
      { jobId: JOB, taskId: "task-1", status: COMPLETION_STATUS.success, items: [] },
    ]);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("of a task whose record is damaged goes to the poison queue, too", async () => {
    await bench.accept("task-1");
    await bench.store.put(names.task(JOB, "task-1"), Buffer.from("{"));
    bench.start();
    await pass(SECOND_MS);
    expect(bench.queue.poisoned()).toHaveLength(1);
    expect(bench.log.of("work.poisoned")).toMatchObject([{ jobId: JOB, taskId: "task-1" }]);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("is one of as many at a time as there is room for", async () => {
    const x = createPatientX();
    bench.onX(x.timeline);
    for (const day of [1, 2, 3]) {
      await bench.accept(`task-${day}`, { window: dayOf(day) });
    }
    bench.start({ concurrency: 2 });
    await pass(MINUTE_MS);
    expect(bench.asked()).toBe(2);
    x.answer();
    await pass(1);
    expect(bench.asked()).toBe(3);
    expect(bench.platform.completions).toHaveLength(3);
  });

  it.each(["s3cr3t", "{}", '{"jobId":"job-1"}', ""])(
    "that is none of ours goes to the poison queue, is not quoted, and holds nothing up: %j",
    async (text) => {
      bench.queue.put(text);
      await bench.accept("task-1");
      bench.start();
      await pass(SECOND_MS);
      expect(bench.queue.poisoned()).toEqual([
        JSON.stringify({ reason: "not a message of this connector", message: text }),
      ]);
      expect(bench.log.of("work.poisoned")).toHaveLength(1);
      expect(bench.log.text()).not.toContain("s3cr3t");
      expect(bench.platform.completions).toHaveLength(1);
      expect(bench.queue.waiting()).toEqual([]);
    },
  );

  it("of a task that was never kept goes to the poison queue", async () => {
    await bench.queue.send({ jobId: JOB, taskId: "never" });
    bench.start();
    await pass(SECOND_MS);
    expect(bench.queue.poisoned()).toHaveLength(1);
    expect(bench.log.of("work.poisoned")).toMatchObject([{ jobId: JOB, taskId: "never" }]);
    expect(bench.platform.completions).toEqual([]);
  });

  it("of a job that was removed is failed for good, and the platform is told", async () => {
    await bench.accept("task-1");
    const job = await readJob(bench.store, JOB);
    await forgetJob(bench.store, job ?? (await addJob(bench, JOB)), new Date());
    bench.start();
    await pass(SECOND_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "failed" });
    expect(bench.platform.completions).toMatchObject([
      { taskId: "task-1", status: COMPLETION_STATUS.permanentFailure },
    ]);
    expect(bench.queue.waiting()).toEqual([]);
    expect(bench.queue.poisoned()).toEqual([]);
  });
});

describe("While a task is being done, its message", () => {
  it("is not seen by another worker, for as long as any step may take", async () => {
    const x = createPatientX();
    bench.onX(x.timeline);
    await bench.accept("task-1");
    bench.start();
    bench.start();
    await pass(19 * MINUTE_MS);
    expect(bench.asked()).toBe(1);
    x.answer();
    await pass(SECOND_MS);
    expect(bench.platform.completions).toHaveLength(1);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("stays in hand though a renewal or two fail", async () => {
    const x = createPatientX();
    bench.onX(x.timeline);
    await bench.accept("task-1");
    bench.start({ queue: renewing(bench, (count) => count % 3 === 0) });
    bench.start();
    await pass(15 * MINUTE_MS);
    expect(bench.asked()).toBe(1);
    x.answer();
    await pass(SECOND_MS);
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("comes to another worker when the first one is cut off, and stays with it", async () => {
    const [cutOff, later] = [createPatientX(), createPatientX()];
    bench.onX(cutOff.timeline);
    await bench.accept("task-1");
    const first = bench.start({ queue: renewing(bench, () => false) });
    await pass(SECOND_MS);
    bench.onX(later.timeline);
    bench.start();
    await pass(3 * MINUTE_MS);
    expect(bench.asked()).toBe(2);
    // Whoever was cut off asks once more: that there is no post is not believed on one answer.
    bench.onX(answerNoPosts);
    cutOff.answer();
    await pass(SECOND_MS);
    await first.stop();
    expect(bench.queue.waiting()).toHaveLength(1);
    later.answer();
    await pass(SECOND_MS);
    expect(bench.queue.waiting()).toEqual([]);
    expect(bench.log.of("work.queue-unreachable")).toEqual([]);
  });
});

describe("An edited post", () => {
  const times = ["2025-12-31T23:50", "2026-01-01T10:00", "2026-01-01T10:20"];
  const all = times.map((time) => postAt(`${time}:00.000Z`));
  const versions = all.map(({ id }) => id);
  const [before = "", first = "", newest = ""] = versions;
  beforeEach(() => {
    const posts = all.map((post) => ({ ...post, edit_history_tweet_ids: versions }));
    bench.onX(answerPosts(posts.slice(-1)));
    bench.onLookup(async (_token, ids) => {
      const data = posts.filter(({ id }) => ids.includes(id));
      const body = Buffer.from(JSON.stringify({ data, includes: { users: [ACCOUNT] } }));
      return { body, about: { request: "tweets", receivedat: new Date().toISOString() } };
    });
  });

  it("is handed over in all versions that X still has, each with the window of its time", async () => {
    const accept = (taskId: string, day: number) => bench.accept(taskId, { window: dayOf(day) });
    await accept("task-1", 1);
    bench.start();
    await pass(MINUTE_MS);
    expect(bench.platform.completions).toMatchObject([{ items: [{ id: first }, { id: newest }] }]);
    const window = { start: "2025-12-31T00:00:00Z", end: "2026-01-01T00:00:00Z" };
    await bench.accept("task-2", { window });
    await pass(MINUTE_MS);
    expect(bench.platform.completions[1]).toMatchObject({ items: [{ id: before }] });
    await accept("task-3", 2);
    await pass(MINUTE_MS);
    expect(bench.platform.completions[2]).toMatchObject({ items: [] });
    const [, item] = [...bench.uploads].find(([name]) => name.endsWith(`/${first}.json`)) ?? [];
    expect(JSON.parse(item?.toString() ?? "")).toMatchObject({
      Id: first,
      SentTimeUtc: "2026-01-01T10:00:00Z",
      Content: expect.stringMatching(
        `\nVersion: 2 of 3, replaces https://x.com/\\S+/${before}, replaced 2026-01-01 10:20:00 UTC by https://x.com/\\S+/${newest}\n`,
      ) as unknown,
    });
  });

  it("of a window that was answered goes out with the next task, once", async () => {
    const window = { start: "2025-12-31T00:00:00Z", end: "2026-01-01T00:00:00Z" };
    bench.start();
    for (const [taskId, changes] of [
      ["task-1", { window }],
      ["task-2", { window: dayOf(1) }],
      ["task-3", { window: dayOf(2) }],
    ] as const) {
      await bench.accept(taskId, changes);
      await pass(MINUTE_MS);
    }
    const lists = bench.platform.completions.map(({ items }) => items.map(({ id }) => id));
    expect(lists).toEqual([[], versions, []]);
  });
});

describe("After a failure, a task", () => {
  it.each<[ErrorCode, number]>([
    ["x-rate-limited", MINUTE_MS],
    ["x-credits-spent", HOUR_MS],
    ["x-usage-capped", HOUR_MS],
    ["x-token-refused", 5 * MINUTE_MS],
    ["x-keys-missing", 5 * MINUTE_MS],
  ])("waits without losing a try for what a person or a clock will bring: %s", async (code, ms) => {
    await fail(new ConnectorError(code, "test"));
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting", attempts: 0 });
    expect(visibleIn()).toEqual([ms]);
    expect(bench.log.of("task.waiting")).toMatchObject([{ taskId: "task-1", code }]);
    expect(bench.platform.completions).toEqual([]);
  });

  it.each<[string, Error, number]>([
    ["X unavailable", new ConnectorError("x-unavailable", "test"), 5 * SECOND_MS],
    ["a record in use", new ConnectorError("conflict", "test"), 5 * SECOND_MS],
    ["what nobody thought of", new TypeError("s3cr3t"), 5 * SECOND_MS],
  ])("is tried again after a moment, and a try less is left: %s", async (_title, error, ms) => {
    await fail(error);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting", attempts: 1 });
    expect(visibleIn()).toEqual([ms]);
    expect(bench.log.text()).not.toContain("s3cr3t");
  });

  it("waits until X has said", async () => {
    const retryAt = new Date("2026-06-01T12:07:30Z");
    await fail(new ConnectorError("x-rate-limited", "test", { retryAt }));
    expect(bench.queue.waiting()).toMatchObject([{ visibleAt: retryAt }]);
    expect(bench.log.of("task.waiting")).toMatchObject([{ retryAt: retryAt.toISOString() }]);
    expect(bench.log.of("x.rate-limited")).toHaveLength(1);
    bench.onX(answerNoPosts);
    await pass(7 * MINUTE_MS);
    expect(bench.platform.completions).toEqual([]);
    await pass(MINUTE_MS);
    expect(bench.platform.completions).toHaveLength(1);
  });

  it("waits until its window has ended", async () => {
    await bench.accept("task-1", {
      window: { start: "2026-06-01T12:00:00Z", end: "2026-06-01T13:00:00Z" },
    });
    bench.start();
    await pass(59 * MINUTE_MS);
    expect(bench.asked()).toBe(0);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting", attempts: 0 });
    await pass(2 * MINUTE_MS);
    expect(bench.asked()).toBe(1);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
  });

  it("is given up in the end, and the platform may ask again", async () => {
    await fail(new ConnectorError("unusable-record", "a page cannot be read"));
    await pass(HOUR_MS);
    expect(bench.asked()).toBe(10);
    expect(await bench.taskOf("task-1")).toMatchObject({
      state: "failed",
      reason: "unusable-record: a page cannot be read",
    });
    expect(bench.platform.completions).toMatchObject([
      { taskId: "task-1", status: COMPLETION_STATUS.temporaryFailure, items: [] },
    ]);
    expect(bench.log.of("task.waiting")).toHaveLength(9);
    expect(bench.log.of("task.failed")).toMatchObject([
      { taskId: "task-1", code: "unusable-record", attempt: 10 },
    ]);
    expect(bench.queue.waiting()).toEqual([]);
    expect(bench.queue.poisoned()).toEqual([
      JSON.stringify({
        reason: "unusable-record: a page cannot be read",
        message: JSON.stringify({ jobId: JOB, taskId: "task-1", failed: 1 }),
      }),
    ]);
    expect(bench.log.of("work.poisoned")).toMatchObject([{ taskId: "task-1" }]);
  });

  it("is never given up while it waits for a person, and is done when she has come", async () => {
    await fail(new ConnectorError("x-credits-spent", "test"));
    await pass(30 * HOUR_MS);
    expect(bench.asked()).toBe(31);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting", attempts: 0 });
    bench.onX(answerNoPosts);
    await pass(HOUR_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect((await bench.taskOf("task-1")).reason).toBeUndefined();
  });

  it("that was given up is done when its message is given back, with as many tries as ever", async () => {
    await fail(new ConnectorError("unusable-record", "a page cannot be read"));
    await pass(HOUR_MS);
    bench.requeue();
    await pass(10 * SECOND_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting", attempts: 2 });
    bench.onX(answerNoPosts);
    await pass(MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect((await bench.taskOf("task-1")).reason).toBeUndefined();
  });

  it("is never given up while X is down, and is done when it is there again", async () => {
    await fail(new ConnectorError("x-unavailable", "X answered 503"));
    await pass(24 * HOUR_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting" });
    expect(bench.log.of("x.unavailable").length).toBeGreaterThan(100);
    bench.onX(answerNoPosts);
    await pass(10 * MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
  });

  it.each<[ErrorCode, alert: EventName]>([
    ["x-forbidden", "x.forbidden"],
    ["x-bad-request", "x.request-rejected"],
    ["x-bad-response", "capture.fields-missing"],
    ["x-unavailable", "x.unavailable"],
    ["conflict", "work.stuck"],
  ])(
    "that time or a setting could mend waits for it as long as it takes, and says why: %s",
    async (code, alert) => {
      await fail(new ConnectorError(code, "X said why"));
      await pass(3 * 24 * HOUR_MS);
      expect(await bench.taskOf("task-1")).toMatchObject({
        state: "waiting",
        reason: "X said why",
      });
      expect(bench.log.of(alert).length).toBeGreaterThan(24);
      expect(bench.log.of(alert).at(-1)).toMatchObject({ taskId: "task-1", reason: "X said why" });
      expect(bench.platform.completions).toEqual([]);
      expect(bench.queue.poisoned()).toEqual([]);
      bench.onX(answerNoPosts);
      await pass(HOUR_MS + SECOND_MS);
      expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    },
  );

  it("whose SAS has expired waits an hour for a fresh one, and is given back to the platform then", async () => {
    const sealedSas = JSON.stringify(SAS_URI.replace("2026-12-31", "2026-05-31"));
    await bench.accept("task-1", { sealedSas });
    bench.start();
    await pass(HOUR_MS - SECOND_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "waiting", attempts: 0 });
    expect(bench.log.of("sas.unusable")).toHaveLength(12);
    await pass(MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "failed" });
    expect(bench.asked()).toBe(1);
    expect(bench.queue.poisoned()).toEqual([]);
    expect(bench.platform.completions).toMatchObject([
      { status: COMPLETION_STATUS.temporaryFailure },
    ]);
    expect(bench.log.text()).not.toMatch(/sig=|sas-signature/);
  });

  it("that is given up owes that to the platform until it has heard of it", async () => {
    bench.platform.meet(async () => {
      throw new ConnectorError("platform-refused", "The Import service answered 400");
    });
    await fail(new ConnectorError("unusable-record", "test"));
    await pass(24 * HOUR_MS);
    expect(bench.asked()).toBe(10);
    expect(await bench.taskOf("task-1")).toMatchObject({
      state: "completion-pending",
      pendingCompletion: { status: COMPLETION_STATUS.temporaryFailure, poison: true },
    });
    expect(bench.log.of("platform.refused")).toHaveLength(14);
    expect(bench.log.of("platform.completion-pending").length).toBeGreaterThan(20);
    expect(bench.queue.poisoned()).toEqual([]);
    bench.platform.meet(undefined);
    await pass(HOUR_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "failed" });
    expect(bench.platform.completions).toHaveLength(1);
    expect(bench.queue.poisoned()).toHaveLength(1);
  });

  it("is not done before the platform has accepted its end", async () => {
    bench.platform.meet(async () => {
      throw new ConnectorError("platform-unavailable", "The Import service answered 503");
    });
    await bench.accept("task-1");
    bench.start();
    await pass(SECOND_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({
      state: "completion-pending",
      pendingCompletion: { tries: 1 },
    });
    bench.platform.meet(undefined);
    await pass(MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect(bench.platform.completions).toHaveLength(1);
    expect(bench.asked()).toBe(1);
  });

  it("comes back after its lease when even the failure cannot be written down", async () => {
    const { store } = bench;
    let isDown = false;
    const replace: typeof store.replace = async (...written) => {
      if (isDown) {
        throw new TypeError("s3cr3t");
      }
      return store.replace(...written);
    };
    bench.onX(async () => {
      isDown = true;
      throw new ConnectorError("x-unavailable", "test");
    });
    await bench.accept("task-1");
    const cutOff = bench.start({ store: { ...store, replace } });
    await pass(SECOND_MS);
    await cutOff.stop();
    expect(bench.log.of("work.failed")).toMatchObject([{ jobId: JOB, taskId: "task-1" }]);
    expect(bench.log.text()).not.toContain("s3cr3t");
    bench.onX(answerNoPosts);
    bench.start();
    await pass(3 * MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
  });
});

describe("A token that X refuses", () => {
  const refused = new ConnectorError("x-token-refused", "X answered 401");

  it("for a moment calls for nobody", async () => {
    await fail(refused);
    bench.onX(answerNoPosts);
    await pass(5 * MINUTE_MS + SECOND_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect(bench.log.of("job.needs-sign-in")).toEqual([]);
  });

  it("marks the job, and its tasks go on after the next sign-in", async () => {
    await fail(refused);
    expect((await readJob(bench.store, JOB))?.needsSignIn).toBeUndefined();
    await pass(5 * MINUTE_MS);
    expect(await readJob(bench.store, JOB)).toMatchObject({ needsSignIn: "X answered 401" });
    expect(bench.log.of("job.needs-sign-in")).toMatchObject([{ jobId: JOB }]);
    bench.onX(answerNoPosts);
    await pass(HOUR_MS);
    expect(bench.asked()).toBe(2);
    const told = bench.log.of("job.needs-sign-in").length;
    expect(told).toBeGreaterThan(10);
    await addJob(bench, JOB);
    await pass(HOUR_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect(bench.log.of("job.needs-sign-in")).toHaveLength(told);
  });

  describe("and takes again after hours", () => {
    const accepted = async () => ({
      body: Buffer.from(JSON.stringify({ data: ACCOUNT })),
      about: {},
    });
    const refuses = async () => {
      throw refused;
    };
    let probes: number[];
    beforeEach(() => {
      probes = [];
    });
    const onProbe = (answer: Workbench["twitter"]["account"]) =>
      bench.onAccount((token) => {
        probes.push(Date.now());
        return answer(token);
      });

    it("is asked about ever less often, once for all windows, and these go on by themselves", async () => {
      onProbe(refuses);
      await bench.accept("task-2", { window: dayOf(2) });
      await bench.accept("task-3", { window: dayOf(3) });
      await fail(refused);
      await pass(8 * HOUR_MS);
      const pauses = probes.slice(1).map((at, index) => at - (probes[index] ?? at));
      expect(pauses.length).toBeGreaterThan(6);
      expect(pauses.length).toBeLessThan(14);
      expect(pauses.at(0)).toBeLessThan(HOUR_MS / 4);
      expect(pauses.at(-1)).toBeGreaterThanOrEqual(HOUR_MS);
      expect(pauses.at(-1)).toBeLessThan(HOUR_MS + 6 * MINUTE_MS);
      // A person is called for as long as it lasts.
      const told = bench.log.of("job.needs-sign-in").length;
      expect(told).toBeGreaterThan(8 * 12);

      onProbe(accepted);
      bench.onX(answerNoPosts);
      await pass(HOUR_MS + 11 * MINUTE_MS);
      for (const task of ["task-1", "task-2", "task-3"]) {
        expect(await bench.taskOf(task)).toMatchObject({ state: "delivered" });
      }
      expect((await readJob(bench.store, JOB))?.needsSignIn).toBeUndefined();
      expect(bench.log.of("job.token-accepted-again")).toMatchObject([
        { jobId: JOB, reason: "X answered 401" },
      ]);
    });

    it.each<[string, Workbench["twitter"]["account"]]>([
      [
        "X is down",
        async () => Promise.reject(new ConnectorError("x-unavailable", "X answered 503")),
      ],
      ["X says nothing of an account", async () => ({ body: Buffer.from("{}"), about: {} })],
      [
        "it is another account's",
        async () => ({
          body: Buffer.from(JSON.stringify({ data: { ...ACCOUNT, id: "43" } })),
          about: {},
        }),
      ],
    ])("is not believed to be taken while %s", async (_what, answer) => {
      onProbe(answer);
      await fail(refused);
      await pass(3 * HOUR_MS);
      expect(probes.length).toBeGreaterThan(3);
      expect(await readJob(bench.store, JOB)).toMatchObject({ needsSignIn: "X answered 401" });
      expect(bench.log.of("job.token-accepted-again")).toEqual([]);
    });

    it("still needs the sign-in that the portal has asked for meanwhile", async () => {
      onProbe(refuses);
      await fail(refused);
      await pass(HOUR_MS);
      await markNeedsSignIn(bench.store, JOB, { reason: "the portal asked for it" });
      onProbe(accepted);
      await pass(3 * HOUR_MS);
      expect(await readJob(bench.store, JOB)).toMatchObject({
        needsSignIn: "the portal asked for it",
      });
    });

    it("is left alone where the account was signed in again while X was asked", async () => {
      onProbe(async () => {
        await addJob(bench, JOB);
        return accepted();
      });
      await fail(refused);
      await pass(9 * MINUTE_MS);
      expect(probes).toEqual([]);
      bench.onX(answerNoPosts);
      await pass(HOUR_MS);
      expect(probes).toHaveLength(1);
      expect(bench.log.of("job.token-accepted-again")).toEqual([]);
      expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    });

    it("and refuses again is asked about no more often for that", async () => {
      onProbe(accepted);
      await fail(refused);
      await pass(8 * HOUR_MS);
      expect(probes.length).toBeGreaterThan(6);
      expect(probes.length).toBeLessThan(14);
    });
  });

  it("does not keep back a window that is in the archive already", async () => {
    await bench.accept("task-1");
    bench.start();
    await pass(SECOND_MS);
    await markNeedsSignIn(bench.store, JOB, { reason: "X answered 401" });
    await bench.accept("task-2");
    await pass(MINUTE_MS);
    expect(await bench.taskOf("task-2")).toMatchObject({ state: "delivered" });
    expect(bench.asked()).toBe(1);
  });

  it("does not mark a job that was signed in again meanwhile", async () => {
    bench.onX(async () => {
      await addJob(bench, JOB);
      throw refused;
    });
    await bench.accept("task-1");
    bench.start();
    await pass(0);
    expect((await readJob(bench.store, JOB))?.needsSignIn).toBeUndefined();
    bench.onX(answerNoPosts);
    await pass(5 * MINUTE_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
  });
});

describe("The queue", () => {
  it("is looked at every five seconds, and at once when the worker is woken", async () => {
    const receive = vi.spyOn(bench.queue, "receive");
    const worker = bench.start();
    await pass(MINUTE_MS);
    expect(receive).toHaveBeenCalledTimes(13);
    await bench.accept("task-1");
    worker.wake();
    await pass(1);
    expect(bench.platform.completions).toHaveLength(1);
  });

  it("that cannot be reached is asked ever less often, and used again when it can", async () => {
    let isDown = true;
    const queue = {
      ...bench.queue,
      async receive(...asked: Parameters<Workbench["queue"]["receive"]>) {
        if (isDown) {
          throw new Error("getaddrinfo ENOTFOUND archive.queue.core.windows.net?sig=s3cr3t");
        }
        return bench.queue.receive(...asked);
      },
    };
    const worker = bench.start({ queue });
    await pass(5 * MINUTE_MS);
    // After 5, 10, 20 and 40 seconds, and then every minute.
    expect(bench.log.of("work.queue-unreachable")).toHaveLength(8);
    expect(bench.log.text()).not.toContain("s3cr3t");
    expect(worker.isAlive()).toBe(false);
    isDown = false;
    await bench.accept("task-1");
    worker.wake();
    await pass(MINUTE_MS);
    expect(worker.isAlive()).toBe(true);
    expect(bench.platform.completions).toHaveLength(1);
  });
});

describe("A worker is alive", () => {
  it("once it has got through, while it waits and while it works", async () => {
    const x = createPatientX();
    bench.onX(x.timeline);
    const worker = bench.start();
    expect(worker.isAlive()).toBe(false);
    await pass(1);
    expect(worker.isAlive()).toBe(true);
    await pass(10 * MINUTE_MS);
    expect(worker.isAlive()).toBe(true);
    await bench.accept("task-1");
    await pass(10 * MINUTE_MS);
    expect(worker.isAlive()).toBe(true);
  });

  it.each([
    ["does not answer", forEver],
    ["cannot be reached", failing(new Error("the network is down"))],
  ])("until its queue %s for a minute", async (_title, receive) => {
    const worker = bench.start();
    await pass(MINUTE_MS);
    bench.queue.receive = receive;
    await pass(50 * SECOND_MS);
    expect(worker.isAlive()).toBe(true);
    await pass(20 * SECOND_MS);
    expect(worker.isAlive()).toBe(false);
  });
});

describe("A worker that is stopped", () => {
  const DRAIN_MS = 20 * SECOND_MS;
  const LIMIT_MS = 25 * SECOND_MS;

  it("is so at once when it has nothing in hand, and takes no more", async () => {
    const worker = bench.start();
    await pass(SECOND_MS);
    await worker.stop();
    await bench.accept("task-1");
    worker.wake();
    await pass(MINUTE_MS);
    expect(bench.asked()).toBe(0);
    expect(bench.queue.waiting()).toMatchObject([{ visibleAt: new Date("2026-06-01T12:00:01Z") }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("finishes what is in hand", async () => {
    const x = createPatientX();
    bench.onX(x.timeline);
    await bench.accept("task-1");
    const worker = bench.start();
    await pass(SECOND_MS);
    const ended = endOf(worker.stop());
    await pass(DRAIN_MS / 2);
    expect(ended.at()).toBeUndefined();
    x.answer();
    await pass(0);
    expect(ended.at()).toBe(SECOND_MS + DRAIN_MS / 2);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
    expect(bench.queue.waiting()).toEqual([]);
  });

  it("gives back what it cannot finish in time, and another worker does it", async () => {
    bench.onX(forEver);
    await bench.accept("task-1");
    const worker = bench.start();
    await pass(SECOND_MS);
    const ended = endOf(worker.stop());
    await pass(LIMIT_MS);
    expect(ended.at()).toBeLessThanOrEqual(SECOND_MS + LIMIT_MS);
    bench.onX(answerNoPosts);
    bench.start();
    await pass(SECOND_MS);
    expect(await bench.taskOf("task-1")).toMatchObject({ state: "delivered" });
  });

  it("does not take back what it has given back", async () => {
    bench.onX(forEver);
    await bench.accept("task-1");
    const worker = bench.start();
    await pass(SECOND_MS);
    void worker.stop();
    await pass(LIMIT_MS + 10 * MINUTE_MS);
    expect(visibleIn()[0]).toBeLessThanOrEqual(-10 * MINUTE_MS);
  });

  it("is so at once when its queue fails just then", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const worker = bench.start({ queue: { ...bench.queue, receive: () => promise } });
    await pass(SECOND_MS);
    const ended = endOf(worker.stop());
    reject(new Error("the network is down"));
    await pass(0);
    expect(ended.at()).toBe(SECOND_MS);
  });

  it("gives back what the queue hands out too late", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const queue = {
      ...bench.queue,
      async receive(...asked: Parameters<Workbench["queue"]["receive"]>) {
        await promise;
        return bench.queue.receive(...asked);
      },
    };
    await bench.accept("task-1");
    const worker = bench.start({ queue });
    await pass(SECOND_MS);
    const ended = endOf(worker.stop());
    resolve(undefined);
    await pass(0);
    expect(ended.at()).toBe(SECOND_MS);
    expect(bench.asked()).toBe(0);
    expect(visibleIn()).toEqual([0]);
  });

  it.each([
    ["asked", { receive: forEver }],
    ["given anything back", { release: forEver }],
  ])("ends in time though its queue does not answer when it is %s", async (_title, faults) => {
    bench.onX(forEver);
    await bench.accept("task-1");
    const worker = bench.start({ queue: withFaults(bench, faults) });
    await pass(SECOND_MS);
    const ended = endOf(worker.stop());
    await pass(LIMIT_MS);
    expect(ended.at()).toBeLessThanOrEqual(SECOND_MS + LIMIT_MS);
  });
});

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Lets the first try of a task fail. */
async function fail(error: Error): Promise<void> {
  bench.onX(failing(error));
  await bench.accept("task-1");
  bench.start();
  await pass(0);
}

function failing(error: Error) {
  return async () => {
    throw error;
  };
}

function forEver(): Promise<never> {
  return new Promise(() => {});
}

/** Milliseconds from now until each message is visible. */
function visibleIn(): number[] {
  return bench.queue.waiting().map(({ visibleAt }) => visibleAt.getTime() - Date.now());
}

/** When a promise was fulfilled, in milliseconds from the beginning. */
function endOf(promise: Promise<void>): { at: () => number | undefined } {
  let at: number | undefined;
  void promise.then(() => {
    at = Date.now() - Date.parse(WORK_BEGINS);
  });
  return { at: () => at };
}

function dayOf(day: number) {
  return { start: `2026-01-0${day}T00:00:00Z`, end: `2026-01-0${day + 1}T00:00:00Z` };
}

type Queue = Workbench["queue"];

/** The bench's queue, where only some renewals get through (counted from 1). */
function renewing({ queue }: Workbench, getsThrough: (count: number) => boolean): Queue {
  let count = 0;
  return {
    ...queue,
    async receive(...asked) {
      const leases = await queue.receive(...asked);
      return leases.map((lease) => ({
        ...lease,
        async renew(ms: number) {
          count += 1;
          if (!getsThrough(count)) {
            throw new Error("the network is down");
          }
          return lease.renew(ms);
        },
      }));
    },
  };
}

function withFaults(
  { queue }: Workbench,
  { receive, release }: { receive?: () => Promise<never>; release?: () => Promise<never> },
): Queue {
  return {
    ...queue,
    receive:
      receive ??
      (async (...asked) => {
        const leases = await queue.receive(...asked);
        return leases.map((lease) => ({ ...lease, ...(release && { release }) }));
      }),
  };
}
