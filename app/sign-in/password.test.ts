import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TEST_SECRETS } from "../testing/environment.ts";
import { type Harness, startHarness } from "../testing/harness.ts";
import { createVisitor, jobPath, logIn, type Visitor } from "../testing/visitor.ts";

const MINUTE_MS = 60_000;
const KEY = TEST_SECRETS.API_SECRET_KEY;

let harness: Harness;
let visitor: Visitor;
beforeEach(async () => {
  harness = await startHarness();
  visitor = createVisitor(harness.app);
});
afterEach(async () => {
  await harness.close();
});

describe("The page that the portal opens", () => {
  it("asks a stranger for the APISecretKey, with a form that leads back to it", async () => {
    const page = await visitor.get(jobPath("job-1"));
    expect(page.status).toBe(200);
    expect(page.html).toContain(`action="${jobPath("job-1").replace("&", "&amp;")}"`);
    expect(page.html).toContain('type="password"');
    expect(page.html).not.toContain("Login with Twitter");
  });

  it.each([
    ["another organization", jobPath("job-1", "99999999-9999-4999-8999-999999999999"), /another/],
    ["no tenantId", "/preview/OnJobCreating?jobId=job-1", /no tenantId/],
    ["no jobId", "/preview/OnJobCreating?tenantId=x", /no jobId/],
  ])("is refused with 400 for %s", async (_title, path, words) => {
    const page = await visitor.get(path);
    expect(page.status).toBe(400);
    expect(page.html).toMatch(words);
    expect(page.html).not.toContain("<form");
  });

  it("takes a tenantId in upper case, and query names in any case", async () => {
    const { TENANT_ID } = harness.settings;
    const path = `/Preview/onjobcreating?JOBID=job-1&TenantID=${TENANT_ID.toUpperCase()}`;
    expect((await visitor.get(path)).status).toBe(200);
  });
});

describe("The APISecretKey", () => {
  it("leads on to the job, which then offers the sign-in", async () => {
    const answer = await logIn(visitor);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe(jobPath("job-1"));
    const page = await visitor.get(jobPath("job-1"));
    expect(page.html).toContain("Login with Twitter");
    expect(page.html).toContain('name="jobId" value="job-1"');
  });

  it("may be pasted with blanks around it", async () => {
    expect((await logIn(visitor, ` ${KEY}\n`)).status).toBe(303);
  });

  it.each(["", "wrong", KEY.slice(1), KEY.toUpperCase()])(
    "is refused with 403 when it is wrong (case %#)",
    async (password) => {
      const page = await logIn(visitor, password);
      expect(page.status).toBe(403);
      expect(page.html).toContain("That is not the APISecretKey of this connector.");
      expect(page.headers.get("set-cookie")).toBeNull();
      expect(harness.log.of("sign-in.password-refused")).toMatchObject([{ reason: "wrong" }]);
    },
  );

  it("sets a cookie that only this host over https gets, and no script", async () => {
    await logIn(visitor);
    const [cookie = ""] = visitor.setCookies;
    const [pair = "", ...attributes] = cookie.split("; ");
    expect(pair).toMatch(/^__Host-session=eyJ/);
    expect(attributes.toSorted()).toEqual([
      "HttpOnly",
      "Max-Age=3600",
      "Path=/",
      "SameSite=Lax",
      "Secure",
    ]);
  });

  it("begins a new session each time", async () => {
    await logIn(visitor);
    await logIn(visitor);
    const [first, second] = visitor.setCookies;
    expect(second).not.toBe(first);
  });

  it.each<[string, number, boolean]>([
    ["within the hour", 59 * MINUTE_MS, true],
    ["after an hour", 60 * MINUTE_MS, false],
  ])("counts %s", async (_title, ms, isIn) => {
    await logIn(visitor);
    harness.clock.advance(ms);
    const { html } = await visitor.get(jobPath("job-1"));
    expect(html.includes("Login with Twitter")).toBe(isIn);
  });

  it.each(["", "x", "eyJhbGciOiJkaXIifQ..a.b.c"])(
    "is not replaced by a made-up cookie (%s)",
    async (value) => {
      visitor.useCookie(`__Host-session=${value}`);
      expect((await visitor.get(jobPath("job-1"))).html).toContain('type="password"');
    },
  );

  it("is not replaced by another sealed value", async () => {
    const expires = harness.clock.now().getTime() + MINUTE_MS;
    visitor.useCookie(
      `__Host-session=${await harness.sealer.seal({ purpose: "signed-in", id: "1", expires })}`,
    );
    expect((await visitor.get(jobPath("job-1"))).html).toContain('type="password"');
  });
});

