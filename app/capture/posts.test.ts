import { beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { createMemoryStore } from "../testing/memory-store.ts";
import { captureIdOf } from "./capture-id.ts";
import type { Coverage, Covered, Gap } from "./coverage.ts";
import type { Interval } from "../time/intervals.ts";
import { pagesOfWindow } from "./posts.ts";
import { postsOf } from "../feeds/posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const [MORNING, NOON, EVENING] = [between(0, 6), between(6, 18), between(18, 24)];

let store: Store;
beforeEach(async () => {
  store = createMemoryStore();
  for (const captureId of [captureIdOf(MORNING), captureIdOf(NOON), captureIdOf(NOON, "search")]) {
    const page = names.page(names.capturePages(postsOf("job-1"), captureId), 1);
    await store.create(page, Buffer.from("{}"));
    await store.create(names.context(page, 1), Buffer.from("{}"));
    await store.create(names.captureProof(postsOf("job-1"), captureId, "newer"), Buffer.from("{}"));
  }
});

describe("The pages of a window", () => {
  it("are those of a day's captures that are done, without what lies beside them", async () => {
    const coverage = { intervals: [ofTheDay(MORNING)], gaps: [] };
    expect(await foldersOf(coverage)).toEqual([captureIdOf(MORNING)]);
    const later = { intervals: [ofTheDay(MORNING), ofTheDay(NOON)], gaps: [] };
    expect(await foldersOf(later)).toEqual([captureIdOf(MORNING), captureIdOf(NOON)]);
  });

  it("are those of a capture that ended in a gap", async () => {
    const coverage = { intervals: [ofTheDay(MORNING)], gaps: [gap(NOON)] };
    expect(await foldersOf(coverage)).toEqual([captureIdOf(MORNING), captureIdOf(NOON)]);
  });

  it("are those of a search once it counts, and not while its gap is only there", async () => {
    const searched = gap(NOON, captureIdOf(NOON, "search"));
    const coverage = { intervals: [ofTheDay(MORNING)], gaps: [searched] };
    expect(await foldersOf(coverage)).toEqual([
      captureIdOf(MORNING),
      captureIdOf(NOON, "search"),
      captureIdOf(NOON),
    ]);
  });

  it("are none where nothing of the window is known", async () => {
    const coverage = { intervals: [{ ...ofTheDay(EVENING), captureId: "2026-01-03" }], gaps: [] };
    expect(await foldersOf(coverage)).toEqual([]);
  });
});

async function foldersOf(coverage: Coverage): Promise<string[]> {
  const pages = await Array.fromAsync(
    pagesOfWindow(store, { ...postsOf("job-1"), window: DAY, coverage }),
  );
  return pages.map((name) => /captures\/(.*)\/pages\//.exec(name)?.[1] ?? name);
}

function ofTheDay(interval: Interval): Covered {
  return { ...interval, captureId: "2026-01-01", posts: 1 };
}

function gap(interval: Interval, captureId?: string): Gap {
  return {
    ...interval,
    reason: "test",
    tried: "all",
    recordedAt: DAY.end,
    ...(captureId !== undefined && { captureId }),
  };
}

function between(from: number, to: number): Interval {
  const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
  return { start: at(from).replace(".000Z", "Z"), end: at(to).replace(".000Z", "Z") };
}
