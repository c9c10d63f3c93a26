import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { callerAddress } from "./caller-address.ts";

describe("callerAddress", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["203.0.113.7:5123", "203.0.113.7"],
    ["198.51.100.1, 203.0.113.7:5123", "203.0.113.7"],
    ["203.0.113.7:5123, 198.51.100.1", "198.51.100.1"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["[::ffff:203.0.113.7]:5123", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["[2001:DB8:1:2:ffff::1]:443", "2001:db8:1:2"],
    ["2001:0db8:0001:0002::", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["2001::2:3:4:5:6:7", "2001:0:2:3"],
    ["::1", "0:0:0:0"],
    ["unknown", "unknown"],
    ["", ""],
    [undefined, "direct"],
  ])("of %s is %s", async (forwarded, address) => {
    const app = new Hono().get("/", (c) => c.text(callerAddress(c)));
    const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
    expect(await (await app.request("/", { headers })).text()).toBe(address);
  });
});
