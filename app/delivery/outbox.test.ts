import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../testing/memory-store.ts";
import {
  addToOutbox,
  countOutbox,
  type OutboxEntry,
  readOutbox,
  removeFromOutbox,
} from "./outbox.ts";

const ENTRY: OutboxEntry = {
  postId: "7",
  reason: "late",
  pages: ["evidence/job-1/captures/a/pages/000001.json"],
  foundAt: "2026-06-01T12:00:00Z",
};
const OTHER_PAGE = "evidence/job-1/captures/b/pages/000001.json";

describe("The outbox", () => {
  it("holds a post once, however often it is found on the same page", async () => {
    const store = createMemoryStore();
    await addToOutbox(store, "job-1", ENTRY);
    const [before] = store.blobs.values();
    await addToOutbox(store, "job-1", { ...ENTRY, foundAt: "2026-06-02T12:00:00Z" });
    expect([...store.blobs.keys()]).toEqual(["jobs/job-1/outbox/7.json"]);
    expect([...store.blobs.values()]).toEqual([before]);
    expect(await waiting(store)).toEqual([ENTRY]);
  });

  it("adds a further page to a post that waits, which keeps its reason", async () => {
    const store = createMemoryStore();
    await addToOutbox(store, "job-1", ENTRY);
    await addToOutbox(store, "job-1", { ...ENTRY, reason: "edited", pages: [OTHER_PAGE] });
    expect(await waiting(store)).toEqual([{ ...ENTRY, pages: [...ENTRY.pages, OTHER_PAGE] }]);
  });

  it("of one job is not that of another", async () => {
    const store = createMemoryStore();
    await addToOutbox(store, "job-1", ENTRY);
    await addToOutbox(store, "job-2", { ...ENTRY, postId: "8" });
    expect(await waiting(store)).toEqual([ENTRY]);
    expect(await countOutbox(store, "job-2")).toBe(1);
  });

  it("forgets a post that was handed over as it waits", async () => {
    const store = createMemoryStore();
    await addToOutbox(store, "job-1", ENTRY);
    await removeFromOutbox(store, "job-1", ENTRY);
    expect(await countOutbox(store, "job-1")).toBe(0);
    await removeFromOutbox(store, "job-1", ENTRY);
  });

  it("keeps a post that came again on another page while it was handed over", async () => {
    const store = createMemoryStore();
    await addToOutbox(store, "job-1", ENTRY);
    await addToOutbox(store, "job-1", { ...ENTRY, pages: [OTHER_PAGE] });
    await removeFromOutbox(store, "job-1", ENTRY);
    expect(await countOutbox(store, "job-1")).toBe(1);
  });

  it("takes a post that goes out at the very moment when it comes again", async () => {
    const store = createMemoryStore();
    await addToOutbox(store, "job-1", ENTRY);
    const read = async (name: string) => {
      await store.remove(name);
      return undefined;
    };
    await addToOutbox({ ...store, read }, "job-1", { ...ENTRY, pages: [OTHER_PAGE] });
    expect(await waiting(store)).toEqual([{ ...ENTRY, pages: [OTHER_PAGE] }]);
  });
});

function waiting(store: ReturnType<typeof createMemoryStore>): Promise<OutboxEntry[]> {
  return Array.fromAsync(readOutbox(store, "job-1"));
}
