import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import {
  scheduledCaptureDepsOf,
  pass,
  startCaptureRuns,
  workOffCaptureRuns,
} from "../testing/capture-runs.ts";
import { archivedIds, captureDepsOf, SOURCE } from "../testing/captures.ts";
import { createParts, OWN_TOKEN, type Parts, X_KEYS } from "../testing/harness.ts";
import { startScriptedX } from "../testing/serve-x.ts";
import { type Budget, createMeter } from "./budget.ts";
import { capture } from "./capture.ts";
import { estimateOnce } from "./estimate.ts";
import { addReads, readsOf, readsOfAll } from "./usage.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const TODAY = "2026-06-01";
const ON_TOP = "plus other posts that they refer to, $0.005 each, and users, $0.01 each";

let x: LocalX;
afterEach(() => x?.close());

async function start(posts = manyPosts(250), otherPosts: typeof posts = []): Promise<Parts> {
  x = await startSmallX(posts, { keys: X_KEYS, otherPosts });
  return createParts(x.url);
}

function depsWith(parts: Parts, budget: Budget) {
  const { store, clock } = parts;
  return captureDepsOf(parts, {
    posts: 250,
    meter: createMeter({ store, budget, now: clock.now }),
  });
}

describe("What X hands out is counted for the job and the UTC day", () => {
  it("each post once a day, as X bills it", async () => {
    const parts = await start();
    const deps = captureDepsOf(parts, { posts: 250 });
    const morning = { start: DAY.start, end: "2026-01-01T22:00:00Z" };
    await capture(deps, SOURCE, morning);
    await capture(deps, SOURCE, DAY, { lookBackSeconds: 3600 });
    expect(x.returned()).toBeGreaterThan(250);
    expect(await readsOf(parts.store, "job-1", TODAY)).toEqual({
      day: { owned: 250, others: 0, users: 1, messages: 0 },
      month: { owned: 250, others: 0, users: 1, messages: 0 },
    });
    expect(x.reads()).toBe(250);
  });

  it("those that come along or are looked up apart", async () => {
    const quoted = postAt("2025-12-01T00:00:00.000Z", { author_id: "43" });
    const quote = postAt("2026-01-01T12:00:00.000Z", {
      referenced_tweets: [{ type: "quoted", id: quoted.id }],
    });
    const parts = await start([quote], [quoted]);
    await capture(captureDepsOf(parts, { posts: 1 }), SOURCE, DAY);
    const deps = captureDepsOf(parts);
    await deps.meter(parts.twitter, "job-2").lookup(OWN_TOKEN, [quote.id]);
    expect((await readsOf(parts.store, "job-1", TODAY)).day).toEqual({
      owned: 1,
      others: 1,
      users: 2,
      messages: 0,
    });
    expect((await readsOf(parts.store, "job-2", TODAY)).day).toEqual({
      owned: 0,
      others: 2,
      users: 2,
      messages: 0,
    });
    expect(await readsOfAll(parts.store, TODAY)).toEqual({ day: 4, month: 4 });
  });

  it("in an answer that cannot be used, too", async () => {
    const bad = { data: [{ id: "1", text: "t" }], meta: { result_count: 1 } };
    const scripted = await startScriptedX(() => ({ status: 200, body: bad }));
    const parts = createParts(scripted.url);
    const reading = capture(captureDepsOf(parts, { posts: 1 }), SOURCE, DAY);
    await expect(reading).rejects.toMatchObject({ code: "x-bad-response" });
    await scripted.close();
    expect((await readsOf(parts.store, "job-1", TODAY)).day).toEqual({
      owned: 1,
      others: 0,
      users: 0,
      messages: 0,
    });
  });

  it("when it is asked again, where the counter could not be written", async () => {
    const parts = await start([postAt("2026-01-01T12:00:00.000Z")]);
    let failures = 1;
    const create: Store["create"] = async (...blob) => {
      failures -= 1;
      if (failures >= 0) {
        throw new Error("storage is away");
      }
      return parts.store.create(...blob);
    };
    const store = { ...parts.store, create };
    const meter = createMeter({ store, budget: {}, now: parts.clock.now });
    const ask = () => meter(parts.twitter, "job-1").timeline(OWN_TOKEN, "42", { maxResults: 5 });
    await expect(ask()).rejects.toThrow("storage is away");
    await ask();
    await ask();
    expect((await readsOf(parts.store, "job-1", TODAY)).day).toEqual({
      owned: 1,
      others: 0,
      users: 1,
      messages: 0,
    });
  });

  it("and again on the next day, in whose month they are summed up", async () => {
    const { store } = createParts("http://127.0.0.1:1");
    const reads = { owned: 2, others: 1, users: 5, messages: 0 };
    for (const day of ["2026-05-31", "2026-06-01", "2026-06-01", "2026-06-02"]) {
      await addReads(store, "job-1", { day, reads });
    }
    expect(await readsOf(store, "job-1", "2026-06-01")).toEqual({
      day: { owned: 4, others: 2, users: 10, messages: 0 },
      month: { owned: 6, others: 3, users: 15, messages: 0 },
    });
    await addReads(store, "job-2", { day: "2026-06-30", reads });
    expect(await readsOfAll(store, "2026-06-01")).toEqual({ day: 6, month: 12 });
  });
});

