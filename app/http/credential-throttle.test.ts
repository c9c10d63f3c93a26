import { describe, expect, it } from "vitest";
import { createClock } from "../testing/clock.ts";
import { createTestLog } from "../testing/test-log.ts";
import { createCredentialThrottle, MOST_ADDRESSES } from "./credential-throttle.ts";

const ADDRESS = "203.0.113.7";
const MINUTE_MS = 60_000;

describe("Wrong tries of one address", () => {
  it("are too many from the eleventh on, for a quarter of an hour after the first", () => {
    const { clock, tries } = setUp();
    expect(count(tries, 10)).toEqual(Array.from({ length: 10 }, () => false));
    clock.advance(15 * MINUTE_MS - 1);
    expect(tries.count(ADDRESS)).toBe(true);
    clock.advance(1);
    expect(tries.count(ADDRESS)).toBe(false);
  });

  it("are fewer by each one that turned out right", () => {
    const { tries } = setUp();
    count(tries, 10);
    tries.forgive(ADDRESS);
    expect([tries.count(ADDRESS), tries.count(ADDRESS)]).toEqual([false, true]);
  });

  it("take nothing along when what is forgiven is over", () => {
    const { clock, tries } = setUp();
    tries.count(ADDRESS);
    clock.advance(15 * MINUTE_MS);
    tries.forgive(ADDRESS);
    expect(count(tries, 11).at(-1)).toBe(true);
  });

  it("are told once in a quarter of an hour", () => {
    const { clock, log, tries } = setUp();
    count(tries, 30);
    expect(log.of("credentials.throttled")).toHaveLength(1);
    clock.advance(15 * MINUTE_MS);
    count(tries, 30);
    expect(log.of("credentials.throttled")).toHaveLength(2);
  });
});

describe("However many addresses there are,", () => {
  it("the oldest is forgotten, and those after it are not", () => {
    const { tries } = setUp();
    count(tries, 10, "oldest");
    count(tries, 10, "second");
    for (let index = 0; index < MOST_ADDRESSES - 1; index += 1) {
      tries.count(`address ${index}`);
    }
    expect(tries.count("second")).toBe(true);
    expect(tries.count("oldest")).toBe(false);
  });

  it("those that are over make room before anything is forgotten", () => {
    const { clock, tries } = setUp();
    for (let index = 0; index < MOST_ADDRESSES; index += 1) {
      tries.count(`address ${index}`);
    }
    clock.advance(15 * MINUTE_MS);
    count(tries, 10);
    for (let index = 0; index < MOST_ADDRESSES - 1; index += 1) {
      tries.count(`another ${index}`);
    }
    expect(tries.count(ADDRESS)).toBe(true);
  });

  it("what is counted in all is not forgotten with them", () => {
    const { tries } = setUp();
    for (let index = 0; index < 100; index += 1) {
      expect(tries.countInAll()).toBe(false);
    }
    for (let index = 0; index < MOST_ADDRESSES + 1; index += 1) {
      tries.count(`address ${index}`);
    }
    expect(tries.countInAll()).toBe(true);
  });
});

function setUp() {
  const clock = createClock();
  const log = createTestLog();
  return {
    clock,
    log,
    tries: createCredentialThrottle("portal", { log: log.log, now: clock.now }),
  };
}

function count(
  tries: ReturnType<typeof createCredentialThrottle>,
  times: number,
  address = ADDRESS,
) {
  return Array.from({ length: times }, () => tries.count(address));
}
