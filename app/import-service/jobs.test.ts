import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import { markNeedsSignIn, readJob } from "../jobs/job.ts";
import { addJob, createAppOf, type Harness, OWN_TOKEN, startHarness } from "../testing/harness.ts";
import { as, basic, downloadRequest, postJson } from "../testing/platform-calls.ts";
import { postsOf } from "../feeds/posts.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

describe("IsCreated", () => {
  it("is false before the sign-in and true after it", async () => {
    expect(await isCreated("job-1")).toEqual({ IsJobCreated: false, Reason: null });
    await harness.addJob("job-1");
    expect(await isCreated("job-1")).toEqual({ IsJobCreated: true, Reason: null });
    expect(await isCreated("job-2")).toEqual({ IsJobCreated: false, Reason: null });
  });

  it("is false while the account has to be signed in again", async () => {
    await harness.addJob("job-1");
    await markNeedsSignIn(harness.store, "job-1", { reason: "test" });
    expect(await isCreated("job-1")).toEqual({ IsJobCreated: false, Reason: null });
  });

  it("asks for a jobId", async () => {
    const response = await call("/job/IsCreated");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      title: "Bad request",
      status: 400,
      detail: "jobId is missing",
    });
  });
});

describe("OnDeleted", () => {
  it("revokes the token at X, forgets it, frees the account and keeps the archive", async () => {
    const { store, twitter, log } = harness;
    await harness.addJob("job-1");
    const page = names.page(names.capturePages(postsOf("job-1"), "c"), 1);
    await store.create(page, Buffer.from("{}"));
    expect((await twitter.me(OWN_TOKEN)).id).toBe("42");

    const response = await call("/job/OnDeleted?jobId=job-1", "DELETE");

    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    await expect(twitter.me(OWN_TOKEN)).rejects.toMatchObject({ code: "x-token-refused" });
    expect(await readJob(store, "job-1")).toBeUndefined();
    expect(store.blobs.has(page)).toBe(true);
    expect(blobText(names.job("job-1"))).not.toMatch(/sealedToken|eyJ/);
    expect(store.blobs.has(names.account("42"))).toBe(false);
    expect(log.events()).toEqual(["platform.called", "token.revoked", "job.deleted"]);
  });

  it("may come again, and for a job that never was", async () => {
    await harness.addJob("job-1");
    for (const jobId of ["job-1", "job-1", "never"]) {
      expect((await call(`/job/OnDeleted?jobId=${jobId}`, "DELETE")).status).toBe(200);
    }
    expect(harness.log.of("job.deleted")).toHaveLength(1);
  });

  it("lets another job archive the account, and leaves that job alone when it comes again", async () => {
    await harness.addJob("job-1");
    await call("/job/OnDeleted?jobId=job-1", "DELETE");
    await harness.addJob("job-2");
    await call("/job/OnDeleted?jobId=job-1", "DELETE");
    expect(await isCreated("job-2")).toEqual({ IsJobCreated: true, Reason: null });
    expect(blobText(names.account("42"))).toBe('{"jobId":"job-2","schema":1}');
  });

  it("forgets a token that X has revoked already", async () => {
    await harness.addJob("job-1");
    await harness.twitter.revoke(OWN_TOKEN);
    expect((await call("/job/OnDeleted?jobId=job-1", "DELETE")).status).toBe(200);
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
    expect(harness.log.of("token.revoked")).toMatchObject([
      { detail: expect.any(String) as unknown },
    ]);
  });

  it("revokes the token of a job that needs to be signed in again, too", async () => {
    await harness.addJob("job-1");
    await markNeedsSignIn(harness.store, "job-1", { reason: "the portal asked for it" });
    await call("/job/OnDeleted?jobId=job-1", "DELETE");
    await expect(harness.twitter.me(OWN_TOKEN)).rejects.toMatchObject({ code: "x-token-refused" });
  });

  it("forgets the token though X cannot be reached, and says what is left to do", async () => {
    await harness.addJob("job-1");
    await harness.x.close();
    const response = await call("/job/OnDeleted?jobId=job-1", "DELETE");
    expect(response.status).toBe(200);
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
    expect(harness.log.of("token.not-revoked")).toMatchObject([
      { code: "x-unavailable", detail: expect.stringMatching(/by hand/) as unknown },
    ]);
    harness = await startHarness();
  });

  it("refuses windows of the job from then on, and a new sign-in brings it back", async () => {
    await harness.addJob("job-1");
    await call("/job/OnDeleted?jobId=job-1", "DELETE");
    const request = postJson(downloadRequest());
    expect((await harness.app.request("/data/OnDownloadRequest", request)).status).toBe(404);
    await addJob(harness, "job-1");
    expect((await harness.app.request("/data/OnDownloadRequest", request)).status).toBe(200);
  });

  it("asks for a jobId", async () => {
    expect((await call("/job/OnDeleted", "DELETE")).status).toBe(400);
  });
});

describe("OnRemediation", () => {
  it.each([
    ["Relogin", ["the compliance portal asked for a new sign-in"]],
    ["RELOGIN", ["the compliance portal asked for a new sign-in"]],
    ["Unknown", []],
    ["unknown", []],
    ["0", ["the compliance portal asked for a new sign-in"]],
    ["1", []],
  ])("answers %s with 200 and an empty body", async (type, reasons) => {
    await harness.addJob("job-1");
    const response = await call(`/job/OnRemediation?jobId=job-1&remediationType=${type}`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect((await readJob(harness.store, "job-1"))?.needsSignIn).toBe(reasons[0]);
    expect(harness.log.of("job.needs-sign-in")).toMatchObject(
      reasons.map((reason) => ({ reason })),
    );
  });

  it.each([
    ["/job/OnRemediation?jobId=job-1&remediationType=Other", 400, "remediationType"],
    ["/job/OnRemediation?jobId=job-1&remediationType=2", 400, "remediationType"],
    ["/job/OnRemediation?jobId=job-1&remediationType=constructor", 400, "remediationType"],
    ["/job/OnRemediation?jobId=job-1", 400, "remediationType"],
    ["/job/OnRemediation?remediationType=Relogin", 400, "jobId"],
  ])("refuses %s with %i", async (path, status, member) => {
    await harness.addJob("job-1");
    const response = await call(path);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`"detail":"${member}`);
    expect((await readJob(harness.store, "job-1"))?.needsSignIn).toBeUndefined();
  });

  it("answers 404 for a job that there is not", async () => {
    const response = await call("/job/OnRemediation?jobId=never&remediationType=Relogin");
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ title: "No such job", status: 404 });
  });
});

it("A job that another process changes all the time is an error with words, not a crash", async () => {
  await harness.addJob("job-1");
  const { store } = harness;
  const app = createAppOf(
    { ...harness, store: { ...store, replace: async () => undefined } },
    harness,
  );
  const path = "/job/OnRemediation?jobId=job-1&remediationType=Relogin";
  const response = await app.request(path, as(basic()));
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({
    title: "Internal error",
    status: 500,
    detail: "The connector's log has the details.",
  });
  expect(harness.log.of("request.failed")).toMatchObject([{ code: "conflict" }]);
});

async function call(path: string, method = "GET"): Promise<Response> {
  return harness.app.request(path, as(basic(), method));
}

async function isCreated(jobId: string): Promise<unknown> {
  const response = await call(`/job/IsCreated?jobId=${jobId}`);
  expect(response.status).toBe(200);
  return response.json();
}

function blobText(name: string): string {
  return Buffer.from(harness.store.blobs.get(name)?.body ?? []).toString("utf8");
}
