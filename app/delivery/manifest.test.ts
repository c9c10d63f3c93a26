import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../testing/memory-store.ts";
import { type ManifestEntry, type ManifestHead, writeManifest } from "./manifest.ts";

const HEAD: ManifestHead = {
  jobId: "job/1",
  taskId: "../task",
  accountId: "42",
  window: { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" },
  notRead: [{ id: "7", reason: "Not Found Error" }],
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
  fileName: `${id}.json`,
  bytes: 1234,
  sha256: "ab".repeat(32),
  media: [
    { mediaKey: "3_1", bytes: 99, sha256: "cd".repeat(32) },
    { mediaKey: "7_2", leftOut: "X answered 404\nand\u2028no more" },
  ],
}));

async function write(entries: ManifestEntry[] = ENTRIES, store = createMemoryStore()) {
  await writeManifest(store, HEAD, entries);
  const [[name, blob] = ["", undefined], ...others] = store.blobs;
  return { name, text: Buffer.from(blob?.body ?? []).toString("utf8"), others };
}

describe("A manifest", () => {
  it("is one JSON document a line: what the task was, then each item, with nothing lost", async () => {
    const { text, others } = await write();
    expect(text.endsWith("\n")).toBe(true);
    const lines = text.trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([HEAD, ...ENTRIES]);
    expect(others).toEqual([]);
  });

  it("of a window without posts says just that", async () => {
    const { text } = await write([]);
    expect(text).toBe(`${JSON.stringify(HEAD)}\n`);
  });

  it("lies in the evidence of its own job and task, whatever their ids are", async () => {
    const { name } = await write();
    expect(name).toBe("evidence/job%2F1/tasks/%2E%2E%2Ftask/manifest.ndjson");
  });

  it("written again is the same, and still one", async () => {
    const store = createMemoryStore();
    const first = await write(ENTRIES, store);
    expect(await write(ENTRIES, store)).toEqual(first);
  });
});