describe("A budget that is spent", () => {
  it.each<[string, Budget, string, string]>([
    ["of the day", { perDay: 150 }, "2026-06-01T12:00:00Z", "2026-06-01T13:00:00.000Z"],
    [
      "of the day, near its end",
      { perDay: 150 },
      "2026-06-01T23:50:00Z",
      "2026-06-02T00:00:00.000Z",
    ],
    ["of the month", { perMonth: 150 }, "2026-06-30T23:50:00Z", "2026-07-01T00:00:00.000Z"],
    ["of both", { perDay: 150, perMonth: 150 }, "2026-12-31T23:50:00Z", "2027-01-01T00:00:00.000Z"],
  ])(
    "%s stops reading at the next page, and says when to look again",
    async (_title, budget, now, at) => {
      const parts = await start();
      parts.clock.set(now);
      await expect(capture(depsWith(parts, budget), SOURCE, DAY)).rejects.toMatchObject({
        code: "x-budget-spent",
        retryAt: new Date(at),
      });
      expect(x.returned()).toBe(200);
    },
  );

  it("lets reading go on where it stopped, once the next day has begun", async () => {
    const parts = await start();
    const deps = depsWith(parts, { perDay: 150 });
    await expect(capture(deps, SOURCE, DAY)).rejects.toBeInstanceOf(ConnectorError);
    parts.clock.set("2026-06-02T00:00:00Z");
    await capture(deps, SOURCE, DAY);
    expect(await archivedIds(parts, DAY)).toHaveLength(249);
    expect(x.returned()).toBe(250);
  });

  it("is one for all jobs", async () => {
    const parts = await start();
    await addReads(parts.store, "job-2", {
      day: TODAY,
      reads: { owned: 100, others: 50, users: 0, messages: 0 },
    });
    await expect(capture(depsWith(parts, { perDay: 150 }), SOURCE, DAY)).rejects.toMatchObject({
      message: "READS_PER_DAY (150) is used up until 2026-06-02T00:00:00.000Z",
    });
    expect(x.returned()).toBe(0);
  });

  it("parks the chain of a job, tells of it, and lets it go on by itself", async () => {
    const { x: beating, parts } = await startCaptureRuns();
    const { store, clock, log, queue } = parts;
    await addReads(store, "job-2", {
      day: TODAY,
      reads: { owned: 10, others: 0, users: 0, messages: 0 },
    });
    const meter = createMeter({ store, budget: { perDay: 10 }, now: clock.now });
    await pass(parts, 1, scheduledCaptureDepsOf(parts, { meter, posts: 4 }));
    expect(log.of("x.budget-spent")).toMatchObject([{ jobId: "job-1", code: "x-budget-spent" }]);
    expect(queue.waiting()).toMatchObject([{ visibleAt: new Date("2026-06-01T13:15:00Z") }]);
    clock.set("2026-06-02T00:00:00Z");
    await workOffCaptureRuns(scheduledCaptureDepsOf(parts, { meter, posts: 4 }), queue);
    clock.advance(30_000);
    await workOffCaptureRuns(scheduledCaptureDepsOf(parts, { meter, posts: 4 }), queue);
    expect(beating.reads()).toBe(3);
    await beating.close();
  });
});

