import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../testing/memory-store.ts";
import {
  addToOutbox,
  countOutbox,
  countTry,
  giveUpWaiting,
  type OutboxEntry,
  putBackWaiting,
  readOutbox,
  removeFromOutbox,
} from "./outbox.ts";

const ENTRY: OutboxEntry = {
  feed: "posts",
  id: "7",
  reason: "late",
  pages: ["evidence/job-1/posts/captures/a/pages/000001.json"],
  foundAt: "2026-06-01T12:00:00Z",
};
const OTHER_PAGE = "evidence/job-1/posts/captures/b/pages/000001.json";

describe("The outbox", () => {
  it("holds a post once, however often it is found on the same page", async () => {
    const store = createMemoryStore();
    await addToOutbox(store, "job-1", ENTRY);
    const [before] = store.blobs.values();
    await addToOutbox(store, "job-1", { ...ENTRY, foundAt: "2026-06-02T12:00:00Z" });
    expect([...store.blobs.keys()]).toEqual(["work/job-1/outbox/posts/7.json"]);
    expect([...store.blobs.values()]).toEqual([before]);
    expect(await waiting(store)).toEqual([ENTRY]);
  });

  it.each([
    ["late", "over the daily limit", "late"],
    ["late", "edited", "edited"],
    ["asked again", "late", "asked again"],
  ] as const)(
    "adds a further page to a post that waits: %s, then %s",
    async (first, then, reason) => {
      const store = createMemoryStore();
      await addToOutbox(store, "job-1", { ...ENTRY, reason: first });
      await addToOutbox(store, "job-1", { ...ENTRY, reason: then, pages: [OTHER_PAGE] });
      const pages = [...ENTRY.pages, OTHER_PAGE];
      expect(await waiting(store)).toEqual([{ ...ENTRY, reason, pages }]);
    },
  );

  it("tries a post that was given up again when it has changed, or was put back", async () => {
    const store = createMemoryStore();
    await addToOutbox(store, "job-1", ENTRY);
    for (const isLast of [false, false, false, false, true]) {
      expect(await countTry(store, "job-1", ENTRY)).toBe(isLast);
    }
    await giveUpWaiting(store, "job-1", ENTRY, "413");
    await addToOutbox(store, "job-1", ENTRY);
    expect(await waiting(store)).toEqual([{ ...ENTRY, tries: 5, givenUp: "413" }]);
    await putBackWaiting(store, "job-1", ENTRY);
    expect(await waiting(store)).toEqual([ENTRY]);
    await giveUpWaiting(store, "job-1", ENTRY, "413");
    await addToOutbox(store, "job-1", { ...ENTRY, pages: [OTHER_PAGE] });
    expect(await waiting(store)).toEqual([{ ...ENTRY, pages: [...ENTRY.pages, OTHER_PAGE] }]);
    expect(await countTry(store, "job-1", { feed: "posts", id: "8" })).toBe(false);
  });

  it("of one job is not that of another", async () => {
    const store = createMemoryStore();
    await addToOutbox(store, "job-1", ENTRY);
    await addToOutbox(store, "job-2", { ...ENTRY, id: "8" });
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

  it.each([
    ["keeps", "edited", 1],
    ["forgets", "late", 0],
  ] as const)(
    "%s a post that came again on another page while it was handed over: %s",
    async (_what, reason, count) => {
      const store = createMemoryStore();
      await addToOutbox(store, "job-1", ENTRY);
      await addToOutbox(store, "job-1", { ...ENTRY, reason, pages: [OTHER_PAGE] });
      await removeFromOutbox(store, "job-1", ENTRY);
      expect(await countOutbox(store, "job-1")).toBe(count);
    },
  );

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

  it("never seems to hold a post that it does not", async () => {
    const elusive = { ...createMemoryStore(), create: async () => false };
    await expect(addToOutbox(elusive, "job-1", ENTRY)).rejects.toMatchObject({ code: "conflict" });
  });
});

function waiting(store: ReturnType<typeof createMemoryStore>): Promise<OutboxEntry[]> {
  return Array.fromAsync(readOutbox(store, "job-1"));
}
