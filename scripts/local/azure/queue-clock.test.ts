import { describe, expect, it } from "vitest";
import { createQueueClock } from "./queue-clock.ts";

describe("createQueueClock", () => {
  it("keeps a lease and its renewals, and brings back soon what is parked", () => {
    const stay = createQueueClock(1000);
    expect(stay("GET", 12)).toBe(12);
    expect(stay("PUT", 12)).toBe(12);
    expect(stay("PUT", 13)).toBe(1);
    expect(stay("PUT", 3600)).toBe(4);
    expect(stay("PUT", 0)).toBe(0);
  });

  it("shortens leases that are longer than a test can wait", () => {
    const stay = createQueueClock(1000);
    expect(stay("GET", 120)).toBe(12);
    expect(stay("PUT", 120)).toBe(12);
  });

  it("shows what was sent for later not before its sender is done", () => {
    const stay = createQueueClock(1000);
    expect(stay("POST", 0)).toBe(0);
    expect(stay("POST", 60)).toBe(5);
    expect(stay("POST", 86_400)).toBe(87);
  });
});
