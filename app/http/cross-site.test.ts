import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readJob } from "../jobs/job.ts";
import { type Harness, ORIGIN, startHarness } from "../testing/harness.ts";
import { as, basic, downloadRequest, postJson } from "../testing/platform-calls.ts";

/** What a browser says that was led here by a page of another site. */
const FOREIGN: [string, Record<string, string>][] = [
  ["from another site", { "sec-fetch-site": "cross-site" }],
  ["from a neighbour", { "sec-fetch-site": "same-site" }],
  ["in words that no browser has", { "sec-fetch-site": "none, cross-site" }],
  ["from a page elsewhere", { origin: "https://evil.example" }],
  ["from a page that hides where it is", { origin: "null" }],
  ["from a host whose name begins like ours", { origin: `${ORIGIN}.evil.example` }],
  ["from our host without TLS", { origin: ORIGIN.replace("https:", "http:") }],
  [
    "as a page's own, from elsewhere",
    { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
  ],
];
const CALLS: [string, string, RequestInit][] = [
  ["GET", "/setup/Validate", as(basic())],
  ["GET", "/job/IsCreated?jobId=job-1", as(basic())],
  ["GET", "/job/OnRemediation?jobId=job-1&remediationType=Relogin", as(basic())],
  ["DELETE", "/job/OnDeleted?jobId=job-1", as(basic(), "DELETE")],
  ["POST", "/data/OnDownloadRequest", postJson(downloadRequest())],
];

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.addJob("job-1");
});
afterAll(() => harness.close());

describe.each(CALLS)(
  "A browser that calls %s %s with the platform's credential",
  (_m, path, init) => {
    it.each(FOREIGN)("is refused where it was led to it %s", async (_title, headers) => {
      const response = await call(path, init, headers);
      expect(response.status).toBe(403);
      // A challenge would make it ask its user for the credential.
      expect(response.headers.get("www-authenticate")).toBeNull();
      expect(await response.json()).toMatchObject({ title: "Not for pages of other sites" });
      expect(await readJob(harness.store, "job-1")).not.toHaveProperty("needsSignIn");
      expect(harness.queue.waiting()).toEqual([]);
    });
  },
);

it("Who is refused so has tried no credential", async () => {
  for (let index = 0; index < 20; index += 1) {
    await call("/setup/Validate", as(basic("wrong")), { "sec-fetch-site": "cross-site" });
  }
  expect((await call("/setup/Validate", as(basic("wrong")), {})).status).toBe(401);
});

it.each<[string, Record<string, string>]>([
  ["a program, which says nothing of sites", {}],
  ["a person who typed the address", { "sec-fetch-site": "none" }],
  ["our own origin", { origin: ORIGIN, "sec-fetch-site": "same-origin" }],
])("%s is let in", async (_title, headers) => {
  expect((await call("/setup/Validate", as(basic()), headers)).status).toBe(200);
});

function call(path: string, init: RequestInit, headers: Record<string, string>) {
  const given = Object.fromEntries(new Headers(init.headers));
  return harness.app.request(path, { ...init, headers: { ...given, ...headers } });
}
