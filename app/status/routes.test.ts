import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import { createSealer } from "../archive/seal.ts";
import { addToCoverage } from "../capture/coverage.ts";
import { TEST_SECRETS } from "../testing/environment.ts";
import { addJob, createAppOf, type Harness, ORIGIN, startHarness } from "../testing/harness.ts";
import { createVisitor, logIn } from "../testing/visitor.ts";
import { putTask } from "../testing/workbench.ts";
import { postsOf } from "../feeds/posts.ts";

const GAP = {
  start: "2025-03-04T00:00:00Z",
  end: "2025-03-05T00:00:00Z",
  reason: "the reason of a gap",
  tried: "all that can be tried",
  recordedAt: "2026-01-01T00:00:00Z",
};
/** What a person without the APISecretKey may not learn, each as it stands on the page. */
const PRIVATE = [
  "private-job",
  "small",
  "4242",
  "private-task",
  "reason",
  "2025-03-04",
  "2026-01-01",
];

let harness: Harness;
let cookie: string;
beforeAll(async () => {
  harness = await startHarness();
  const account = { id: "4242", username: "small", name: "Small" };
  await addJob(harness, "private-job", account);
  await addToCoverage(harness.store, postsOf("private-job"), { gaps: [GAP] });
  await putTask(harness.store, "private-task", {
    jobId: "private-job",
    state: "waiting",
    reason: "the reason of a task",
  });
  const visitor = createVisitor(harness.app);
  await logIn(visitor);
  cookie = visitor.cookie() ?? "";
});
afterAll(() => harness.close());

it("A name on the page has no effect on the order of what stands around it", async () => {
  const other = await startHarness();
  try {
    await addJob(other, "job-1", { id: "7", username: "small", name: "Sm\u202eall" });
    const visitor = createVisitor(other.app);
    await logIn(visitor);
    const headers = { cookie: visitor.cookie() ?? "", accept: "text/html" };
    const page = await (await other.app.request("/", { headers })).text();
    expect(page).toContain("<h2><bdi>Sm\u202eall</bdi> (@small)</h2>");
  } finally {
    await other.close();
  }
});

describe("With a session, the status", () => {
  it.each([
    ["as a page", "text/html", PRIVATE.filter((one) => !/4242|private-task/.test(one))],
    ["as JSON", "application/json", PRIVATE],
  ])("shows %s what there is to know of each job", async (_title, accept, shown) => {
    const response = await harness.app.request("/", { headers: { cookie, accept } });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain(accept);
    const text = await response.text();
    for (const one of shown) {
      expect(text).toContain(one);
    }
    expect(text).not.toMatch(/eyJ|sealed|sig=/);
  });

  it("shows a job whose record cannot be read, with the remedy, beside the others", async () => {
    const other = await startHarness();
    await addJob(other, "whole", { id: "1", username: "whole", name: "Whole" });
    await addJob(other, "damaged", { id: "2", username: "damaged", name: "Damaged" });
    await other.store.put(names.job("damaged"), Buffer.from("{"));
    const visitor = createVisitor(other.app);
    await logIn(visitor);
    const { html } = await visitor.get("/");
    expect(html).toContain("jobs/damaged.json in the archive cannot be read");
    expect(html).toContain("Restore the last good version of this blob");
    expect(html).toContain("@whole");
    await other.close();
  });

  it("says so where no account is connected yet", async () => {
    const other = await startHarness();
    const visitor = createVisitor(other.app);
    await logIn(visitor);
    expect((await visitor.get("/")).html).toContain("No account is connected yet.");
    await other.close();
  });
});

describe("Without a session, nobody learns anything of jobs", () => {
  it.each<[string, () => RequestInit | Promise<RequestInit>]>([
    ["by the page", () => ({})],
    ["by JSON", () => ({ headers: { accept: "application/json" } })],
    ["by HEAD", () => ({ method: "HEAD" })],
    ["with a session that is over", async () => withCookie(await sessionThat({ expires: 0 }))],
    [
      "with a session of another purpose",
      async () => withCookie(await sessionThat({ purpose: "x" })),
    ],
    ["with a session that others sealed", async () => withCookie(await foreignSession())],
    ["with a broken cookie", () => withCookie(`${cookie}x`)],
    ["with a wrong password", () => withPassword("wrong")],
    ["with no password", () => withPassword("")],
  ])("%s", async (_title, toInit) => {
    const init = await toInit();
    const response = await harness.app.request(`${ORIGIN}/`, init);
    const said = JSON.stringify([...response.headers]) + (await response.text());
    expect([200, 403]).toContain(response.status);
    for (const one of PRIVATE) {
      expect(said).not.toContain(one);
    }
  });

  it.each(["/healthz", "/HEALTHZ?job=private-job"])("by %s", async (path) => {
    const response = await harness.app.request(path, { headers: { cookie } });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ version: "1.2.3", packageHash: "abc" });
  });
});

describe("The password of the status page", () => {
  it("leads back to it, with a session", async () => {
    const visitor = createVisitor(harness.app);
    const answer = await visitor.post("/", { password: TEST_SECRETS.API_SECRET_KEY });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe("/");
    expect((await visitor.get("/")).html).toContain("private-job");
  });

  it("is asked for again where it was wrong, and that is logged", async () => {
    const before = harness.log.of("sign-in.password-refused").length;
    const page = await createVisitor(harness.app).post("/", { password: "wrong" });
    expect(page.status).toBe(403);
    expect(page.html).toContain("That is not the APISecretKey of this connector.");
    expect(harness.log.of("sign-in.password-refused")).toHaveLength(before + 1);
  });
});

describe("Before the X developer app is there,", () => {
  it("/healthz is well, and says what is missing: nobody is alarmed, nothing restarted", async () => {
    const settings = { ...harness.settings, TWITTER_API_KEY: undefined };
    const response = await createAppOf({ ...harness, settings }, harness).request("/healthz");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("The four Twitter values");
  });
});

describe("While the worker is cut off,", () => {
  it.each([
    ["/healthz", 503],
    ["/", 200],
  ])("%s answers %i and says what", async (path, status) => {
    const app = createAppOf(harness, { ...harness, worker: { alive: false, woken: 0 } });
    const response = await app.request(path, { headers: { accept: "application/json" } });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      version: "1.2.3",
      packageHash: "abc",
      missing: ["The worker cannot reach its queue."],
    });
  });

  it("the page says so to everyone", async () => {
    const app = createAppOf(harness, { ...harness, worker: { alive: false, woken: 0 } });
    const html = await (await app.request("/")).text();
    expect(html).toContain("cannot work yet");
    expect(html).toContain("The worker cannot reach its queue.");
  });
});

function withCookie(value: string): RequestInit {
  return { headers: { cookie: value } };
}

function withPassword(password: string): RequestInit {
  const headers = { origin: ORIGIN, "content-type": "application/x-www-form-urlencoded" };
  return { method: "POST", headers, body: new URLSearchParams({ password }).toString() };
}

/** The session of the administrator, changed by whoever has the sealing key. */
async function sessionThat(changes: Record<string, unknown>): Promise<string> {
  const opened = await harness.sealer.open(cookie.replace("__Host-session=", ""));
  const session = Object.assign({}, opened, changes);
  return `__Host-session=${await harness.sealer.seal(session)}`;
}

async function foreignSession(): Promise<string> {
  const opened = await harness.sealer.open(cookie.replace("__Host-session=", ""));
  const foreign = createSealer([
    { kty: "oct", kid: "1", k: Buffer.alloc(32, 9).toString("base64url") },
  ]);
  return `__Host-session=${await foreign.seal(opened)}`;
}
