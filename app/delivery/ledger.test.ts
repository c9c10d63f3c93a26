import { beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import { createMemoryStore } from "../testing/memory-store.ts";
import {
  countItems,
  DAILY_LIMIT,
  dayOf,
  keepRoom,
  lastAccepted,
  readAnswered,
  recordAcceptance,
} from "./ledger.ts";

const DAY = "2026-06-01";
const key = (taskId: string, asked = 1) => ({ jobId: "job-1", taskId, asked });
const all = (items: number) => ({ day: DAY, items, some: false });
const some = (items: number) => ({ day: DAY, items, some: true });

let store: ReturnType<typeof createMemoryStore>;
beforeEach(() => {
  store = createMemoryStore();
});

describe("Room in a day", () => {
  it.each([
    ["all of it", 0, 5, 5, 5],
    ["what is left", DAILY_LIMIT - 3, 5, 3, 0],
    ["just what fits", DAILY_LIMIT - 5, 5, 5, 5],
    ["nothing once it is full", DAILY_LIMIT, 5, 0, 0],
    ["all of an empty list", DAILY_LIMIT, 0, 0, 0],
  ])("is kept: %s", async (_what, taken, items, someFit, allFit) => {
    await keepRoom(store, key("others"), some(taken));
    expect((await keepRoom(store, key("one"), some(items))).granted).toBe(someFit);
    await keepRoom(store, key("one"), some(0));
    expect((await keepRoom(store, key("one"), all(items))).granted).toBe(allFit);
  });

  it("is kept once for one answer, however often it is asked for", async () => {
    for (const items of [5, 5, 7]) {
      expect(await keepRoom(store, key("one"), some(items))).toMatchObject({ granted: items });
    }
    expect(await countItems(store, "job-1", DAY)).toBe(7);
  });

  it("is kept anew where a task is asked for again before its completion was sent", async () => {
    await keepRoom(store, key("one"), some(DAILY_LIMIT));
    expect(await keepRoom(store, key("one", 2), some(DAILY_LIMIT))).toMatchObject({
      granted: DAILY_LIMIT,
    });
    expect(await countItems(store, "job-1", DAY)).toBe(DAILY_LIMIT);
  });

  it("is kept again for the answer to another asking, on another day, in another job", async () => {
    await keepRoom(store, key("one"), all(5));
    await keepRoom(store, key("one", 2), some(5));
    await keepRoom(store, key("one"), { ...some(9), day: "2026-06-02" });
    await keepRoom(store, { ...key("one"), jobId: "job-2" }, some(11));
    expect(await countItems(store, "job-1", DAY)).toBe(10);
    expect(await countItems(store, "job-1", "2026-06-02")).toBe(9);
    expect(await countItems(store, "job-2", DAY)).toBe(11);
    expect(await countItems(store, "job-3", DAY)).toBe(0);
  });

  it("is never given to two, though all ask at the same time", async () => {
    await keepRoom(store, key("others"), some(DAILY_LIMIT - 10));
    const rooms = await Promise.all(
      ["a", "b", "c", "d"].map((taskId) => keepRoom(store, key(taskId), some(4))),
    );
    expect(rooms.reduce((sum, { granted }) => sum + granted, 0)).toBe(10);
    expect(await countItems(store, "job-1", DAY)).toBe(DAILY_LIMIT);
  });

  it("says how full the day was, and is", async () => {
    await keepRoom(store, key("others"), some(100));
    expect(await keepRoom(store, key("one"), some(5))).toEqual({
      granted: 5,
      before: 100,
      after: 105,
    });
    expect(await keepRoom(store, key("one"), some(5))).toMatchObject({ before: 105, after: 105 });
  });
});

describe("An acceptance", () => {
  const hours = (start: number, end: number) => ({
    start: `2026-01-01T0${start}:00:00Z`,
    end: `2026-01-01T0${end}:00:00Z`,
  });

  it("stands beside what was kept for it, and joins the windows that were answered", async () => {
    await keepRoom(store, key("one"), some(5));
    const acceptedAt = "2026-06-01T12:00:00.000Z";
    for (const window of [hours(1, 2), hours(4, 5), hours(2, 3), hours(1, 2)]) {
      await recordAcceptance(store, key("one"), { day: DAY, acceptedAt, window });
    }
    expect(await readAnswered(store, "job-1")).toEqual([hours(1, 3), hours(4, 5)]);
    expect(await readAnswered(store, "job-2")).toEqual([]);
    const blob = await store.read("work/job-1/ledger/2026-06-01.json");
    expect(JSON.parse(Buffer.from(blob?.body ?? []).toString())).toEqual({
      answers: [{ taskId: "one", asked: 1, items: 5, acceptedAt }],
      schema: 1,
    });
  });
});

describe("Accepted last", () => {
  it("are tasks by the time of their acceptance, newest first, each once, as many as asked for", async () => {
    await accept("a", "2026-06-01T10:00:00.000Z");
    await accept("c", "2026-06-03T10:00:00.000Z");
    await accept("b", "2026-06-01T11:00:00.000Z");
    await accept("d", "2026-06-03T09:00:00.000Z");
    await accept("a", "2026-06-03T11:00:00.000Z");
    await keepRoom(store, key("not-accepted"), some(5));
    expect(await lastAccepted(store, "job-1", 10)).toEqual(["a", "c", "d", "b"]);
    expect(await lastAccepted(store, "job-1", 2)).toEqual(["a", "c"]);
    expect(await lastAccepted(store, "job-2", 2)).toEqual([]);
  });

  it("are found without a look at the days before", async () => {
    await accept("old", "2026-06-01T10:00:00.000Z");
    await accept("new", "2026-06-03T10:00:00.000Z");
    await store.put(names.ledger("job-1", "2026-06-01"), Buffer.from("{"));
    expect(await lastAccepted(store, "job-1", 1)).toEqual(["new"]);
    await expect(lastAccepted(store, "job-1", 2)).rejects.toMatchObject({
      code: "unusable-record",
    });
  });

  async function accept(taskId: string, acceptedAt: string): Promise<void> {
    const day = dayOf(new Date(acceptedAt));
    await keepRoom(store, key(taskId), { ...some(1), day });
    const window = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
    await recordAcceptance(store, key(taskId), { day, acceptedAt, window });
  }
});

it("A day is one of UTC", () => {
  expect(dayOf(new Date("2026-06-01T23:59:59.999Z"))).toBe("2026-06-01");
  expect(dayOf(new Date("2026-06-02T01:00:00+02:00"))).toBe("2026-06-01");
});
