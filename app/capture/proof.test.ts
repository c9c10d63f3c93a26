import { afterEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { names } from "../archive/names.ts";
import { captureDepsOf, SOURCE } from "../testing/captures.ts";
import { createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import { capture } from "./capture.ts";
import { type Coverage, readCoverage } from "./coverage.ts";
import { addSeconds, type Interval, join } from "../time/intervals.ts";
import { prove, readEvidence } from "./proof.ts";
import { DEPTH } from "./scan.ts";
import { postsOf } from "../feeds/posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };

let x: LocalX;
afterEach(() => x.close());

async function start(posts: number): Promise<Parts> {
  x = await startSmallX(manyPosts(posts), { keys: X_KEYS });
  return createParts(x.url);
}

async function proofOf({ store }: Parts, coverage?: Pick<Coverage, "intervals">) {
  return prove(
    await readEvidence(store, postsOf("job-1")),
    coverage ?? (await readCoverage(store, postsOf("job-1"))),
  );
}

describe("What is stored proves", () => {
  it("what was read, in windows and with looking back, and no more", async () => {
    const parts = await start(250);
    const noon = "2026-01-01T12:00:00Z";
    const deps = captureDepsOf(parts, { posts: 250 });
    await capture(deps, SOURCE, { start: noon, end: DAY.end });
    await capture(deps, SOURCE, { start: "2026-01-01T06:00:00Z", end: noon });
    const later = { start: DAY.end, end: "2026-01-03T00:00:00Z" };
    await capture(deps, SOURCE, later, { lookBackSeconds: 3600 });
    const read = { start: "2026-01-01T06:00:00Z", end: later.end };
    expect(await proofOf(parts)).toEqual({
      proven: [read],
      provenWithoutReposts: [read],
      unproven: [],
    });
  });

  it("up to where X reaches, and beyond it what its search gave, but for reposts", async () => {
    const parts = await start(DEPTH + 20);
    const window = { start: "2025-12-30T00:00:00Z", end: "2026-01-02T00:00:01Z" };
    const deps = captureDepsOf(parts, { fullArchiveSearch: true });
    const { intervals } = await capture(deps, SOURCE, window);
    const reached = intervals.find(({ without }) => !without)?.start ?? "";
    const { proven, provenWithoutReposts, unproven } = await proofOf(parts);
    expect(proven).toEqual([{ start: reached, end: window.end }]);
    expect(provenWithoutReposts).toEqual([window]);
    expect(unproven).toEqual([]);
    const lie = intervals.map(({ without: _, ...interval }) => interval);
    expect((await proofOf(parts, { intervals: lie })).unproven).toEqual([
      { start: window.start, end: reached },
    ]);
  });
});

describe("Coverage that its pages do not prove is found out", () => {
  it.each<[string, (name: string) => boolean, Interval[]]>([
    ["without its last page", (name) => name.endsWith("/pages/000004.json"), [DAY]],
    ["without a page in the middle", (name) => name.endsWith("/pages/000002.json"), [DAY]],
    ["without any page", (name) => name.includes("/pages/"), [DAY]],
    [
      "without the word of X on its reach",
      (name) => name.endsWith("/proof/account.json"),
      [{ start: DAY.start, end: "2026-01-01T19:51:01Z" }],
    ],
  ])("%s", async (_title, isLost, unproven) => {
    const parts = await start(250);
    await capture(captureDepsOf(parts, { posts: 250 }), SOURCE, DAY);
    for (const name of parts.store.blobs.keys()) {
      if (isLost(name)) {
        parts.store.blobs.delete(name);
      }
    }
    expect((await proofOf(parts)).unproven).toEqual(unproven);
  });

  it("where it says more than was asked for", async () => {
    const parts = await start(250);
    const { intervals } = await capture(captureDepsOf(parts, { posts: 250 }), SOURCE, DAY);
    const longer = intervals.map((interval) => ({
      ...interval,
      start: addSeconds(interval.start, -1),
      end: addSeconds(interval.end, 1),
    }));
    const { unproven } = await proofOf(parts, { intervals: longer });
    expect(join(unproven)).toEqual([
      { start: "2025-12-31T23:59:59Z", end: DAY.start },
      { start: DAY.end, end: "2026-01-02T00:00:01Z" },
    ]);
  });

  it("where a capture was cut off", async () => {
    const parts = await start(250);
    const store = { ...parts.store, create: dieAtPage(parts, "000003.json") };
    await capture(captureDepsOf(parts, { store, posts: 250 }), SOURCE, DAY).catch(() => undefined);
    const claim = [{ ...DAY, captureId: "2026-01-01", posts: 1 }];
    expect(await proofOf(parts, { intervals: claim })).toEqual({
      proven: [],
      provenWithoutReposts: [],
      unproven: [DAY],
    });
  });
});

function dieAtPage({ store }: Parts, page: string): Parts["store"]["create"] {
  return async (name, ...written) => {
    if (name === names.page(name.replace(/[^/]+$/, ""), Number.parseInt(page, 10))) {
      throw new Error("the process dies");
    }
    return store.create(name, ...written);
  };
}
