import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Harness, startHarness } from "../testing/harness.ts";
import { basic, downloadRequest, postJson, SAS_URI } from "../testing/platform-calls.ts";
import { readTask } from "../worker/task.ts";

const PATH = "/data/OnDownloadRequest";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.addJob("job-1");
});
afterAll(() => harness.close());

describe("A request for a window", () => {
  it("is kept and queued before it is acknowledged, and wakes the worker", async () => {
    const { store, queue, worker, sealer, log } = harness;
    const response = await send(downloadRequest({ DirtyEntities: ["7", "8", "7"] }));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    const task = await readTask(store, "job-1", "task-1");
    expect(task).toMatchObject({
      jobId: "job-1",
      taskId: "task-1",
      window: { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" },
      dirtyIds: ["7", "8"],
      state: "accepted",
      acceptedAt: "2026-06-01T12:00:00.000Z",
      attempts: 0,
    });
    expect(await sealer.open(task?.sealedSas ?? "")).toBe(SAS_URI);
    expect(queue.waiting().map(({ message }) => message)).toEqual([
      { jobId: "job-1", taskId: "task-1" },
    ]);
    expect(worker.woken).toBe(1);
    expect(log.of("task.accepted")).toMatchObject([
      { jobId: "job-1", taskId: "task-1", sasExpires: "2026-12-31T00:00:00.000Z" },
    ]);
  });

  it("brings a fresh SAS when it comes again, and is queued again", async () => {
    const { store, queue, sealer } = harness;
    const before = queue.waiting().length;
    await send(downloadRequest({ TaskId: "again" }));
    const fresh = SAS_URI.replace("0123456789", "9876543210");
    expect((await send(downloadRequest({ TaskId: "again", BlobSasUri: fresh }))).status).toBe(200);
    const task = await readTask(store, "job-1", "again");
    expect(await sealer.open(task?.sealedSas ?? "")).toBe(fresh);
    expect(queue.waiting()).toHaveLength(before + 2);
  });

  it.each<[string, string, Record<string, unknown>, { start: string; end: string }]>([
    [
      "reads times without a zone as UTC",
      "zone",
      { StartTime: "2026-01-01T00:00:00", EndTime: "2026-01-01T06:00:00.0000000" },
      { start: "2026-01-01T00:00:00Z", end: "2026-01-01T06:00:00Z" },
    ],
    [
      "reads times of another zone",
      "offset",
      { StartTime: "2026-01-01T02:00:00+02:00", EndTime: "2026-01-01T06:00:00-01:00" },
      { start: "2026-01-01T00:00:00Z", end: "2026-01-01T07:00:00Z" },
    ],
    [
      "widens fractions to whole seconds",
      "fraction",
      { StartTime: "2026-01-01T00:00:00.9Z", EndTime: "2026-01-01T00:00:01.001Z" },
      { start: "2026-01-01T00:00:00Z", end: "2026-01-01T00:00:02Z" },
    ],
  ])("%s", async (_title, taskId, times, window) => {
    expect((await send(downloadRequest({ TaskId: taskId, ...times }))).status).toBe(200);
    expect((await readTask(harness.store, "job-1", taskId))?.window).toEqual(window);
  });

  it("may spell its members in any case", async () => {
    const spelt = Object.entries(downloadRequest({ TaskId: "spelt" })).map(([name, value]) => [
      name.toUpperCase(),
      value,
    ]);
    expect((await send(Object.fromEntries(spelt))).status).toBe(200);
    expect((await readTask(harness.store, "job-1", "spelt"))?.window.end).toBe(
      "2026-01-02T00:00:00Z",
    );
  });

  it("may have null among DirtyEntities, which is left out and noted", async () => {
    const ids = ["7", null, "8"];
    expect((await send(downloadRequest({ TaskId: "null", DirtyEntities: ids }))).status).toBe(200);
    expect((await readTask(harness.store, "job-1", "null"))?.dirtyIds).toEqual(["7", "8"]);
    expect(harness.log.of("task.accepted").at(-1)).toMatchObject({
      taskId: "null",
      omitted: 1,
      detail: "null in DirtyEntities",
    });
  });

  it("may leave DirtyEntities out, and say more than is known", async () => {
    const request = downloadRequest({ TaskId: "more", DirtyEntities: undefined, New: { a: 1 } });
    expect((await send(request)).status).toBe(200);
    expect((await readTask(harness.store, "job-1", "more"))?.dirtyIds).toEqual([]);
  });
});

describe("A request that is refused", () => {
  let before: { blobs: number; messages: number };
  beforeEach(() => {
    before = counts();
  });

  it.each<[string, unknown, string]>([
    ["no JobId", downloadRequest({ JobId: undefined }), "JobId"],
    ["an empty JobId", downloadRequest({ JobId: "" }), "JobId"],
    ["a JobId of one dot", downloadRequest({ JobId: "." }), "JobId"],
    ["a JobId of two dots", downloadRequest({ JobId: ".." }), "JobId"],
    ["a TaskId of three dots", downloadRequest({ TaskId: "..." }), "TaskId"],
    ["a JobId that leads elsewhere", downloadRequest({ JobId: "../job-2" }), "JobId"],
    ["a number as JobId", downloadRequest({ JobId: 1 }), "JobId"],
    ["no TaskId", downloadRequest({ TaskId: undefined }), "TaskId"],
    ["null as TaskId", downloadRequest({ TaskId: null }), "TaskId"],
    ["a TaskId that leads elsewhere", downloadRequest({ TaskId: "a/b" }), "TaskId"],
    ["a TaskId that is too long", downloadRequest({ TaskId: "t".repeat(201) }), "TaskId"],
    ["no StartTime", downloadRequest({ StartTime: undefined }), "StartTime"],
    ["words as StartTime", downloadRequest({ StartTime: "yesterday" }), "StartTime"],
    ["a day that is none", downloadRequest({ StartTime: "2026-02-30T00:00:00Z" }), "StartTime"],
    ["no EndTime", downloadRequest({ EndTime: undefined }), "EndTime"],
    ["a number as EndTime", downloadRequest({ EndTime: 1767225600 }), "EndTime"],
    [
      "an EndTime before StartTime",
      downloadRequest({ EndTime: "2025-01-01T00:00:00Z" }),
      "EndTime",
    ],
    ["an EndTime at StartTime", downloadRequest({ EndTime: "2026-01-01T00:00:00Z" }), "EndTime"],
    ["a word as DirtyEntities", downloadRequest({ DirtyEntities: "7" }), "DirtyEntities"],
    ["ids that are none", downloadRequest({ DirtyEntities: ["7", "x"] }), "DirtyEntities.1"],
    ["numbers as ids", downloadRequest({ DirtyEntities: [7] }), "DirtyEntities.0"],
    ["no BlobSasUri", downloadRequest({ BlobSasUri: undefined }), "BlobSasUri"],
    ["null as BlobSasUri", downloadRequest({ BlobSasUri: null }), "BlobSasUri"],
    ["a list", [downloadRequest()], "The body"],
    ["a word", '"word"', "The body"],
    ["null", "null", "The body"],
    ["nothing", "", "The body"],
    ["what is not JSON", "JobId=job-1", "The body"],
  ])("with 400 for %s names the member", async (_title, body, member) => {
    await expectProblem(await send(body), { status: 400, detail: new RegExp(`^${member}: .+`) });
  });

  it.each<[string, string, RegExp]>([
    ["a host off the list", sas({ host: "import.example" }), /host import\.example/],
    ["a host that ends like one", sas({ host: "evilblob.core.windows.net" }), /host/],
    ["a host with more behind", sas({ host: "x.blob.core.windows.net.evil.example" }), /host/],
    ["a host before an @", SAS_URI.replace("https://", "https://x@evil.example:443/@"), /user/],
    ["a user", SAS_URI.replace("https://", "https://x:y@"), /user/],
    ["a port", SAS_URI.replace("/tenant", ":8443/tenant"), /port 8443/],
    ["no container", SAS_URI.replace("/tenant", "/"), /container/],
    ["http", SAS_URI.replace("https:", "http:"), /https/],
    ["no address at all", "not an address", /https/],
    ["no permissions", sas({ without: "sp" }), /\(sp\)/],
    ["permission to read", sas({ sp: "rl" }), /\(sp\)/],
    ["no end", sas({ without: "se" }), /\(se\)/],
    ["an end that is no time", sas({ se: "soon" }), /\(se\)/],
    ["an end that is over", sas({ se: "2026-06-01T12:00:00Z" }), /^BlobSasUri: expired/],
    ["no signature", sas({ without: "sig" }), /\(sig\)/],
  ])("with 400 for a BlobSasUri with %s names it and does not quote it", async (_t, uri, words) => {
    const response = await send(downloadRequest({ BlobSasUri: uri }));
    const { detail } = await expectProblem(response, { status: 400, detail: words });
    expect(detail).toMatch(/^BlobSasUri: /);
    expect(detail).not.toContain("sas-signature");
  });

  it("with 404 is for a job that there is not", async () => {
    const response = await send(downloadRequest({ JobId: "job-2" }));
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ title: "No such job", status: 404 });
    expect(counts()).toEqual(before);
  });

  it.each([["with a length"], ["in chunks"]])("with 413 is too large, %s", async (how) => {
    const text = JSON.stringify(downloadRequest({ Padding: "x".repeat(8 * 1024 * 1024) }));
    const init = postJson(text);
    const headers = new Headers(init.headers);
    if (how === "with a length") {
      headers.set("content-length", String(text.length));
    }
    const response = await harness.app.request(PATH, { ...init, headers });
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ title: "The body is too large", status: 413 });
    expect(counts()).toEqual(before);
  });

  it("with 401 leaves all as it was", async () => {
    const response = await harness.app.request(PATH, postJson(downloadRequest(), basic("wrong")));
    expect(response.status).toBe(401);
    expect(counts()).toEqual(before);
  });

  async function expectProblem(
    response: Response,
    { status, detail }: { status: number; detail: RegExp },
  ): Promise<{ detail: string }> {
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const body: unknown = await response.json();
    expect(body).toEqual({
      title: "Bad request",
      status,
      detail: expect.stringMatching(detail) as unknown,
    });
    expect(counts()).toEqual(before);
    return { detail: JSON.stringify(body).replace(/^.*"detail":"(.*)"}$/, "$1") };
  }
});

it("A request whose message cannot be queued is not acknowledged", async () => {
  const own = await startHarness();
  onTestFinished(() => own.close());
  await own.addJob("job-1");
  own.queue.send = async () => {
    throw new Error("queue down");
  };
  expect((await own.app.request(PATH, postJson(downloadRequest()))).status).toBe(500);
});

function send(body: unknown): Promise<Response> {
  return Promise.resolve(harness.app.request(PATH, postJson(body)));
}

function counts() {
  return { blobs: harness.store.blobs.size, messages: harness.queue.waiting().length };
}

function sas({
  host,
  without,
  ...changes
}: { host?: string; without?: string; sp?: string; se?: string } = {}): string {
  const url = new URL(SAS_URI);
  url.hostname = host ?? url.hostname;
  for (const [name, value] of Object.entries(changes)) {
    url.searchParams.set(name, value);
  }
  if (without) {
    url.searchParams.delete(without);
  }
  return url.href;
}
