import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GOOD_CLAIMS } from "../testing/entra-tokens.ts";
import { createAppOf, type Harness, startHarness } from "../testing/harness.ts";
import { basic } from "../testing/platform-calls.ts";
import { createVisitor, logIn } from "../testing/visitor.ts";

const MINUTE_MS = 60_000;
const ADDRESS = "203.0.113.7";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  await harness.close();
});

describe("Wrong credentials of the platform's API", () => {
  it.each<[string, () => string | Promise<string>]>([
    ["Basic", () => basic("wrong")],
    [
      "Bearer",
      () => harness.issuer.issue({ ...GOOD_CLAIMS.v1, tid: "x" }).then((t) => `Bearer ${t}`),
    ],
    ["Bearer, without a signature", () => "Bearer a.b.c"],
    ["an unknown scheme", () => "Digest x"],
  ])("are answered with 429 after ten of one address: %s", async (_title, credential) => {
    const authorization = await credential();
    for (let index = 0; index < 10; index += 1) {
      expect((await call(authorization)).status).toBe(401);
    }
    const response = await call(authorization);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("900");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({ title: "Too many wrong credentials", status: 429 });
  });

  it("do not keep the right one out, from the same address or another", async () => {
    await fail(30, () => ADDRESS);
    const token = await harness.issuer.issue(GOOD_CLAIMS.v2);
    for (const right of [basic(), `Bearer ${token}`]) {
      expect((await call(right)).status).toBe(200);
      expect((await call(right, "198.51.100.1")).status).toBe(200);
    }
  });

  it("of one address do not count against another", async () => {
    await fail(300, () => ADDRESS);
    expect((await call(basic("wrong"), "198.51.100.1")).status).toBe(401);
  });

  it("are answered with 429 after a hundred in all, the right one as ever", async () => {
    expect(await fail(100, (index) => `203.0.113.${index}`)).toEqual([401]);
    expect((await call(basic("wrong"), "198.51.100.1")).status).toBe(429);
    expect((await call(basic(), "198.51.100.1")).status).toBe(200);
  });

  it("are forgotten after a quarter of an hour", async () => {
    await fail(11, () => ADDRESS);
    harness.clock.advance(15 * MINUTE_MS);
    expect((await call(basic("wrong"))).status).toBe(401);
  });

  it("are counted when they come all at once", async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => call(basic("wrong"))));
    expect(all.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(30);
  });

  it("are logged as an event of its own, once, without the credential", async () => {
    await fail(30, () => ADDRESS);
    expect(harness.log.of("credentials.throttled")).toMatchObject([
      { level: "warn", detail: "portal: too many wrong tries of one address" },
    ]);
    expect(harness.log.text()).not.toContain(basic("wrong").slice(6));
  });

  it("do not count on the pages, nor those of the pages here", async () => {
    await fail(30, () => "direct");
    expect((await logIn(createVisitor(harness.app))).status).toBe(303);
    const visitor = createVisitor(harness.app);
    for (let index = 0; index < 30; index += 1) {
      await logIn(visitor, "wrong");
    }
    expect((await call(basic("wrong"), "198.51.100.1")).status).toBe(401);
  });
});

it("No credential at all is no guess: it is told what to show, however often", async () => {
  for (let index = 0; index < 30; index += 1) {
    expect((await call(undefined)).status).toBe(401);
  }
  expect((await call(basic("wrong"))).status).toBe(401);
});

describe("A token while Entra's keys cannot be had", () => {
  it("is neither right nor wrong: 503, for the platform to try again, and not counted", async () => {
    const unreachable = async () => {
      throw new TypeError("fetch failed");
    };
    const issuer = { ...harness.issuer, keys: unreachable };
    const app = createAppOf(harness, { ...harness, issuer });
    const authorization = `Bearer ${await harness.issuer.issue(GOOD_CLAIMS.v1)}`;
    for (let index = 0; index < 30; index += 1) {
      const response = await app.request("/setup/Validate", { headers: { authorization } });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ title: "Microsoft Entra cannot be reached" });
    }
    const wrong = { headers: { authorization: basic("wrong") } };
    expect((await app.request("/setup/Validate", wrong)).status).toBe(401);
  });

  it("is wrong all the same where it is no token of this kind", async () => {
    expect((await call("Bearer eyJhbGciOiJub25lIn0.e30.")).status).toBe(401);
  });
});

/** @returns the different answers. */
async function fail(times: number, address: (index: number) => string): Promise<number[]> {
  const statuses = new Set<number>();
  for (let index = 0; index < times; index += 1) {
    statuses.add((await call(basic("wrong"), address(index))).status);
  }
  return [...statuses];
}

async function call(authorization: string | undefined, address = ADDRESS): Promise<Response> {
  const headers = { "x-forwarded-for": address, ...(authorization && { authorization }) };
  return harness.app.request("/setup/Validate", { headers });
}
