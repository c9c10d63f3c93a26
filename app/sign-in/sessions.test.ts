import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readJob } from "../jobs/job.ts";
import { TEST_SECRETS } from "../testing/environment.ts";
import {
  createAppOf,
  createParts,
  type Harness,
  ORIGIN,
  startHarness,
} from "../testing/harness.ts";
import {
  createVisitor,
  decideAtX,
  goToX,
  jobPath,
  logIn,
  sealedIn,
  type Visitor,
  scanToConfirmation,
} from "../testing/visitor.ts";

const MINUTE_MS = 60_000;

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

describe("A session", () => {
  it("is over in the middle of the walk, too", async () => {
    const visitor = visit();
    await logIn(visitor);
    harness.clock.advance(55 * MINUTE_MS);
    const back = await decideAtX(await goToX(visitor, "job-1"));
    harness.clock.advance(5 * MINUTE_MS);
    expect((await visitor.get(back)).status).toBe(403);
    expect((await visitor.post("/sign-in/twitter", { jobId: "job-1" })).status).toBe(403);
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
  });

  it("is over before the confirmation, though that has time left", async () => {
    const visitor = visit();
    await logIn(visitor);
    harness.clock.advance(55 * MINUTE_MS);
    const signedIn = sealedIn(await visitor.get(await decideAtX(await goToX(visitor, "job-1"))));
    harness.clock.advance(5 * MINUTE_MS);
    expect((await visitor.post("/sign-in/confirm", { signedIn })).status).toBe(403);
  });

  it("ends when the APISecretKey is another one", async () => {
    const visitor = visit();
    await logIn(visitor);
    const parts = createParts(harness.x.url, {
      API_SECRET_KEY: "another-secret-0123456789-0123456789",
    });
    const after = createVisitor(createAppOf({ ...harness, settings: parts.settings }, harness));
    after.useCookie(visitor.cookie() ?? "");
    expect((await after.get(jobPath("job-1"))).html).toContain('type="password"');
    expect((await visitor.get(jobPath("job-1"))).html).toContain("Login with Twitter");
  });

  it.each([
    ["without its prefix", (pair: string) => pair.replace("__Host-", "")],
    ["with the weaker prefix", (pair: string) => pair.replace("__Host-", "__Secure-")],
    ["with the prefix in lower case", (pair: string) => pair.replace("__Host-", "__host-")],
    ["with a blank in its name", (pair: string) => pair.replace("__Host-", "__Host-%20")],
  ])("is not taken from a cookie that another site may set: %s", async (_title, change) => {
    const visitor = visit();
    await logIn(visitor);
    visitor.useCookie(change(visitor.cookie() ?? ""));
    expect((await visitor.get(jobPath("job-1"))).html).toContain('type="password"');
  });

  it("is not the one that was there before the password was shown", async () => {
    const [attacker, victim] = [visit(), visit()];
    await logIn(attacker);
    const planted = attacker.cookie() ?? "";
    victim.useCookie(planted);
    await logIn(victim);
    expect(victim.cookie()).not.toBe(planted);
    const back = await decideAtX(await goToX(victim, "job-1"));
    expect((await attacker.get(back)).status).toBe(400);
    expect((await victim.get(back)).status).toBe(200);
  });

  it("cannot be made of what else the connector has sealed", async () => {
    const job = await harness.addJob("job-1");
    const visitor = visit();
    const signedIn = sealedIn(await scanToConfirmation(visit(), { jobId: "job-1" }));
    for (const sealed of [job.sealedToken, signedIn, await harness.sealer.seal("https://sas")]) {
      visitor.useCookie(`__Host-session=${sealed}`);
      expect((await visitor.get(jobPath("job-1"))).html).toContain('type="password"');
    }
  });
});

describe("A form that another site sends with the administrator's cookie", () => {
  it.each<[string, Record<string, string>]>([
    ["says that it comes from elsewhere", { origin: "https://evil.example" }],
    ["says nothing", { origin: "" }],
    ["comes from a frame without an origin", { origin: "null" }],
    ["comes from a neighbour", { origin: "https://other.example", "sec-fetch-site": "same-site" }],
    ["comes across sites", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
    ["comes from our name over http", { origin: ORIGIN.replace("https:", "http:") }],
    ["comes from another port", { origin: `${ORIGIN}:8443` }],
    ["calls itself text", { origin: "https://evil.example", "content-type": "text/plain" }],
  ])("is refused, and nothing begins: it %s", async (_title, headers) => {
    const visitor = visit();
    const signedIn = sealedIn(await scanToConfirmation(visitor, { jobId: "job-1" }));
    const before = harness.store.blobs.size;
    for (const [path, form] of [
      ["/sign-in/twitter", { jobId: "job-2" }],
      ["/sign-in/confirm", { signedIn }],
    ] as const) {
      expect((await visitor.post(path, form, headers)).status).toBe(403);
    }
    expect(harness.store.blobs.size).toBe(before);
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
  });
});

describe("A way out of the site", () => {
  it.each([
    "&next=https://evil.example",
    "&returnUrl=//evil.example",
    "&loginUrl=javascript:alert(1)",
    "&x=%0d%0aLocation:%20https://evil.example",
  ])("is not taken from the address (%s)", async (more) => {
    const visitor = visit();
    const page = await visitor.post(jobPath("job-1") + more, { password: KEY });
    expect(page.status).toBe(303);
    const location = page.headers.get("location") ?? "";
    expect(location).toBe(jobPath("job-1") + more);
    expect(new URL(location, ORIGIN).origin).toBe(ORIGIN);
  });

  it.each(["https://evil.example", "https://evil.example:444"])(
    "is not taken from the name that the request was sent to (%s)",
    async (origin) => {
      const headers = { origin: ORIGIN, "content-type": "application/x-www-form-urlencoded" };
      const init = { method: "POST", headers, body: new URLSearchParams({ password: KEY }) };
      const response = await harness.app.request(origin + jobPath("job-1"), init);
      expect(response.headers.get("location")).toBe(jobPath("job-1"));
      const page = await (await harness.app.request(origin + jobPath("job-1"))).text();
      expect(page).not.toContain("evil.example");
    },
  );

  it("leads to X and nowhere else", async () => {
    const visitor = visit();
    await logIn(visitor);
    expect(new URL(await goToX(visitor, "job-1")).origin).toBe(harness.x.url);
  });
});

const KEY = TEST_SECRETS.API_SECRET_KEY;

function visit(): Visitor {
  return createVisitor(harness.app);
}
