import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Item } from "./item.ts";
import type { AskedTask } from "./import-service.ts";
import { APP, startImportSetup } from "./testing/import-setup.ts";
import { sampleAttachment, sampleItem } from "./testing/samples.ts";

const JOB = "job-1";
const WINDOW = { start: "2026-03-01T10:00:00Z", end: "2026-03-01T11:00:00Z" };
const TIME = "2026-03-01T10:00:05Z";

type Setup = Awaited<ReturnType<typeof startImportSetup>>;
let setup: Setup;
let lastId = 5000;

beforeAll(async () => {
  setup = await startImportSetup();
});

afterAll(() => setup.close());

describe("a completion call", () => {
  it.each([
    ["no token", { authorization: "" }, 401, "no Bearer token"],
    ["a token that is none", { authorization: "Bearer x" }, 401, "not valid"],
    ["a type that is not JSON", { "content-type": "text/plain" }, 415, "application/json"],
  ])("is refused with %s", async (_what, headers, status, why) => {
    const task = await ask();
    const answer = await post(complete(task, []), { headers });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(why);
  });

  it("is refused with a token of another application", async () => {
    const claims = { aud: "https://storage.azure.com", appid: APP };
    const authorization = `Bearer ${await setup.entra.issue(claims)}`;
    const answer = await post(complete(await ask(), []), { headers: { authorization } });
    expect(answer.status).toBe(401);
  });

  it.each([
    ["another path", "/api/event/nativeconnector/?jobId=job-1"],
    ["no slash at its end", "/api/data/ondownloadcomplete?jobId=job-1"],
    ["an unknown job", "/api/data/ondownloadcomplete/?jobId=job-2"],
    ["no job", "/api/data/ondownloadcomplete/"],
  ])("is a 404 with %s", async (_what, path) => {
    const answer = await post(complete(await ask(), []), { path });
    expect(answer.status).toBe(404);
  });

  it.each([
    ["a task of no one", { taskId: "nobody" }],
    ["a status in words", { status: "Success" }],
    ["a member of its own", { more: 1 }],
  ])("is a 400 with %s", async (_what, changes) => {
    const body = { ...complete(await ask(), []), ...changes };
    const answer = await post(body);
    expect(answer.status).toBe(400);
  });

  it("that was refused is a finding", async () => {
    await post({ ...complete(await ask(), []), status: 9 });
    expect(setup.service.findings().map(({ what }) => what)).toContainEqual(
      expect.stringContaining("ondownloadcomplete/ was answered 400: status"),
    );
  });
});

