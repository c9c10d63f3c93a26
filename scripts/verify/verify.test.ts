import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { names } from "../../app/archive/names.ts";
import { noteClaim } from "../../app/capture/coverage.ts";
import {
  ITEM_MAPPING,
  type ItemMapping,
  type ItemParts,
  postToItem,
} from "../../app/delivery/item.ts";
import { createManifest } from "../../app/delivery/manifest.ts";
import { recordAcceptance } from "../../app/delivery/ledger.ts";
import { addToOutbox } from "../../app/delivery/outbox.ts";
import { type Captured, captureWindow, deliverWindow, TASK } from "../../app/testing/deliveries.ts";
import { ACCOUNT, addJob } from "../../app/testing/harness.ts";
import { postAt } from "../local/x/testing/small-timeline.ts";
import { verify } from "./verify.ts";
import { postsOf } from "../../app/feeds/posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const PHOTO = { attachments: { media_keys: ["3_1212161512043446272"] } };
const POSTS = [
  postAt("2026-01-01T12:00:00.000Z", PHOTO),
  ...["09:00", "08:00", "07:00"].map((time) => postAt(`2026-01-01T${time}:00.000Z`)),
];
const [WITH_PHOTO = "", SECOND = "", , OLDEST = ""] = POSTS.map(({ id }) => id);

let captured: Captured;
beforeEach(async () => {
  captured = await captureWindow(DAY, { posts: POSTS });
  await addJob(captured.parts, "job-1");
  await handOver();
  await accept();
});
afterEach(() => captured.close());

async function handOver(mapping?: ItemMapping): Promise<void> {
  const { store } = captured.parts;
  const { entries } = await deliverWindow(captured, DAY, mapping && { mapping });
  const head = {
    jobId: "job-1",
    taskId: TASK,
    account: ACCOUNT,
    window: DAY,
    notRead: [],
    waiting: 0,
    gaps: [],
    feeds: [],
  };
  const answer = { jobId: "job-1", taskId: TASK, answer: 1 };
  store.blobs.delete(names.manifest("job-1", TASK));
  await createManifest(store, answer, { head, entries: toAsync(entries) });
}

describe("An archive that nobody touched", () => {
  it("agrees with itself, and is not changed by the look at it", async () => {
    const { blobs } = captured.parts.store;
    const before = [...blobs].map(([name, { etag }]) => [name, etag]);
    expect(await findings()).toEqual([
      ["Archive", "ok", "1 job"],
      ["@small: coverage", "ok", "1 intervals, 1 captures"],
      ["@small: items", "ok", "4 items of 1 lists"],
      ["@small: media", "ok", "1 files"],
      ["@small: hand-over", "ok", "4 posts of answered windows, 0 waiting"],
    ]);
    expect([...blobs].map(([name, { etag }]) => [name, etag])).toEqual(before);
  });
});

it("That X counts far more posts than it gives is said with the coverage, and is no fault", async () => {
  const claim = { posts: 5000, given: 250, notedAt: "2026-06-01T12:00:00Z" };
  await noteClaim(captured.parts.store, postsOf("job-1"), claim);
  expect((await findings())[1]).toEqual([
    "@small: coverage",
    "ok",
    expect.stringContaining("X says 5,000 posts, its timeline ended after 250"),
  ]);
});

describe("What does not agree is found, by the check that it belongs to:", () => {
  it.each<[string, () => void, Record<string, RegExp>]>([
    [
      "a text that was changed on its raw page",
      () => edit("/pages/000001.json", "At 2026-01-01T07", "It 2026-01-01T07"),
      { items: /^4 items of 1 lists\n.*\/pages\/000001\.json: the list has \w{64}, it is \w{64}$/ },
    ],
    [
      "a post that was taken off its raw page",
      () => edit("/pages/000001.json", `"id":"${SECOND}"`, '"id":"1"'),
      {
        coverage: /is not proved by its pages/,
        items: new RegExp(`post ${SECOND}: .* does not hold`),
        "hand-over": /post 1 of/,
      },
    ],
    [
      "a raw page that is gone",
      () => remove("/pages/000001.json"),
      // X said that there is none that is older than its last post.
      { coverage: /2026-01-01T07:00:00Z to 2026-01-02T00:00:00Z/, items: /post \d+: .*not/ },
    ],
    [
      "a medium of other bytes",
      () => edit("media/3_1212161512043446272/orig-", "JFIF", "FJIF"),
      {
        items: new RegExp(`post ${WITH_PHOTO}: the list has`),
        media: /its record has \w{64}, it is \w{64}$/,
      },
    ],
    [
      "a medium that is gone",
      () => remove("media/3_1212161512043446272/orig-"),
      {
        items: new RegExp(`post ${WITH_PHOTO}: .* is not in the archive`),
        media: /it is not there/,
      },
    ],
    [
      "a list with another SHA-256",
      () => edit("/manifest.ndjson", '"sha256":"', '"sha256":"0'),
      { items: new RegExp(`post ${OLDEST}: the list has 0\\w{64}, its page makes \\w{64}$`) },
    ],
    [
      "a post that is missing in the list",
      () => edit("/manifest.ndjson", new RegExp(`\\{"id":"${SECOND}".*\n`), ""),
      { "hand-over": new RegExp(`post ${SECOND} of 2026-01-01T09:00:00Z is archived and was not`) },
    ],
    [
      "coverage that says more than was read",
      () => edit("/coverage.json", '"start":"2026-01-01T', '"start":"2025-12-01T'),
      { coverage: /2025-12-01T00:00:00Z to 2026-01-01T00:00:00Z is not proved by its pages/ },
    ],
  ])("%s", async (_title, tamper, expected) => {
    tamper();
    const failed = (await findings()).filter(([, result]) => result === "failed");
    expect(failed.map(([what]) => what)).toEqual(
      Object.keys(expected).map((what) => `@small: ${what}`),
    );
    for (const [index, pattern] of Object.values(expected).entries()) {
      expect(failed[index]?.[2]).toMatch(pattern);
    }
  });
});

