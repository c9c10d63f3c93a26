import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, ORIGIN, startHarness } from "./testing/harness.ts";
import { as, basic, downloadRequest, postJson } from "./testing/platform-calls.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.addJob("job-1");
});
afterAll(() => harness.close());

describe("Paths and names of query parameters", () => {
  it.each([
    ["GET", "/Setup/Validate"],
    ["GET", "/SETUP/VALIDATE"],
    ["GET", "/setup/validate"],
    ["GET", "/Job/isCreated?JOBID=job-1"],
    ["GET", "/job/IsCreated?jobid=job-1"],
    ["GET", "/job/onremediation?JobId=job-1&REMEDIATIONTYPE=Unknown"],
    ["DELETE", "/JOB/ondeleted?JobID=never"],
  ])("may be spelt in any case: %s %s", async (method, path) => {
    expect((await harness.app.request(path, as(basic(), method))).status).toBe(200);
  });

  it.each(["/Data/ondownloadrequest", "/DATA/OnDownloadRequest"])(
    "may be spelt in any case: POST %s",
    async (path) => {
      const init = postJson(downloadRequest({ TaskId: path.slice(1, 5) }));
      expect((await harness.app.request(path, init)).status).toBe(200);
    },
  );

  it.each([
    ["GET", "/setup/Validate/"],
    ["GET", "//setup/Validate"],
    ["GET", "/setup//Validate"],
    ["GET", "///setup///Validate///"],
    ["GET", "//job/IsCreated/?jobId=job-1"],
    ["GET", "/job/OnRemediation/?jobId=job-1&remediationType=Unknown"],
    ["DELETE", "/job//OnDeleted/?jobId=never"],
    ["GET", "/healthz/"],
    ["GET", "//"],
  ])("may have slashes twice or at their end: %s %s", async (method, path) => {
    const response = await harness.app.request(`${ORIGIN}${path}`, as(basic(), method));
    expect(response.status).toBe(200);
  });

  it("with a slash at its end takes a window, and has the same methods", async () => {
    const path = `${ORIGIN}//data/OnDownloadRequest/`;
    const init = postJson(downloadRequest({ TaskId: "slashes" }));
    expect((await harness.app.request(path, init)).status).toBe(200);
    expect((await harness.app.request(path, as(basic()))).status).toBe(405);
    expect((await harness.app.request(path, { method: "POST" })).status).toBe(401);
  });

  it("with two slashes before it, a page leads to this site", async () => {
    const { TENANT_ID } = harness.settings;
    const query = `?jobId=job-1&tenantId=${TENANT_ID}`;
    const page = await harness.app.request(`${ORIGIN}//preview/OnJobCreating/${query}`);
    const action = /action="([^"]*)"/.exec(await page.text())?.[1] ?? "none";
    expect(new URL(action, ORIGIN).origin).toBe(ORIGIN);
    const body = new URLSearchParams({ password: harness.settings.API_SECRET_KEY });
    const init = { method: "POST", body, headers: { origin: ORIGIN } };
    const answer = await harness.app.request(`${ORIGIN}//preview/OnJobCreating/${query}`, init);
    expect(answer.status).toBe(303);
    expect(new URL(answer.headers.get("location") ?? "none", ORIGIN).origin).toBe(ORIGIN);
  });

  it("keep the case of their values", async () => {
    const response = await harness.app.request("/job/iscreated?jobid=JOB-1", as(basic()));
    expect(await response.json()).toEqual({ IsJobCreated: false, Reason: null });
  });
});

describe("A wrong method", () => {
  it.each([
    ["POST", "/setup/Validate", "GET, HEAD"],
    ["DELETE", "/setup/Validate", "GET, HEAD"],
    ["POST", "/job/IsCreated?jobId=job-1", "GET, HEAD"],
    ["GET", "/job/OnDeleted?jobId=job-1", "DELETE"],
    ["POST", "/job/OnDeleted?jobId=job-1", "DELETE"],
    ["PUT", "/job/OnRemediation", "GET"],
    ["GET", "/data/OnDownloadRequest", "POST"],
    ["PUT", "/data/OnDownloadRequest", "POST"],
    ["PUT", "/preview/OnJobCreating", "GET, HEAD, POST"],
    ["GET", "/sign-in/twitter", "POST"],
    ["GET", "/sign-in/confirm", "POST"],
    ["GET", "/sign-out", "POST"],
    ["DELETE", "/jobs/remove", "GET, HEAD, POST"],
    ["POST", "/Views/TwitterOAuth", "GET"],
    ["HEAD", "/Views/TwitterOAuth", "GET"],
    ["HEAD", "/job/OnRemediation?jobId=job-1&remediationType=Relogin", "GET"],
    ["OPTIONS", "/data/OnDownloadRequest", "POST"],
    ["OPTIONS", "/", "GET, HEAD, POST"],
    ["DELETE", "/healthz", "GET, HEAD"],
    ["PATCH", "/", "GET, HEAD, POST"],
  ])("%s %s is answered with 405 and what is allowed", async (method, path, allow) => {
    const response = await harness.app.request(path, as(basic(), method));
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    const body = { title: "Method not allowed", status: 405, detail: `Use ${allow}` };
    expect(await response.text()).toBe(method === "HEAD" ? "" : JSON.stringify(body));
  });
});

describe("A form of another site", () => {
  it.each([
    "/",
    "/preview/OnJobCreating?jobId=a&tenantId=b",
    "/sign-in/twitter",
    "/sign-in/confirm",
    "/sign-out",
    "/jobs/remove",
  ])("is refused with 403 at %s", async (path) => {
    const before = harness.log.of("request.failed").length;
    for (const origin of ["https://evil.example", "null", `${ORIGIN}.evil.example`]) {
      expect((await postForm(path, { origin })).status).toBe(403);
    }
    expect((await postForm(path, {})).status).toBe(403);
    expect(harness.log.of("request.failed")).toHaveLength(before);
  });

  it("is told from one of our own", async () => {
    const response = await postForm("/", { origin: ORIGIN });
    expect(await response.text()).toContain("That is not the APISecretKey");
  });
});

it.each([
  ["/", "password", 5_000],
  ["/preview/OnJobCreating?jobId=a&tenantId=b", "password", 5_000],
  ["/sign-in/twitter", "jobId", 5_000],
  ["/sign-in/confirm", "signedIn", 9_000],
])(
  "A form that is larger than it needs to be is refused with 413: %s",
  async (path, name, size) => {
    const response = await postForm(path, { origin: ORIGIN }, `${name}=${"x".repeat(size)}`);
    expect(response.status).toBe(413);
  },
);

it.each(["/api/Configuration", "/Configure", "/api/ConnectorSetup"])(
  "Nobody reads settings over the web, not even the platform: %s",
  async (path) => {
    expect((await harness.app.request(path, as(basic()))).status).toBe(404);
  },
);

it("What there is not is answered with 404 in the same way", async () => {
  const response = await harness.app.request("/nothing?x=1");
  expect(response.status).toBe(404);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(await response.json()).toEqual({ title: "Not found", status: 404 });
});

async function postForm(
  path: string,
  headers: Record<string, string>,
  password = "wrong",
): Promise<Response> {
  return harness.app.request(path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams({ password }).toString(),
  });
}
