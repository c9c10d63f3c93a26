import { describe, expect, it } from "vitest";
import { Nonces } from "./nonces.ts";

const NOW = 1_800_000_000;
const FIRST = { consumerKey: "app", nonce: "a", timestamp: String(NOW) };

describe("nonces", () => {
  it.each([
    ["the same again", {}, false],
    ["another nonce", { nonce: "b" }, true],
    ["another second", { timestamp: String(NOW + 1) }, true],
    ["another app", { consumerKey: "other" }, true],
    ["a time five minutes ago", { timestamp: String(NOW - 300) }, true],
    ["a time more than five minutes ago", { timestamp: String(NOW - 301) }, false],
    ["a time more than five minutes ahead", { timestamp: String(NOW + 301) }, false],
  ])("decide after a first use about %s", (_what, change, accepted) => {
    const nonces = new Nonces(() => NOW * 1000);
    nonces.use(FIRST);
    expect(nonces.use({ ...FIRST, ...change })).toBe(accepted);
  });

  it("do not come back to life while their timestamp still counts", () => {
    let now = NOW;
    const nonces = new Nonces(() => now * 1000);
    const ahead = { ...FIRST, timestamp: String(NOW + 300) };
    expect(nonces.use(ahead)).toBe(true);
    now += 600;
    expect(nonces.use(ahead)).toBe(false);
  });
});
