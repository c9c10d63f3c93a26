import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Harness, startHarness } from "../testing/harness.ts";
import {
  createVisitor,
  jobPath,
  logIn,
  type Visitor,
  scanAll,
  scanToConfirmation,
} from "../testing/visitor.ts";

const BUTTON = 'action="/sign-out"';

let harness: Harness;
let visitor: Visitor;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());
beforeEach(() => {
  visitor = createVisitor(harness.app);
});

describe("Sign-out", () => {
  it("ends the session for the browser, and leads to the page of a stranger", async () => {
    await logIn(visitor);
    const out = await visitor.post("/sign-out", {});
    expect([out.status, out.headers.get("location")]).toEqual([303, "/"]);
    expect(visitor.setCookies.at(-1)).toMatch(/^__Host-session=; Max-Age=0; Path=\/.*Secure/);
    expect((await visitor.get("/")).html).toContain('type="password"');
  });

  it("ends it for whoever has kept the cookie, and no other session", async () => {
    const other = createVisitor(harness.app);
    await logIn(visitor);
    await logIn(other);
    const kept = visitor.cookie() ?? "";
    await visitor.post("/sign-out", {});
    visitor.useCookie(kept);
    expect((await visitor.get("/")).html).toContain('type="password"');
    expect((await visitor.get(jobPath("job-1"))).html).toContain('type="password"');
    expect((await visitor.post("/sign-in/twitter", { jobId: "job-1" })).status).toBe(403);
    expect((await other.get("/")).html).not.toContain('type="password"');
  });

  it("may be sent twice, and by who has no session", async () => {
    await logIn(visitor);
    const kept = visitor.cookie() ?? "";
    await visitor.post("/sign-out", {});
    visitor.useCookie(kept);
    expect((await visitor.post("/sign-out", {})).status).toBe(303);
    expect((await createVisitor(harness.app).post("/sign-out", {})).status).toBe(303);
  });

  it.each([{ origin: "https://evil.example" }, { origin: "null" }])(
    "is refused to a form of another site: %j",
    async (headers) => {
      await logIn(visitor);
      expect((await visitor.post("/sign-out", {}, headers)).status).toBe(403);
      expect((await visitor.get("/")).html).not.toContain('type="password"');
    },
  );

  it("keeps no more in the archive than the session's id, sealed or not", async () => {
    await logIn(visitor);
    const before = harness.store.blobs.size;
    await visitor.post("/sign-out", {});
    expect(harness.store.blobs.size).toBe(before + 1);
    const [name] = [...harness.store.blobs.keys()]
      .filter((one) => one.includes("ended-"))
      .slice(-1);
    // Swept after a day with the sign-ins that nobody ended (infra/lifecycle.ts).
    expect(name).toMatch(/^sign-ins\/ended-/);
  });
});

describe("The button for it", () => {
  it("stands on every page of a session, and on no other", async () => {
    expect((await visitor.get("/")).html).not.toContain(BUTTON);
    expect((await visitor.get(jobPath("job-1"))).html).not.toContain(BUTTON);
    const confirmation = await scanToConfirmation(visitor, { jobId: "job-1" });
    expect(confirmation.html).toContain(BUTTON);
    expect((await scanAll(visitor, { jobId: "job-1" })).html).toContain(BUTTON);
    expect((await visitor.get("/")).html).toContain(BUTTON);
    expect((await visitor.get(jobPath("job-1"))).html).toContain(BUTTON);
    expect((await visitor.get("/jobs/remove?jobId=job-1")).html).toContain(BUTTON);
  });
});
