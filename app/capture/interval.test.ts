import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ceilToSecond,
  contains,
  floorToSecond,
  type Interval,
  join,
  subtract,
} from "./interval.ts";

const at = (minute: number) => floorToSecond(new Date(Date.UTC(2026, 0, 1, 0, minute)));
const interval = (start: number, end: number): Interval => ({ start: at(start), end: at(end) });

describe("subtract", () => {
  it.each<[string, Interval, Interval[], Interval[]]>([
    ["nothing is covered", interval(0, 9), [], [interval(0, 9)]],
    ["all is covered", interval(2, 5), [interval(0, 9)], []],
    ["neighbours cover all", interval(0, 9), [interval(4, 9), interval(0, 4)], []],
    ["a hole", interval(0, 9), [interval(0, 3), interval(6, 9)], [interval(3, 6)]],
    ["both ends", interval(0, 9), [interval(3, 6)], [interval(0, 3), interval(6, 9)]],
    [
      "one inside another",
      interval(0, 9),
      [interval(1, 8), interval(2, 3)],
      [interval(0, 1), interval(8, 9)],
    ],
    ["touching outside", interval(3, 6), [interval(0, 3), interval(6, 9)], [interval(3, 6)]],
    ["an empty window", interval(3, 3), [], []],
  ])("%s", (_title, wanted, others, missing) => {
    expect(subtract(wanted, others)).toEqual(missing);
  });

  it("leaves out exactly the instants that are covered", () => {
    const someInterval = fc
      .tuple(fc.nat(30), fc.nat(30))
      .map(([a, b]) => interval(Math.min(a, b), Math.max(a, b)));
    fc.assert(
      fc.property(someInterval, fc.array(someInterval), fc.nat(30), (wanted, others, minute) => {
        const instant = at(minute);
        const isMissing = subtract(wanted, others).some((part) => contains(part, instant));
        const covered = others.some((other) => contains(other, instant));
        expect(isMissing).toBe(contains(wanted, instant) && !covered);
      }),
    );
  });
});

describe("join", () => {
  it("joins neighbours and overlaps, and keeps holes", () => {
    expect(join([interval(5, 9), interval(0, 2), interval(2, 3), interval(6, 7)])).toEqual([
      interval(0, 3),
      interval(5, 9),
    ]);
  });
});

describe("whole seconds", () => {
  it.each([
    ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
    ["2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"],
    ["2026-01-01T23:59:59.999Z", "2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z"],
  ])("%s lies between %s and %s", (time, floor, ceil) => {
    expect([floorToSecond(new Date(time)), ceilToSecond(new Date(time))]).toEqual([floor, ceil]);
  });
});
