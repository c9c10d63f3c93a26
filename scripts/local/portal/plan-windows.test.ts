import { describe, expect, it } from "vitest";
import { planWindows } from "./plan-windows.ts";

describe("the portal's windows", () => {
  it.each([
    ["one", "2026-03-01T10:30:00Z", "2026-03-01T10:59:59Z", 1, ["10:00-11:00"]],
    [
      "two, as the end is open",
      "2026-03-01T10:00:00Z",
      "2026-03-01T11:00:00Z",
      1,
      ["10:00-11:00", "11:00-12:00"],
    ],
    ["halves", "2026-03-01T10:10:00Z", "2026-03-01T10:40:00Z", 0.5, ["10:00-10:30", "10:30-11:00"]],
  ])("are %s", (_what, first, last, hours, expected) => {
    const windows = planWindows(new Date(first), new Date(last), hours);
    expect(windows.map(({ start, end }) => `${start.slice(11, 16)}-${end.slice(11, 16)}`)).toEqual(
      expected,
    );
  });

  it("are contiguous UTC times with Z, and cover everything", () => {
    const first = new Date("2026-02-27T23:59:59.000Z");
    const windows = planWindows(first, new Date("2026-03-03T00:00:00.000Z"), 24);
    expect(windows[0]).toEqual({ start: "2026-02-27T23:00:00Z", end: "2026-02-28T23:00:00Z" });
    expect(windows.slice(1).map(({ start }) => start)).toEqual(
      windows.slice(0, -1).map(({ end }) => end),
    );
    expect(windows.at(-1)?.end).toBe("2026-03-03T23:00:00Z");
  });

  it.each([0, -1, Number.NaN, 0.0001, 1 / 7])("refuses %d hours", (hours) => {
    expect(() => planWindows(new Date(), new Date(), hours)).toThrow("choose another --window");
  });
});