describe("Wrong tries", () => {
  it("are refused with 429 after ten of one address, the right key too, for 15 minutes", async () => {
    await fail(10, () => "203.0.113.7:5123");
    expect(await tryFrom("203.0.113.7:9999")).toBe(429);
    expect(await tryFrom("203.0.113.7:9999", KEY)).toBe(429);
    expect(await tryFrom("203.0.113.8")).toBe(403);
    harness.clock.advance(15 * MINUTE_MS);
    expect(await tryFrom("203.0.113.7")).toBe(403);
    expect(await tryFrom("203.0.113.7", KEY)).toBe(303);
  });

  it("are counted by the last entry of X-Forwarded-For, which App Service writes", async () => {
    await fail(10, (index) => `198.51.100.${index}, 203.0.113.7`);
    expect(await tryFrom("198.51.100.99, 203.0.113.7")).toBe(429);
    expect(await tryFrom("203.0.113.7, 198.51.100.99")).toBe(403);
  });

  it("are refused with 429 after a hundred in all; who knows the key is not kept out by them", async () => {
    await fail(100, (index) => `203.0.113.${index}`);
    expect(await tryFrom("198.51.100.1")).toBe(429);
    expect(await tryFrom("198.51.100.1", KEY)).toBe(303);
    harness.clock.advance(15 * MINUTE_MS);
    expect(await tryFrom("198.51.100.1")).toBe(403);
  });

  it("of one address do not spend the hundred of all", async () => {
    await fail(10, () => "203.0.113.7");
    for (let index = 0; index < 100; index += 1) {
      await tryFrom("203.0.113.7");
    }
    expect(await tryFrom("198.51.100.1")).toBe(403);
  });

  it("of one IPv6 network are counted together", async () => {
    await fail(10, (index) => `[2001:db8:1:2::${index}]:5123`);
    expect(await tryFrom("[2001:db8:1:2:ffff::1]:5123")).toBe(429);
    expect(await tryFrom("[2001:db8:1:3::1]:5123")).toBe(403);
  });

  it("are an event of its own in the log, once", async () => {
    await fail(10, () => "203.0.113.7");
    await tryFrom("203.0.113.7");
    await tryFrom("203.0.113.7");
    expect(harness.log.of("credentials.throttled")).toMatchObject([
      { detail: "pages: too many wrong tries of one address" },
    ]);
  });

  it("are counted on the status page, too", async () => {
    await fail(10, () => "203.0.113.7");
    const page = await visitor.post("/", { password: KEY }, { "x-forwarded-for": "203.0.113.7" });
    expect(page.status).toBe(429);
    expect(page.html).toContain("Too many wrong tries");
  });

  it("are counted when they come all at once", async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => tryFrom("203.0.113.7")));
    expect(all.filter((status) => status === 403)).toHaveLength(10);
    expect(all.filter((status) => status === 429)).toHaveLength(30);
  });

  it("do not count against who knows the key", async () => {
    for (let index = 0; index < 30; index += 1) {
      expect(await tryFrom("203.0.113.7", KEY)).toBe(303);
    }
  });
});

async function fail(times: number, address: (index: number) => string): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    expect(await tryFrom(address(index))).toBe(403);
  }
}

async function tryFrom(forwarded: string, password = "wrong"): Promise<number> {
  const headers = { "x-forwarded-for": forwarded };
  return (await visitor.post(jobPath("job-1"), { password }, headers)).status;
}
