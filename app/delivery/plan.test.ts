import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import { type Store, toJson } from "../archive/store.ts";
import type { Coverage } from "../capture/coverage.ts";
import { ConnectorError } from "../errors.ts";
import { createMemoryStore } from "../testing/memory-store.ts";
import type { OutboxEntry } from "./outbox.ts";
import { type PlannedRecord, planDelivery, type Wanted } from "./plan.ts";
import { FEEDS } from "../feeds/index.ts";
import { postsOf } from "../feeds/posts.ts";

const WINDOW = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const RECEIVED = "2026-06-01T12:00:00.123Z";
const NOON = "2026-01-01T12:00:00.000Z";
const YESTERDAY = "2025-12-31T12:00:00.000Z";

let store: ReturnType<typeof createMemoryStore>;
beforeEach(() => {
  store = createMemoryStore();
});

describe("The plan of a task", () => {
  it("has each post of the window once, in order of ids and so of time, from whichever page", async () => {
    await putPage("a", 1, [post("30"), post("20")]);
    await putPage("a", 2, [post("9")]);
    await putPage("b", 1, [post("100"), post("20")]);
    const posts = await plan({ coverage: covered("a", "b") });
    expect(posts).toEqual([
      { id: "9", page: pageName("a", 2) },
      { id: "20", page: pageName("a", 1) },
      { id: "30", page: pageName("a", 1) },
      { id: "100", page: pageName("b", 1) },
    ]);
  });

  it("leaves out what lies before the window, and at its very end", async () => {
    await putPage("a", 1, [
      post("4", { created_at: "2026-01-02T00:00:00.000Z" }),
      post("3", { created_at: "2026-01-01T23:59:59.999Z" }),
      post("2", { created_at: "2026-01-01T00:00:00.000Z" }),
      post("1", { created_at: "2025-12-31T23:59:59.999Z" }),
    ]);
    expect(idsOf(await plan({ coverage: covered("a") }))).toEqual(["2", "3"]);
  });

  it("takes a post as it was read anew for the task, wherever else it is, with that time", async () => {
    await putPage("a", 1, [post("20")]);
    await putLookup([post("20"), post("7", { created_at: YESTERDAY })]);
    const modifiedAt = "2026-06-01T12:00:00Z";
    const page = names.page(names.lookupPages("job-1", "task-1"), 1);
    expect(await plan({ coverage: covered("a") })).toEqual([
      { id: "7", page, modifiedAt },
      { id: "20", page, modifiedAt },
    ]);
  });

  it("does not take what was asked for by name and is another's, and says so", async () => {
    await putLookup([post("7", { author_id: "43" }), post("8")]);
    const { count, notOwn } = await planDelivery(store, wanted({}));
    expect({ count, notOwn }).toEqual({ count: 1, notOwn: ["7"] });
  });

  it("reads what was looked up for its own question", async () => {
    await putLookup([post("7")]);
    expect(await plan({ question: 2 })).toEqual([]);
  });

  it("is cut where a day is full, and the rest follows in order", async () => {
    await putPage("a", 1, [post("30"), post("20"), post("10")]);
    const { records } = await planDelivery(store, wanted({ coverage: covered("a") }));
    expect(idsOf([...records(0, 2)])).toEqual(["10", "20"]);
    expect(idsOf([...records(2)])).toEqual(["30"]);
  });

  it("holds every id that X can give", async () => {
    const ids = ["1", "9007199254740993", "18446744073709551615"];
    await putPage(
      "a",
      1,
      ids.map((id) => post(id)),
    );
    expect(idsOf(await plan({ coverage: covered("a") }))).toEqual(ids);
  });

  it("refuses an id that it could not hold, rather than take it for another", async () => {
    await putPage("a", 1, [post("18446744073709551616")]);
    await expect(plan({ coverage: covered("a") })).rejects.toMatchObject({
      code: "unusable-record",
    });
  });

  it("is the same whichever way the posts lie on pages", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }))),
        async (pages) => {
          store = createMemoryStore();
          for (const [index, ids] of pages.entries()) {
            await putPage(
              "a",
              index + 1,
              ids.map((id) => post(String(id))),
            );
          }
          const expected = [...new Set(pages.flat())].toSorted((a, b) => (a < b ? -1 : 1));
          expect(idsOf(await plan({ coverage: covered("a") }))).toEqual(expected.map(String));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("What waits in the outbox", () => {
  const late = { reason: "late", pages: ["late-page"] } as const;

  it("goes along if its window was answered before, and with what is said of it", async () => {
    await putBlob("late-page", [post("5", { created_at: YESTERDAY })]);
    const before = [{ start: "2025-12-31T00:00:00Z", end: WINDOW.start }];
    expect(await plan({ outbox: [entry("5", late)], answered: before })).toEqual([
      { id: "5", page: "late-page", waited: { reason: "late", pages: ["late-page"] } },
    ]);
  });

  it("stays if another task carries the outbox, unless it is of the task's own window", async () => {
    await putBlob("late-page", [post("5", { created_at: YESTERDAY }), post("6")]);
    await putBlob("new-page", [post("7", { created_at: YESTERDAY })]);
    const outbox = [
      entry("5", late),
      entry("6", late),
      entry("7", { reason: "edited", pages: ["new-page"] }),
    ];
    expect(await plan({ outbox, carries: false })).toMatchObject([
      { id: "6", waited: { reason: "late" } },
    ]);
  });

  it("stays, too, if that task takes it: of one that is handed over by two, each has a file of it", async () => {
    await putBlob("late-page", [post("5"), post("6")]);
    const outbox = [entry("5", late), entry("6", { reason: "edited", pages: ["late-page"] })];
    const shared = { outbox, answered: [WINDOW] };
    expect(await plan({ ...shared, carries: true })).toMatchObject([{ id: "5" }, { id: "6" }]);
    expect(await plan({ ...shared, carries: false })).toEqual([]);
  });

  it("stays if its window was not answered yet: it comes with that", async () => {
    await putBlob("late-page", [post("5", { created_at: YESTERDAY })]);
    expect(await plan({ outbox: [entry("5", late)], answered: [] })).toEqual([]);
  });

  it("stays while the capture that found it is under way: cut off, it finds it again", async () => {
    const page = pageName("2026-01-02/2026-01-02T000000--2026-01-02T010000", 1);
    await putBlob(page, [post("5")]);
    const outbox = [entry("5", { reason: "late", pages: [page] })];
    expect(await plan({ outbox, answered: [] })).toEqual([]);
    const read = { start: "2026-01-02T00:00:00Z", end: "2026-01-02T01:00:00Z" };
    const coverage = { intervals: [{ ...read, captureId: "2026-01-02", posts: 1 }], gaps: [] };
    expect(await plan({ outbox, answered: [], coverage })).toMatchObject([{ id: "5", page }]);
  });

  it("goes along on the page that counts, while another capture of it is under way", async () => {
    const page = pageName("2026-01-02/2026-01-02T000000--2026-01-02T010000", 1);
    await putBlob("new-page", [post("5", { created_at: YESTERDAY })]);
    await putBlob(page, [post("5", { created_at: YESTERDAY })]);
    const outbox = [entry("5", { reason: "edited", pages: ["new-page", page] })];
    expect(await plan({ outbox, answered: [] })).toMatchObject([
      { id: "5", page: "new-page", waited: { reason: "edited", pages: ["new-page"] } },
    ]);
  });

  it("comes once with its own window, though a capture of it has the post, too", async () => {
    await putPage("a", 1, [post("5")]);
    await putBlob("late-page", [post("5")]);
    expect(await plan({ coverage: covered("a"), outbox: [entry("5", late)] })).toMatchObject([
      { id: "5", waited: { reason: "late" } },
    ]);
  });

  it.each(["edited", "asked again"] as const)(
    "goes along in any case, as of now: %s",
    async (reason) => {
      await putBlob("new-page", [post("5", { created_at: YESTERDAY })]);
      const outbox = [entry("5", { reason, pages: ["old-page", "new-page"] })];
      expect(await plan({ outbox, answered: [] })).toEqual([
        {
          id: "5",
          page: "new-page",
          modifiedAt: "2026-06-01T12:00:00Z",
          waited: { reason, pages: ["old-page", "new-page"] },
        },
      ]);
    },
  );

  it.each([
    ["is not there", []],
    ["does not hold it", [post("6")]],
  ])("stays, and is told of, where its page %s; all else goes out", async (_what, posts) => {
    await putPage("a", 1, [post("20")]);
    if (posts.length > 0) {
      await putBlob("late-page", posts);
    }
    const changes = { coverage: covered("a"), outbox: [entry("5", late)], answered: [] };
    const planned = await planDelivery(store, wanted(changes));
    expect(planned).toMatchObject({ count: 1, lost: [{ feed: "posts", id: "5" }] });
  });

  it("holds the task up where its page lies in the archive tier: it is not lost", async () => {
    await putPage("a", 1, [post("20")]);
    const offline = new ConnectorError("evidence-offline", "late-page lies in the archive tier");
    const read: Store["read"] = (name) =>
      name === "late-page" ? Promise.reject(offline) : store.read(name);
    const changes = { coverage: covered("a"), outbox: [entry("5", late)], answered: [] };
    await expect(planDelivery({ ...store, read }, wanted(changes))).rejects.toBe(offline);
  });
});

function wanted({
  outbox,
  ...changes
}: Partial<Omit<Wanted, "outbox">> & { outbox?: OutboxEntry[] }): Wanted {
  return {
    ...postsOf("job-1"),
    feeds: FEEDS,
    taskId: "task-1",
    accountId: "42",
    window: WINDOW,
    coverage: { intervals: [], gaps: [] },
    carries: true,
    answered: [],
    ...changes,
    ...(outbox && { outbox: stream(outbox) }),
  };
}

/** What is planned, without the feed where it is that of posts. */
async function plan(changes: Parameters<typeof wanted>[0]): Promise<Omit<PlannedRecord, "feed">[]> {
  const { count, records } = await planDelivery(store, wanted(changes));
  const all = [...records(0)].map(({ feed, ...record }) =>
    feed.name === "posts" ? record : { feed, ...record },
  );
  expect(all).toHaveLength(count);
  return all;
}

function covered(...captureIds: string[]): Coverage {
  const intervals = captureIds.map((captureId) => ({ ...WINDOW, captureId, posts: 1 }));
  return { intervals, gaps: [] };
}

type WirePost = { id: string; text: string; created_at: string; author_id: string };

function post(id: string, members: Partial<WirePost> = {}): WirePost {
  return { id, text: "t", created_at: NOON, author_id: "42", ...members };
}

function entry(
  postId: string,
  about: { reason: OutboxEntry["reason"]; pages: readonly string[] },
): OutboxEntry {
  return {
    feed: "posts",
    id: postId,
    reason: about.reason,
    pages: [...about.pages],
    foundAt: RECEIVED,
  };
}

function pageName(captureId: string, number: number): string {
  return names.page(names.capturePages(postsOf("job-1"), captureId), number);
}

function putPage(captureId: string, number: number, posts: WirePost[]): Promise<void> {
  return putBlob(pageName(captureId, number), posts);
}

function putLookup(posts: WirePost[]): Promise<void> {
  return putBlob(names.page(names.lookupPages("job-1", "task-1"), 1), posts);
}

async function putBlob(name: string, posts: WirePost[]): Promise<void> {
  const body = toJson({ data: posts, meta: { result_count: posts.length } });
  await store.create(name, body, { metadata: { receivedat: RECEIVED } });
}

function idsOf(posts: { id: string }[]): string[] {
  return posts.map(({ id }) => id);
}

async function* stream<T>(all: T[]): AsyncGenerator<T> {
  yield* all;
}