describe("the import", () => {
  it("puts listed items into the mailbox and keeps their facts", async () => {
    const item = newItem({ ItemType: "Reply", ParentId: "9", ThreadId: "8" });
    const result = await deliver([item]);
    expect(result).toMatchObject({ status: 0, listed: [item.Id], duplicates: 0, findings: [] });
    expect(result.accepted).toMatchObject([
      { postId: item.Id, itemType: "Reply", parentId: "9", threadId: "8", senderId: "42" },
    ]);
    expect(await readdir(setup.mailbox.directory)).toContain(result.accepted[0]?.mail);
  });

  it("skips what it has, and takes a newer version as another message", async () => {
    const item = newItem();
    await deliver([item]);
    expect(await deliver([item])).toMatchObject({ accepted: [], duplicates: 1, findings: [] });
    const later = await deliver([item], (same) => ({
      ...same,
      modificationTimestampUtc: "2026-03-02T00:00:00Z",
    }));
    expect(later.accepted[0]?.mail).toMatch(/-2\.eml$/);
    const older = await deliver([item], (same) => ({
      ...same,
      modificationTimestampUtc: "2026-02-01T00:00:00Z",
    }));
    expect(older.findings[0]?.what).toContain("is older than one in the mailbox");
  });

  it.each<[string, (item: Item) => Item | string, string]>([
    ["no JSON", () => "{", "not JSON"],
    ["a time without Z", (item) => ({ ...item, SentTimeUtc: "2026-03-01T10:00:05" }), "SentTime"],
    ["another id than listed", (item) => ({ ...item, Id: "1" }), "the item's Id is 1, listed as"],
    [
      "an attachment over 10 MB",
      (item) => withAttachment(item, Buffer.alloc(10_000_001)),
      "over 10000000",
    ],
  ])("refuses an item with %s", async (_what, spoil, why) => {
    const item = newItem();
    const result = await deliver([item], undefined, () => spoil(item));
    expect(result.accepted).toEqual([]);
    expect(result.findings.map(({ postId }) => postId)).toEqual([item.Id]);
    expect(result.findings[0]?.what).toContain(why);
  });

  it("finds files that are listed but absent, unlisted, stray, or listed twice", async () => {
    const [absent, twice, unlisted] = [newItem(), newItem(), newItem()];
    const task = await ask();
    upload(task, twice);
    upload(task, unlisted);
    setup.upload(task.sasUri, "elsewhere.json", "{}");
    const rows = [row(absent), row(twice), { ...row(twice), fileName: "other.json" }];
    await post(complete(task, rows));
    const { findings, accepted } = await task.completed;
    expect(accepted.map(({ postId }) => postId)).toEqual([twice.Id]);
    expect(findings.map(({ what }) => what).sort()).toEqual([
      expect.stringContaining("is listed twice"),
      expect.stringContaining("is listed, but the container has no"),
      expect.stringContaining("stray file"),
      expect.stringContaining("unlisted file"),
    ]);
  });

  it("does not take a file of the container that was given before", async () => {
    const item = newItem();
    const first = await ask();
    upload(first, item);
    await post(complete(first, [], 1));
    expect(await first.completed).toMatchObject({ status: 1 });
    const again = await ask(first.taskId);
    await post(complete(again, [row(item)]));
    expect((await again.completed).findings[0]?.what).toContain("the container has no");
  });

  it("takes a repeated success quietly, and finds one that says otherwise", async () => {
    const item = newItem();
    const task = await ask();
    upload(task, item);
    await post(complete(task, [row(item)]));
    await task.completed;
    const repeat = await ask(task.taskId);
    await post(complete(task, [row(item)]));
    expect(await repeat.completed).toMatchObject({ duplicates: 0, findings: [] });
    const changed = await ask(task.taskId);
    await post(complete(task, []));
    await post(complete(task, [], 2));
    await changed.completed;
    await expect
      .poll(() => setup.service.results().find(({ taskId }) => taskId === task.taskId)?.findings)
      .toMatchObject([
        { what: "a second completion of a successful task lists other items" },
        { what: "a task that was a success was completed again with status 2" },
      ]);
  });
});

describe("a change event", () => {
  it("is taken and recorded", async () => {
    await ask();
    const entry = [{ Id: "1", TimeStamp: TIME, ChangeType: "update" }];
    const answer = await post({ entry }, { path: "/api/data/onwebhookevent/?jobId=job-1" });
    expect(answer.status).toBe(200);
    expect(setup.service.changeEvents()).toEqual([{ jobId: JOB, ...entry[0] }]);
  });
});

function newItem(changes: Partial<Item> = {}): Item {
  lastId += 1;
  return sampleItem({ Id: String(lastId), ...changes });
}

function withAttachment(item: Item, content: Buffer): Item {
  return { ...item, ContentAttachments: [sampleAttachment("film.mp4", content)] };
}

function ask(taskId?: string): Promise<AskedTask> {
  return setup.service.ask({ jobId: JOB, window: WINDOW, ...(taskId ? { taskId } : {}) });
}

function row({ Id }: Item) {
  return { id: Id, modificationTimestampUtc: TIME, fileName: `${Id}.json` };
}

function upload({ sasUri, taskId }: AskedTask, item: Item, body: Item | string = item): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  setup.upload(sasUri, `${JOB}/${taskId}/${item.Id}.json`, text);
}

function complete({ taskId }: AskedTask, itemMetadata: ReturnType<typeof row>[], status = 0) {
  return { taskId, status, itemMetadata };
}

async function deliver(
  items: Item[],
  change: (metadata: ReturnType<typeof row>) => ReturnType<typeof row> = (same) => same,
  spoil: (item: Item) => Item | string = (same) => same,
) {
  const task = await ask();
  items.forEach((item) => upload(task, item, spoil(item)));
  await post(
    complete(
      task,
      items.map((item) => change(row(item))),
    ),
  );
  return task.completed;
}

async function post(
  body: unknown,
  {
    path = `/api/data/ondownloadcomplete/?jobId=${JOB}`,
    headers = {},
  }: { path?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(new URL(path, setup.service.url), {
    method: "POST",
    headers: { authorization: setup.token, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}
