import { describe, expect, it } from "vitest";
import { createMemoryStore, tamperWith } from "../testing/memory-store.ts";
import { createManifest, type ManifestEntry, type ManifestHead, readManifest } from "./manifest.ts";

const HEAD: ManifestHead = {
  jobId: "job/1",
  taskId: "../task",
  account: { id: "42", name: "Small" },
  window: { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" },
  notRead: [{ id: "7", reason: "Not Found Error" }],
  waiting: 0,
  feeds: [],
  gaps: [
    {
      start: "2026-01-01T00:00:00Z",
      end: "2026-01-01T01:00:00Z",
      reason: "X gives only the newest 3200 posts of an account",
      tried: "all 3200 posts that X gave were read",
      recordedAt: "2026-06-01T12:00:00Z",
    },
  ],
};
const ENTRIES: ManifestEntry[] = ["1", "2"].map((id) => ({
  id,
  modificationTimestampUtc: "2026-01-01T12:00:00Z",
  feed: "posts",
  fileName: `${id}.json`,
  bytes: 1234,
  sha256: "ab".repeat(32),
  format: 1,
  page: "evidence/job%2F1/posts/captures/c/pages/000001.json",
  pageSha256: "ef".repeat(32),
  media: [
    { mediaKey: "3_1", bytes: 99, sha256: "cd".repeat(32) },
    { mediaKey: "7_2", omitted: "X answered 404\nand\u2028no more" },
  ],
}));

const ANSWER = { jobId: "job/1", taskId: "../task", answer: 1 };

async function write(entries: ManifestEntry[] = ENTRIES, store = createMemoryStore()) {
  const isNew = await createManifest(store, ANSWER, { head: HEAD, entries: stream(entries) });
  const [[name, blob] = ["", undefined], ...others] = store.blobs;
  return { isNew, name, text: Buffer.from(blob?.body ?? []).toString("utf8"), others };
}

describe("A manifest", () => {
  it("is one JSON document a line: what the task was, then each item, with nothing lost", async () => {
    const { text, others } = await write();
    expect(text.endsWith("\n")).toBe(true);
    const lines = text.trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { ...HEAD, schema: 2 },
      ...ENTRIES,
    ]);
    expect(others).toEqual([]);
  });

  it("of a window without posts says just that", async () => {
    const { text } = await write([]);
    expect(text).toBe(`${JSON.stringify({ ...HEAD, schema: 2 })}\n`);
  });

  it("lies in the evidence of its own job and task, whatever their ids are", async () => {
    const { name } = await write();
    expect(name).toBe("evidence/job%2F1/tasks/%2E%2E%2Ftask/manifest.ndjson");
  });

  it("is written once: another run's stays as it is", async () => {
    const store = createMemoryStore();
    const first = await write(ENTRIES, store);
    expect(first.isNew).toBe(true);
    expect(await write([], store)).toEqual({ ...first, isNew: false });
  });

  it("is not there before its last entry is", async () => {
    const store = createMemoryStore();
    const entries = async function* entries() {
      yield* ENTRIES;
      throw new Error("the process dies");
    };
    const dying = createManifest(store, ANSWER, { head: HEAD, entries: entries() });
    await expect(dying).rejects.toThrow("the process dies");
    expect(await readManifest(store, ANSWER)).toBeUndefined();
  });

  it("can be read again and again, whichever way its bytes come", async () => {
    const store = createMemoryStore();
    await write(ENTRIES, store);
    const bytewise = {
      ...store,
      async readStream(name: string) {
        const blob = await store.read(name);
        return blob && stream([...blob.body].map((byte) => Buffer.of(byte)));
      },
    };
    const manifest = await readManifest(bytewise, ANSWER);
    expect(manifest?.head).toMatchObject({
      jobId: HEAD.jobId,
      taskId: HEAD.taskId,
      account: HEAD.account,
      window: HEAD.window,
    });
    for (const _time of ["once", "and again"]) {
      expect(await Array.fromAsync(manifest?.entries() ?? [])).toEqual(ENTRIES);
    }
  });

  it("that was tampered with is named, and not quoted", async () => {
    const store = createMemoryStore();
    const { name } = await write(ENTRIES, store);
    tamperWith(store, name, Buffer.from(`${JSON.stringify(HEAD)}\n{"id":"s3cr3t"}\n`));
    const manifest = await readManifest(store, ANSWER);
    await expect(Array.fromAsync(manifest?.entries() ?? [])).rejects.toMatchObject({
      code: "unusable-record",
      message: `${name} in the archive cannot be read`,
    });
  });
});

async function* stream<T>(all: T[]): AsyncGenerator<T> {
  yield* all;
}