describe("Where no budget is set, a default one holds for each job", () => {
  const capturing = (parts: Parts, posts: number) => {
    const { store, clock } = parts;
    const meter = createMeter({ store, budget: {}, now: clock.now });
    return capture(captureDepsOf(parts, { posts, meter }), SOURCE, DAY);
  };
  const spend = ({ store }: Parts, jobId: string, day: string, dollars: number) =>
    addReads(store, jobId, {
      day,
      reads: { owned: 0, others: 0, users: dollars * 100, messages: 0 },
    });

  it.each([
    ["a day", TODAY, 64, "2026-06-01T13:00:00.000Z"],
    ["a month", "2026-06-02", 160, "2026-06-01T13:00:00.000Z"],
  ])("of %s: what comes after waits, and says what to set", async (_title, day, dollars, at) => {
    const parts = await start(manyPosts(5));
    await spend(parts, "job-1", day, dollars);
    await expect(capturing(parts, 5)).rejects.toMatchObject({
      code: "x-budget-spent",
      message: expect.stringMatching(/default budget .*\$(64|160)\.00.*readsPerDay/) as unknown,
      retryAt: new Date(at),
    });
    expect(x.returned()).toBe(0);
  });

  it("is not reached by less, nor by what other jobs read", async () => {
    const parts = await start(manyPosts(5));
    await spend(parts, "job-1", TODAY, 63);
    await spend(parts, "job-2", TODAY, 1000);
    await capturing(parts, 5);
    expect(x.returned()).toBe(5);
  });

  it("grows with what the account has, once that is known", async () => {
    const parts = await start(manyPosts(5));
    const deps = captureDepsOf(parts, { posts: 6400, fullArchiveSearch: true });
    await estimateOnce(deps, SOURCE);
    await spend(parts, "job-1", TODAY, 120);
    await capturing(parts, 6400);
    await spend(parts, "job-1", TODAY, 8);
    const later = { start: DAY.end, end: "2026-01-03T00:00:00Z" };
    const meter = createMeter({ store: parts.store, budget: {}, now: parts.clock.now });
    const again = capture(captureDepsOf(parts, { posts: 6400, meter }), SOURCE, later);
    await expect(again).rejects.toMatchObject({ code: "x-budget-spent" });
  });

  it("does not hold where one is set", async () => {
    const parts = await start(manyPosts(5));
    await spend(parts, "job-1", TODAY, 1000);
    await capture(depsWith(parts, { perMonth: 1000 }), SOURCE, DAY);
    expect(x.returned()).toBe(5);
  });
});

describe("What a history may cost", () => {
  it.each<[number, string]>([
    [
      250,
      `at most 250 own posts: $0.25 where the account owns the developer app, else $1.25; ${ON_TOP}`,
    ],
    [
      90_000,
      `at most 3,200 own posts: $3.20 where the account owns the developer app, else $16.00; ${ON_TOP}`,
    ],
  ])("is told once, before %i posts are read", async (posts, detail) => {
    const parts = await start(manyPosts(5));
    const deps = captureDepsOf(parts, { posts });
    await capture(deps, SOURCE, { ...DAY, end: "2026-01-01T12:00:00Z" });
    await capture(deps, SOURCE, DAY);
    expect(parts.log.of("capture.estimated")).toMatchObject([{ jobId: "job-1", detail }]);
    expect(parts.log.events().indexOf("capture.estimated")).toBe(0);
  });
});
