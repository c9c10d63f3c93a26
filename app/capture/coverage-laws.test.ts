import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../testing/memory-store.ts";
import { addToCoverage, type Coverage, readCoverage } from "./coverage.ts";
import { addSeconds, contains, type Interval, subtract } from "../time/intervals.ts";
import { postsOf } from "../feeds/posts.ts";

const at = (hour: number) => addSeconds("2026-01-01T00:00:00Z", hour * 3600);
const someInterval = fc
  .tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }))
  .map(([start, hours]) => ({ start: at(start), end: at(start + hours) }));
/** What a job finds out in its time: pieces of the timeline that were read, and pieces that were not. */
const someFindings = fc.array(
  fc.record({ interval: someInterval, isGap: fc.boolean(), captureId: fc.uuid() }),
  { maxLength: 12 },
);
type Finding = { interval: Interval; isGap: boolean; captureId: string };

describe("Coverage", () => {
  it("covers exactly what was read, in whatever order it was found out", async () => {
    await fc.assert(
      fc.asyncProperty(someFindings, fc.nat(72), async (findings, hour) => {
        for (const order of [findings, findings.toReversed()]) {
          const { intervals, gaps } = await coverageAfter(order);
          expect(holds(intervals, at(hour))).toBe(holds(intervalsOf(findings, false), at(hour)));
          expect(holds(gaps, at(hour))).toBe(holds(intervalsOf(findings, true), at(hour)));
        }
      }),
    );
  });

  it("does not change when the same is found out again", async () => {
    await fc.assert(
      fc.asyncProperty(someFindings, async (findings) => {
        expect(await coverageAfter([...findings, ...findings])).toEqual(
          await coverageAfter(findings),
        );
      }),
    );
  });

  it("and what it lacks of a window make the window, and share nothing", async () => {
    await fc.assert(
      fc.asyncProperty(someFindings, someInterval, fc.nat(72), async (findings, window, hour) => {
        const { intervals } = await coverageAfter(findings);
        const isCovered = contains(window, at(hour)) && holds(intervals, at(hour));
        const isLacking = holds(subtract(window, intervals), at(hour));
        expect(isCovered || isLacking).toBe(contains(window, at(hour)));
        expect(isCovered && isLacking).toBe(false);
      }),
    );
  });

  it("lacks nothing more of a window once what it lacked was read", async () => {
    await fc.assert(
      fc.asyncProperty(someFindings, someInterval, async (findings, window) => {
        const lacking = subtract(window, (await coverageAfter(findings)).intervals);
        const read = lacking.map((interval) => ({ interval, isGap: false, captureId: "late" }));
        const { intervals } = await coverageAfter([...findings, ...read]);
        expect(subtract(window, intervals)).toEqual([]);
      }),
    );
  });
});

async function coverageAfter(findings: Finding[]): Promise<Coverage> {
  const store = createMemoryStore();
  for (const { interval, isGap, captureId } of findings) {
    const gap = { ...interval, reason: "test", tried: "all", recordedAt: at(0) };
    const found = isGap ? { gaps: [gap] } : { intervals: [{ ...interval, captureId, posts: 1 }] };
    await addToCoverage(store, postsOf("job-1"), found);
  }
  return readCoverage(store, postsOf("job-1"));
}

function intervalsOf(findings: Finding[], gaps: boolean): Interval[] {
  return findings.filter(({ isGap }) => isGap === gaps).map(({ interval }) => interval);
}

function holds(intervals: Interval[], instant: string): boolean {
  return intervals.some((interval) => contains(interval, instant));
}
