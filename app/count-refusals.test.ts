import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { countRefusals, MOST_KINDS } from "./count-refusals.ts";
import { ConnectorError } from "./errors.ts";
import type { EventName } from "./events.ts";
import { createTestLog } from "./testing/test-log.ts";

const MINUTE_MS = 60_000;
const UNAUTHORIZED = { method: "GET", path: "/setup/validate", status: 401 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("A refusal", () => {
  it("is logged at once, those after it as one line a minute with their number", async () => {
    const { log, lines } = setUp();
    repeat(1000, () => log("request.refused", UNAUTHORIZED));
    expect(lines()).toMatchObject([{ ...UNAUTHORIZED, level: "warn", count: 1 }]);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(lines().slice(1)).toMatchObject([{ ...UNAUTHORIZED, level: "warn", count: 999 }]);
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(lines()).toHaveLength(2);
    log("request.refused", UNAUTHORIZED);
    expect(lines().slice(2)).toMatchObject([{ count: 1 }]);
  });

  it("that goes on for hours is one line a minute, and none is left uncounted", async () => {
    const { log, lines } = setUp();
    for (let second = 0; second < 3600; second += 1) {
      repeat(10, () => log("request.refused", UNAUTHORIZED));
      await vi.advanceTimersByTimeAsync(1000);
    }
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(lines().length).toBeLessThanOrEqual(62);
    expect(countOf(lines())).toBe(36_000);
  });

  it.each<[EventName, object, object]>([
    ["request.refused", UNAUTHORIZED, { ...UNAUTHORIZED, status: 429 }],
    ["request.refused", UNAUTHORIZED, { ...UNAUTHORIZED, path: "/" }],
    ["request.failed", UNAUTHORIZED, { ...UNAUTHORIZED, path: "/" }],
    ["sign-in.password-refused", { reason: "wrong" }, { reason: "too-many" }],
    ["credentials.throttled", { detail: "portal" }, { detail: "pages" }],
  ])("of each kind is counted for itself: %s %j, %j", async (event, one, other) => {
    const { log, lines } = setUp();
    repeat(3, () => log(event, one));
    repeat(2, () => log(event, other));
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(lines()).toMatchObject([
      { event, ...one, count: 1 },
      { event, ...other, count: 1 },
      { event, ...one, count: 2 },
      { event, ...other, count: 1 },
    ]);
  });

  it("is written with what was held back when the process ends", () => {
    const { log, flush, lines } = setUp();
    repeat(7, () => log("request.refused", UNAUTHORIZED));
    flush();
    flush();
    expect(lines()).toMatchObject([{ count: 1 }, { count: 6 }]);
  });

  it("by a failure keeps the error, and is another kind with another error", async () => {
    const { log, lines } = setUp();
    const failed = new ConnectorError("conflict", "is being changed");
    repeat(3, () => log("request.failed", UNAUTHORIZED, failed));
    log("request.failed", UNAUTHORIZED, new ConnectorError("unusable-record", "cannot be read"));
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(lines()).toMatchObject([
      { code: "conflict", error: "is being changed", count: 1 },
      { code: "unusable-record", count: 1 },
      { code: "conflict", error: "is being changed", count: 2 },
    ]);
  });

  it("of ever new kinds takes no more lines and memory than a hundred of them", async () => {
    const { log, lines } = setUp();
    for (let index = 0; index < 10_000; index += 1) {
      log("request.refused", { detail: `kind ${index}` });
    }
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(lines().length).toBeLessThanOrEqual(MOST_KINDS + 2);
    expect(countOf(lines())).toBe(10_000);
  });
});

it("What is no refusal is logged as ever, each for itself", () => {
  const { log, lines } = setUp();
  repeat(3, () => log("gap.recorded", { jobId: "job-1" }));
  expect(lines()).toHaveLength(3);
  expect(lines()[0]).not.toHaveProperty("count");
});

function setUp() {
  const testLog = createTestLog();
  return { ...countRefusals(testLog.log), lines: testLog.lines };
}

function repeat(times: number, act: () => void): void {
  for (let index = 0; index < times; index += 1) {
    act();
  }
}

function countOf(lines: Record<string, unknown>[]): number {
  return lines.reduce((sum, { count }) => sum + Number(count), 0);
}
