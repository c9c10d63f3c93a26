import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTimeline } from "../../scripts/local/x/timeline.ts";
import { markNeedsSignIn } from "../jobs/job.ts";
import { TEST_SECRETS } from "../testing/environment.ts";
import { addJob, createAppOf, type Harness, startHarness } from "../testing/harness.ts";
import {
  createVisitor,
  jobPath,
  logIn,
  type Page,
  sealedIn,
  scanAll,
  scanToConfirmation,
} from "../testing/visitor.ts";

/** A name that would break out of the page wherever it is not escaped. */
const EVIL_NAME = `</p><script>alert("&'")</script>`;
const timeline = createTimeline({
  accountId: "42",
  posts: [],
  users: [
    {
      id: "42",
      name: EVIL_NAME,
      username: "small",
      profile_image_url: "https://pbs.twimg.com/profile_images/42/small_normal.png",
    },
    { id: "43", name: "Other", username: "Other" },
  ],
});

const pages = new Map<string, Page>();
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ x: { timeline } });
  const visitor = createVisitor(harness.app);
  pages.set("status, stranger", await visitor.get("/"));
  pages.set("password", await visitor.get(jobPath("job-1")));
  pages.set("wrong password", await logIn(visitor, "wrong"));
  pages.set("other organization", await visitor.get(jobPath("job-1", "other")));
  pages.set("confirmation", await scanToConfirmation(visitor, { jobId: "job-1" }));
  pages.set("done", await scanAll(visitor, { jobId: "job-1" }));
  pages.set("start, again", await visitor.get(jobPath("job-1")));
  pages.set("refused", await scanToConfirmation(visitor, { jobId: "job-2" }));
  await markNeedsSignIn(harness.store, "job-1", { reason: EVIL_NAME });
  pages.set("start, needed", await visitor.get(jobPath("job-1")));
  pages.set("status, administrator", await visitor.get("/"));
  pages.set("removal", await visitor.get("/jobs/remove?jobId=job-1"));
  pages.set("removal of no job", await visitor.get("/jobs/remove?jobId=job-9"));
  pages.set("start with an odd id", await visitor.get(jobPath(encodeURIComponent(EVIL_NAME))));
  pages.set("no such page", await visitor.get("/nothing"));
});
afterAll(() => harness.close());

const NAMES = [
  "status, stranger",
  "password",
  "wrong password",
  "other organization",
  "confirmation",
  "done",
  "start, again",
  "refused",
  "start, needed",
  "status, administrator",
  "removal",
  "removal of no job",
  "start with an odd id",
  "no such page",
];

describe.each(NAMES)("The page %s", (name) => {
  it("has a policy that allows nothing but its own style, script and forms", () => {
    const { headers, html } = pageOf(name);
    const policy = headers.get("content-security-policy") ?? "";
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    expect(nonce).not.toBe("");
    expect(policy.split("; ").map((part) => part.replace(nonce, "N"))).toEqual([
      "default-src 'none'",
      "style-src 'nonce-N'",
      "script-src 'nonce-N'",
      "img-src data:",
      `form-action 'self' ${harness.x.url} https://x.com https://twitter.com`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]);
    for (const [tag] of html.matchAll(/<(?:style|script)\b[^>]*>/g)) {
      expect(tag).toContain(`nonce="${nonce}"`);
    }
    expect(html).not.toMatch(/\son\w+=|\sstyle=|javascript:/i);
  });

  it("has the other security headers", () => {
    const { headers } = pageOf(name);
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "strict-transport-security": expect.stringMatching(/max-age=\d{7,}/) as unknown,
      "permissions-policy": "camera=(), microphone=(), geolocation=()",
    });
    expect(headers.get("x-powered-by")).toBeNull();
  });

  it("holds no secret", () => {
    const { html } = pageOf(name);
    for (const secret of Object.values(TEST_SECRETS)) {
      expect(html).not.toContain(secret);
    }
    const withoutConfirmation = html.replace(/name="signedIn" value="[^"]+"/, "");
    expect(withoutConfirmation).not.toMatch(/eyJ[\w-]{20,}\.|oauth_token/);
  });

  it("escapes names that others chose", () => {
    expect(pageOf(name).html).not.toMatch(/<script>alert|alert\("/);
  });
});

it("Each answer has a nonce of its own", async () => {
  const visitor = createVisitor(harness.app);
  const policies = [await visitor.get("/"), await visitor.get("/")].map(({ headers }) =>
    headers.get("content-security-policy"),
  );
  expect(policies[0]).not.toBe(policies[1]);
});

it("The confirmation shows the account, its picture as data, and asks nobody else", () => {
  const { html } = pageOf("confirmation");
  expect(html).toContain("&lt;/p&gt;&lt;script&gt;alert(&quot;&amp;&#39;&quot;)&lt;/script&gt;");
  expect(html).toMatch(
    /<img src="data:image\/png;base64,[\w+/=]+" alt="Profile picture of @small"/,
  );
  expect(html).not.toContain("twimg.com");
  expect(html).toContain("<code>job-1</code>");
  expect(sealedIn(pageOf("confirmation"))).toMatch(/^eyJ/);
});

describe("The status page", () => {
  it("shows jobs to an administrator only", () => {
    expect(pageOf("status, stranger").html).not.toContain("@small");
    expect(pageOf("status, administrator").html).toContain("@small");
  });

  it("says the same as JSON, without a secret", async () => {
    const visitor = createVisitor(harness.app);
    const headers = { accept: "application/json" };
    const stranger = await harness.app.request("/", { headers });
    expect(await stranger.json()).toEqual({ version: "1.2.3", packageHash: "abc", missing: [] });
    await logIn(visitor);
    const init = { headers: { ...headers, cookie: visitor.cookie() ?? "" } };
    const text = await (await harness.app.request("/", init)).text();
    expect(JSON.parse(text)).toMatchObject({
      jobs: [{ jobId: "job-1", account: { id: "42" }, coverage: [], gaps: [], tasks: [] }],
    });
    expect(text).not.toMatch(/eyJ|sealed|[Tt]oken/);
  });
});

describe("/healthz", () => {
  it("answers 200 with version and package", async () => {
    const response = await harness.app.request("/healthz");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ version: "1.2.3", packageHash: "abc" });
  });

  it("answers 503 with what is missing, and names neither account nor secret", async () => {
    const settings = { ...harness.settings, TWITTER_API_KEY: undefined };
    const worker = { alive: false, woken: 0 };
    const app = createAppOf({ ...harness, settings }, { ...harness, worker });
    await addJob(harness, "job-1");
    const response = await app.request("/HealthZ");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      version: "1.2.3",
      packageHash: "abc",
      missing: [
        expect.stringMatching(/^The four Twitter values: .*npm run up/),
        expect.stringMatching(/^The worker /),
      ],
    });
  });
});

function pageOf(name: string): Page {
  const page = pages.get(name);
  if (!page) {
    throw new Error(`The page ${name} was not opened`);
  }
  return page;
}
