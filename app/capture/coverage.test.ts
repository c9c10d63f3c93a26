import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../testing/memory-store.ts";
import {
  addToCoverage,
  capturesOf,
  type Covered,
  type Gap,
  readCoverage,
  replaceGap,
} from "./coverage.ts";
import { postsOf } from "../feeds/posts.ts";

const hour = (at: number) => `2026-01-01T${String(at).padStart(2, "0")}:00:00Z`;
const covered = (start: number, end: number): Covered => ({
  start: hour(start),
  end: hour(end),
  captureId: `${start}-${end}`,
  posts: 1,
});
const gap = (start: number, end: number, captureId?: string): Gap => ({
  start: hour(start),
  end: hour(end),
  reason: "test",
  tried: "all",
  recordedAt: hour(0),
  ...(captureId !== undefined && { captureId }),
});

describe("capturesOf", () => {
  const coverage = {
    intervals: [covered(6, 8), covered(0, 2), covered(2, 4), covered(10, 12)],
    gaps: [gap(4, 6), gap(8, 10, "near")],
  };

  it.each<[string, [number, number], string[]]>([
    ["that lie in it, in order of time", [0, 12], ["0-2", "2-4", "6-8", "near", "10-12"]],
    ["that overlap it", [1, 3], ["0-2", "2-4"]],
    ["that touch it, at either end", [4, 6], ["2-4", "6-8"]],
    ["of a gap beside it", [9, 10], ["near", "10-12"]],
    ["none, where nothing is near", [14, 15], []],
  ])("names the captures %s", (_title, [start, end], ids) => {
    expect(capturesOf({ start: hour(start), end: hour(end) }, coverage)).toEqual(ids);
  });
});

it("capturesOf names a capture of later that holds older posts, and a day's captures once", () => {
  const coverage = {
    intervals: [
      { ...covered(6, 8), captureId: "2026-01-01" },
      { ...covered(10, 12), captureId: "2026-01-01/10", from: hour(9) },
      { ...covered(14, 16), captureId: "2026-01-02", from: hour(7) },
    ],
    gaps: [],
  };
  const of = (start: number, end: number) =>
    capturesOf({ start: hour(start), end: hour(end) }, coverage);
  expect(of(7, 8)).toEqual(["2026-01-01", "2026-01-02"]);
  expect(of(9, 10)).toEqual(["2026-01-01/10", "2026-01-02"]);
  expect(of(7, 13)).toEqual(["2026-01-01", "2026-01-02"]);
});

describe("addToCoverage", () => {
  it("keeps what was there, in order of time, and adds nothing twice", async () => {
    const store = createMemoryStore();
    await addToCoverage(store, postsOf("job-1"), { intervals: [covered(6, 8)] });
    await addToCoverage(store, postsOf("job-1"), { intervals: [covered(0, 2)], gaps: [gap(4, 6)] });
    await addToCoverage(store, postsOf("job-1"), { intervals: [covered(0, 2)], gaps: [gap(4, 6)] });
    expect(await readCoverage(store, postsOf("job-1"))).toEqual({
      intervals: [covered(0, 2), covered(6, 8)],
      gaps: [gap(4, 6)],
    });
  });

  it("loses nothing when several add at once", async () => {
    const store = createMemoryStore();
    const all = [0, 1, 2, 3, 4, 5].map((at) => covered(at, at + 1));
    await Promise.all(
      all.map((one) => addToCoverage(store, postsOf("job-1"), { intervals: [one] })),
    );
    expect((await readCoverage(store, postsOf("job-1"))).intervals).toEqual(all);
  });

  it("joins neighbours of one day, in whatever order they come, and no others", async () => {
    const store = createMemoryStore();
    const day = (start: number, end: number, more: Partial<Covered> = {}): Covered => ({
      ...covered(start, end),
      captureId: `2026-01-01/${start}`,
      ...more,
    });
    const next = { ...covered(6, 8), captureId: "2026-01-02/6" };
    const parts = [
      day(0, 1, { newestId: "1" }),
      day(2, 3, { newestId: "3", from: hour(1) }),
      next,
      day(5, 6),
      day(1, 2),
      day(1, 2),
    ];
    for (const part of parts) {
      await addToCoverage(store, postsOf("job-1"), { intervals: [part] });
    }
    expect((await readCoverage(store, postsOf("job-1"))).intervals).toEqual([
      { start: hour(0), end: hour(3), captureId: "2026-01-01", posts: 3, newestId: "3" },
      day(5, 6),
      next,
    ]);
  });

  it("does not grow with every few minutes of a day", async () => {
    const store = createMemoryStore();
    const minute = (at: number) => new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString().slice(0, 19);
    for (let at = 0; at < 300; at += 15) {
      const part = {
        start: `${minute(at)}Z`,
        end: `${minute(at + 15)}Z`,
        captureId: `2026-01-01/${at}`,
      };
      await addToCoverage(store, postsOf("job-1"), { intervals: [{ ...part, posts: 1 }] });
    }
    expect((await readCoverage(store, postsOf("job-1"))).intervals).toEqual([
      { start: hour(0), end: hour(5), captureId: "2026-01-01", posts: 20 },
    ]);
  });

  it("joins neighbouring gaps of which the same is to be said", async () => {
    const store = createMemoryStore();
    const other = { ...gap(4, 5), tried: "something else" };
    for (const one of [gap(2, 3), gap(0, 1), gap(1, 2), gap(3, 4, "near"), other, gap(1, 2)]) {
      await addToCoverage(store, postsOf("job-1"), { gaps: [one] });
    }
    expect((await readCoverage(store, postsOf("job-1"))).gaps).toEqual([
      gap(0, 3),
      gap(3, 4, "near"),
      other,
    ]);
  });

  it("keeps two gaps of one interval that have different reasons", async () => {
    const store = createMemoryStore();
    const reposts = { ...gap(4, 6), reason: "reposts" };
    await addToCoverage(store, postsOf("job-1"), { gaps: [gap(4, 6)] });
    await addToCoverage(store, postsOf("job-1"), { gaps: [reposts, gap(4, 6)] });
    expect((await readCoverage(store, postsOf("job-1"))).gaps).toEqual([gap(4, 6), reposts]);
  });

  it.each([
    ["start", gap(4, 9)],
    ["end", gap(1, 6)],
    ["interval", { ...gap(4, 6), reason: "reposts" }],
  ])("closes one gap, and leaves another of the same %s", async (_what, other) => {
    const store = createMemoryStore();
    const [closed, intervals] = [gap(4, 6), [covered(4, 6)]];
    await addToCoverage(store, postsOf("job-1"), { gaps: [other, closed] });
    await replaceGap(store, postsOf("job-1"), { gap: closed, intervals, gaps: [] });
    expect(await readCoverage(store, postsOf("job-1"))).toEqual({ intervals, gaps: [other] });
  });

  it("says so when what is stored cannot be read", async () => {
    const store = createMemoryStore();
    await store.put("work/job-1/posts/coverage.json", Buffer.from("{"));
    await expect(readCoverage(store, postsOf("job-1"))).rejects.toMatchObject({
      code: "unusable-record",
    });
  });
});