describe("Items of another format, which this program cannot make again,", () => {
  const OTHER = {
    format: ITEM_MAPPING.format + 1,
    toItem: (parts: ItemParts) => ({ ...postToItem(parts), Content: "In other words" }),
  };
  beforeEach(() => handOver(OTHER));

  it("are in order where pages and media are, and the report says what was not compared", async () => {
    expect(await findings()).toContainEqual([
      "@small: items",
      "ok",
      "4 items of 1 lists; 4 of format 2, this program makes format 1: " +
        "their pages and media were compared, their bytes were not",
    ]);
  });

  it.each<[string, () => void, RegExp]>([
    [
      "a changed page",
      () => edit("/pages/000001.json", "At 2026-01-01T07", "It 2026-01-01T07"),
      /\/pages\/000001\.json: the list has \w{64}, it is \w{64}$/,
    ],
    [
      "a page that is gone",
      () => remove("/pages/000001.json"),
      new RegExp(`post ${OLDEST}: .* does not hold`),
    ],
    [
      "a medium that is gone",
      () => remove("media/3_1212161512043446272/orig-"),
      new RegExp(`post ${WITH_PHOTO}: .* is not in the archive`),
    ],
    [
      "another file than was attached",
      () => edit("/manifest.ndjson", /"media":\[(.*?)"sha256":"../, '"media":[$1"sha256":"00'),
      new RegExp(`post ${WITH_PHOTO}: No file of .* has the SHA-256 it had`),
    ],
  ])("are held against %s", async (_title, tamper, problem) => {
    tamper();
    const items = (await findings()).find(([what]) => what === "@small: items");
    expect(items).toMatchObject(["@small: items", "failed", expect.stringMatching(problem)]);
  });
});

it("A post that waits in the outbox is not missing", async () => {
  const { store } = captured.parts;
  edit("/manifest.ndjson", new RegExp(`\\{"id":"${SECOND}".*\n`), "");
  const page = nameOf("/pages/000001.json");
  await addToOutbox(store, "job-1", {
    feed: "posts",
    id: SECOND,
    reason: "late",
    pages: [page],
    foundAt: "2026-01-02T00:00:00Z",
  });
  expect((await findings()).at(-1)).toEqual([
    "@small: hand-over",
    "ok",
    "4 posts of answered windows, 1 waiting",
  ]);
});

it("An archive that cannot be read says who may read it", async () => {
  const failing = async () => {
    throw new Error("AuthorizationPermissionMismatch");
  };
  const { store } = captured.parts;
  const list = () => ({ [Symbol.asyncIterator]: () => ({ next: failing }) });
  const [finding] = await verify(async () => ({ ...store, list }), quiet);
  expect(finding).toMatchObject({
    result: "failed",
    remedy: expect.stringContaining("Storage Blob Data Reader") as unknown,
  });
});

const quiet = { begin: () => undefined, end: () => undefined };

async function findings(): Promise<[string, string, string][]> {
  const found = await verify(async () => captured.parts.store, quiet);
  return found.map(({ what, result, detail }) => [what, result, detail]);
}

async function accept(): Promise<void> {
  const { store } = captured.parts;
  await recordAcceptance(
    store,
    { jobId: "job-1", taskId: TASK, asked: 1 },
    { day: "2026-06-01", acceptedAt: "2026-06-01T12:00:00.000Z", window: DAY },
  );
}

function nameOf(part: string): string {
  const name = [...captured.parts.store.blobs.keys()].find((each) => each.includes(part));
  if (name === undefined) {
    throw new Error(`No blob is named ${part}`);
  }
  return name;
}

function edit(part: string, from: string | RegExp, to: string): void {
  const { blobs } = captured.parts.store;
  const name = nameOf(part);
  const blob = blobs.get(name);
  const before = Buffer.from(blob?.body ?? []).toString("latin1");
  const after = before.replace(from, to);
  if (!blob || after === before) {
    throw new Error(`${name} does not hold ${String(from)}`);
  }
  blobs.set(name, { ...blob, body: Buffer.from(after, "latin1") });
}

function remove(part: string): void {
  captured.parts.store.blobs.delete(nameOf(part));
}

async function* toAsync<T>(values: T[]): AsyncGenerator<T> {
  yield* values;
}
