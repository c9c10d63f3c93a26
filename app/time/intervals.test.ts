import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addSeconds,
  ceilToSecond,
  contains,
  floorToSecond,
  type Interval,
  join,
  subtract,
} from "./intervals.ts";

const at = (minute: number) => floorToSecond(new Date(Date.UTC(2026, 0, 1, 0, minute)));
const interval = (start: number, end: number): Interval => ({ start: at(start), end: at(end) });

const someInterval = fc
  .tuple(fc.nat(30), fc.nat(30))
  .map(([a, b]) => interval(Math.min(a, b), Math.max(a, b)));

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

describe("What subtract leaves", () => {
  it("lies in the wanted interval, in order of time, in pieces that do not touch and are not empty", () => {
    fc.assert(
      fc.property(someInterval, fc.array(someInterval), (wanted, others) => {
        const left = subtract(wanted, others);
        for (const [index, { start, end }] of left.entries()) {
          expect(wanted.start <= start && start < end && end <= wanted.end).toBe(true);
          expect((left[index - 1]?.end ?? "") < start).toBe(true);
        }
      }),
    );
  });

  it("does not depend on the order of the others, nor on whether they are joined", () => {
    fc.assert(
      fc.property(someInterval, fc.array(someInterval), (wanted, others) => {
        const left = subtract(wanted, others);
        expect(subtract(wanted, others.toReversed())).toEqual(left);
        expect(subtract(wanted, join(others))).toEqual(left);
      }),
    );
  });

  it("is nothing once it was covered, too", () => {
    fc.assert(
      fc.property(someInterval, fc.array(someInterval), (wanted, others) => {
        expect(subtract(wanted, [...others, ...subtract(wanted, others)])).toEqual([]);
      }),
    );
  });
});

describe("join", () => {
  it("keeps every instant and adds none, in pieces that are in order and do not touch", () => {
    fc.assert(
      fc.property(fc.array(someInterval), fc.nat(30), (intervals, minute) => {
        const joined = join(intervals);
        const holds = (all: Interval[]) => all.some((one) => contains(one, at(minute)));
        expect(holds(joined)).toBe(holds(intervals));
        for (const [index, { start }] of joined.entries()) {
          expect((joined[index - 1]?.end ?? "") < start).toBe(true);
        }
      }),
    );
  });

  it("a second time changes nothing, nor does another order", () => {
    fc.assert(
      fc.property(fc.array(someInterval), (intervals) => {
        expect(join(join(intervals))).toEqual(join(intervals));
        expect(join(intervals.toReversed())).toEqual(join(intervals));
      }),
    );
  });

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

  it("hold every time between them, and are less than a second away", () => {
    const years = { min: new Date("0001-01-01"), max: new Date("9998-12-31"), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(years), (time) => {
        const [floor, ceil] = [Date.parse(floorToSecond(time)), Date.parse(ceilToSecond(time))];
        expect(floor <= time.getTime() && time.getTime() <= ceil).toBe(true);
        expect(ceil - floor).toBe(time.getTime() % 1000 === 0 ? 0 : 1000);
      }),
    );
  });

  it("sort as the times that they stand for, and can be counted with", () => {
    const some = fc.integer({ min: 0, max: 4_000_000_000 });
    fc.assert(
      fc.property(some, some, (a, b) => {
        const [first, second] = [a, b].map((s) => addSeconds("1970-01-01T00:00:00Z", s));
        expect((first ?? "") < (second ?? "")).toBe(a < b);
        expect(addSeconds(first ?? "", b - a)).toBe(second);
      }),
    );
  });
});
