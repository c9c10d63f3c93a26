import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import { readJob } from "../jobs/job.ts";
import { addJob, createAppOf, type Harness, OWN_TOKEN, startHarness } from "../testing/harness.ts";
import { createVisitor, logIn, type Visitor, scanAll } from "../testing/visitor.ts";
import { putTask } from "../testing/workbench.ts";
import { postsOf } from "../feeds/posts.ts";

const ASK = "/jobs/remove?jobId=job-1";

let harness: Harness;
let visitor: Visitor;
beforeEach(async () => {
  harness = await startHarness();
  await harness.addJob("job-1");
  visitor = createVisitor(harness.app);
});
afterEach(() => harness.close());

describe("A job that the portal does not know", () => {
  it("is removed by an administrator, who is asked before and told what stays", async () => {
    await logIn(visitor);
    expect((await visitor.get("/")).html).toContain(`href="${ASK}"`);
    const asked = await visitor.get(ASK);
    expect(asked.status).toBe(200);
    expect(asked.html).toMatch(/@small.*job-1/s);
    expect(asked.html).toContain("stays in the archive");
    expect(asked.html).toContain("delete it there instead");
    expect(await readJob(harness.store, "job-1")).toBeDefined();

    const done = await visitor.post("/jobs/remove", { jobId: "job-1" });
    expect(done.status).toBe(200);
    expect(done.html).toContain("stays in the archive");
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
    expect((await visitor.get("/")).html).not.toContain("@small");
    await expect(harness.twitter.me(OWN_TOKEN)).rejects.toMatchObject({ code: "x-token-refused" });
    expect(harness.log.of("job.deleted")).toMatchObject([
      { jobId: "job-1", accountId: "42", detail: "on the status page" },
    ]);
  });

  it("has what is not delivered yet told beforehand", async () => {
    await logIn(visitor);
    expect((await visitor.get(ASK)).html).not.toContain("will not be delivered");
    await putTask(harness.store, "task-1", { jobId: "job-1", state: "waiting", reason: "x" });
    expect((await visitor.get(ASK)).html).toContain(
      "1 window that Microsoft 365 requested, and 0 posts",
    );
  });

  it("keeps its evidence, and its account may be archived by another job", async () => {
    const page = names.page(names.capturePages(postsOf("job-1"), "c"), 1);
    await harness.store.create(page, Buffer.from("{}"));
    await logIn(visitor);
    await visitor.post("/jobs/remove", { jobId: "job-1" });
    expect(await harness.store.read(page)).toBeDefined();
    expect((await scanAll(visitor, { jobId: "job-2" })).status).toBe(200);
    expect((await readJob(harness.store, "job-2"))?.account.username).toBe("small");
  });

  it("is removed once, however often the form is sent", async () => {
    await logIn(visitor);
    for (let index = 0; index < 3; index += 1) {
      expect((await visitor.post("/jobs/remove", { jobId: "job-1" })).status).toBe(200);
    }
    expect(harness.log.of("job.deleted")).toHaveLength(1);
  });

  it("is removed where X cannot be told, and a person is told what is left to do", async () => {
    const revoke = async () => {
      throw new Error("X is away");
    };
    const twitter = { ...harness.twitter, revoke };
    const other = createVisitor(createAppOf({ ...harness, twitter }, harness));
    await logIn(other);
    const done = await other.post("/jobs/remove", { jobId: "job-1" });
    expect(done.html).toMatch(/Apps\s+and\s+sessions/);
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
    expect(harness.log.of("token.not-revoked")).toHaveLength(1);
  });
});

describe("The removal", () => {
  it("is for who has shown the APISecretKey", async () => {
    const asked = await visitor.get(ASK);
    expect([asked.status, asked.headers.get("location")]).toEqual([303, "/"]);
    const sent = await visitor.post("/jobs/remove", { jobId: "job-1" });
    expect([sent.status, sent.headers.get("location")]).toEqual([303, "/"]);
    expect(await readJob(harness.store, "job-1")).toBeDefined();
  });

  it.each([{ origin: "https://evil.example" }, { origin: "null" }])(
    "is refused to a form of another site: %j",
    async (headers) => {
      await logIn(visitor);
      const sent = await visitor.post("/jobs/remove", { jobId: "job-1" }, headers);
      expect(sent.status).toBe(403);
      expect(await readJob(harness.store, "job-1")).toBeDefined();
    },
  );

  it("changes nothing by GET", async () => {
    await logIn(visitor);
    await visitor.get(ASK);
    await visitor.get(`${ASK}&confirm=yes`);
    expect(await readJob(harness.store, "job-1")).toBeDefined();
  });

  it.each<[number, string]>([
    [404, "/jobs/remove?jobId=never"],
    [400, "/jobs/remove"],
    [400, "/jobs/remove?jobId=a/b"],
    [400, "/jobs/remove?jobId=a&jobId=b"],
  ])("answers %i to %s", async (status, path) => {
    await logIn(visitor);
    expect((await visitor.get(path)).status).toBe(status);
  });

  it("does not touch a job whose record cannot be read", async () => {
    await addJob(harness, "damaged", { id: "2", username: "damaged", name: "Damaged" });
    await harness.store.put(names.job("damaged"), Buffer.from("{"));
    await logIn(visitor);
    expect((await visitor.get("/jobs/remove?jobId=damaged")).status).toBe(409);
    const sent = await visitor.post("/jobs/remove", { jobId: "damaged" });
    expect(sent.status).toBe(409);
    expect(sent.html).toContain("cannot be read");
    expect(harness.log.of("request.failed")).toEqual([]);
  });
});
