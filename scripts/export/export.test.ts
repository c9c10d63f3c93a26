import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { names } from "../../app/archive/names.ts";
import { createManifest } from "../../app/delivery/manifest.ts";
import { type Captured, captureWindow, deliverWindow, TASK } from "../../app/testing/deliveries.ts";
import { ACCOUNT, addJob } from "../../app/testing/harness.ts";
import { postAt } from "../local/x/testing/small-timeline.ts";
import { exportJob, type Selection } from "./export.ts";
import { openFolder } from "./folder.ts";

const DAYS = { start: "2026-01-01T00:00:00Z", end: "2026-01-04T00:00:00Z" };
const ODD_TEXT = `=1+1 þ\u0014 "quoted", שלום 🚢\r\nsecond line ${"long ".repeat(5000)}`;
const POSTS = [
  postAt("2026-01-03T12:00:00.000Z"),
  postAt("2026-01-02T12:00:00.000Z", { attachments: { media_keys: ["3_1212161512043446272"] } }),
  postAt("2026-01-02T09:00:00.000Z", { text: "short", note_tweet: { text: ODD_TEXT } }),
  postAt("2026-01-01T09:00:00.000Z"),
];
const SELECTION: Selection = {
  jobId: "job-1",
  range: DAYS,
  formats: ["dat", "csv"],
  natives: true,
  raw: true,
  prefix: "X",
};

const contentSchema = z.object({ Content: z.string() });

let captured: Captured;
let uploads: Map<string, Uint8Array>;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "export-"));
  captured = await captureWindow(DAYS, { posts: POSTS });
  const { store } = captured.parts;
  await addJob(captured.parts, "job-1");
  const delivered = await deliverWindow(captured, DAYS);
  ({ uploads } = delivered);
  const head = { jobId: "job-1", taskId: TASK, account: ACCOUNT, window: DAYS };
  store.blobs.delete(names.manifest("job-1", TASK));
  await createManifest(
    store,
    { jobId: "job-1", taskId: TASK, answer: 1 },
    {
      head: { ...head, notRead: [], waiting: 0, gaps: [], feeds: [] },
      entries: toAsync(delivered.entries),
    },
  );
});
afterEach(async () => {
  await captured.close();
  await rm(directory, { recursive: true });
});

describe("An export", () => {
  it("has every item that was handed over, once, in the order of time, and all files agree with their sums", async () => {
    const outcome = await run("out");
    expect(outcome).toEqual({ items: 4, files: 1, differing: 0, notExported: 0 });
    const rows = await readDat("out");
    const items = rows.filter(({ ITEMTYPE }) => ITEMTYPE !== "Attachment");
    expect(items.map(({ POSTID }) => POSTID)).toEqual(POSTS.map(({ id }) => id).toReversed());
    expect((await readCsv("out")).map(asDat)).toEqual(rows);
    expect(await wrongSums("out")).toEqual([]);
  });

  it("has each message with the words and the number of files of its item", async () => {
    await run("out");
    const items = (await readDat("out")).filter(({ ITEMTYPE }) => ITEMTYPE !== "Attachment");
    for (const { POSTID = "", NATIVEPATH = "", TEXTPATH = "", ATTACHCOUNT } of items) {
      const { Content } = contentSchema.parse(
        JSON.parse(Buffer.from(uploads.get(`${POSTID}.json`) ?? "").toString()),
      );
      const mail = await PostalMime.parse(await readFile(join(directory, "out", NATIVEPATH)));
      expect(lines(mail.text ?? "")).toBe(lines(Content));
      expect(mail.attachments).toHaveLength(Number(ATTACHCOUNT));
      expect(mail.from?.address).toMatch(/@x\.invalid$/);
      expect(await readFile(join(directory, "out", TEXTPATH), "utf8")).toBe(Content);
    }
  });

  it("has each attachment byte for byte, with its own row and its description", async () => {
    await run("out");
    const rows = (await readDat("out")).filter(({ ITEMTYPE }) => ITEMTYPE === "Attachment");
    expect(rows).toMatchObject([{ PARENTID: "X0000003", DOCID: "X0000003.0001" }]);
    for (const { NATIVEPATH = "", SHA256, FILESIZE } of rows) {
      const file = await readFile(join(directory, "out", NATIVEPATH));
      expect(createHash("sha256").update(file).digest("hex")).toBe(SHA256);
      expect(String(file.byteLength)).toBe(FILESIZE);
    }
  });

  it("has the same bytes when it is made again at the same time", async () => {
    await run("one");
    await run("two");
    const [one, two] = [await bytesOf("one"), await bytesOf("two")];
    expect([...one.keys()]).toEqual([...two.keys()]);
    const differing = [...one].filter(([path, hash]) => two.get(path) !== hash);
    expect(differing).toEqual([]);
  });

  it("goes on where it was cut off, and has the same bytes then", async () => {
    await run("whole");
    await expect(run("cut", { failAfter: 2 })).rejects.toThrow("no space left");
    expect(await run("cut")).toMatchObject({ items: 4, differing: 0, notExported: 0 });
    const [whole, cut] = [await bytesOf("whole"), await bytesOf("cut")];
    const differing = [...whole].filter(([path, hash]) => cut.get(path) !== hash);
    expect(differing).toEqual([]);
    expect([...cut.keys()]).toEqual([...whole.keys()]);
  });

  it("is made in no folder that holds anything else", async () => {
    await run("out");
    const before = await bytesOf("out");
    await expect(run("out")).rejects.toThrow(/is not empty/);
    expect(await bytesOf("out")).toEqual(before);
  });

  it("has what lies in its range alone, the end not included", async () => {
    const range = { start: "2026-01-02T09:00:00Z", end: "2026-01-02T12:00:00Z" };
    expect(await run("out", { range })).toMatchObject({ items: 1 });
  });

  it("tells of an item that is not what was handed over, and of one whose page is gone", async () => {
    const { store } = captured.parts;
    const page = [...store.blobs.keys()].find((name) => name.includes("/pages/")) ?? "";
    const blob = store.blobs.get(page);
    const text = Buffer.from(blob?.body ?? "").toString();
    const body = Buffer.from(text.replace("At 2026-01-01T09", "It 2026-01-01T09"));
    store.blobs.set(page, { etag: "1", metadata: {}, ...blob, body });
    expect((await run("changed")).differing).toBeGreaterThan(0);
    store.blobs.delete(page);
    expect((await run("gone")).notExported).toBeGreaterThan(0);
    const told = await readFile(join(directory, "gone/not-exported.csv"), "utf8");
    expect(told).toContain("is not in the archive");
  });
});

async function run(
  name: string,
  { range = DAYS, failAfter = Infinity }: { range?: Selection["range"]; failAfter?: number } = {},
) {
  const selection = { ...SELECTION, range };
  const folder = await openFolder(join(directory, name), JSON.stringify(selection));
  const report = (done: number) => {
    if (done > failAfter) {
      throw new Error("no space left");
    }
  };
  const { store, clock } = captured.parts;
  return exportJob({ store, folder, now: clock.now, report }, selection);
}

type Row = Record<string, string>;

/** A reader of Concordance's load files, written apart from what writes them. */
async function readDat(name: string): Promise<Row[]> {
  const text = await readFile(join(directory, name, "load/items.dat"), "utf8");
  expect(text.codePointAt(0)).toBe(0xfeff);
  const [head = [], ...rows] = text
    .slice(1)
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) => [...line.matchAll(/\u00fe([^\u00fe]*)\u00fe/g)].map(([, value = ""]) => value));
  return rows.map((values) => {
    expect(values).toHaveLength(head.length);
    return Object.fromEntries(head.map((field, index) => [field, values[index] ?? ""]));
  });
}

/** A reader of RFC 4180, written apart; it takes back the guard against formulas. */
async function readCsv(name: string): Promise<Row[]> {
  const text = (await readFile(join(directory, name, "load/items.csv"), "utf8")).slice(1);
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    const value = quoted === undefined ? (bare ?? "") : quoted.replaceAll('""', '"');
    record.push(value.replace(/^'(?=[=+\-@\t])/, ""));
    if (end === "\r\n") {
      records.push(record);
      record = [];
    }
  }
  const [head = [], ...rows] = records;
  return rows.map((values) =>
    Object.fromEntries(head.map((field, index) => [field, values[index] ?? ""])),
  );
}

/** A row of the CSV as Concordance's format can hold it. */
function asDat(row: Row): Row {
  const values = Object.entries(row).map(([field, value]): [string, string] => [
    field,
    ["\u0014", "\u00fe", "\u00ae"]
      .reduce((text, taken) => text.replaceAll(taken, "\uFFFD"), value)
      .replaceAll(/\r\n|[\r\n]/g, "\u00ae"),
  ]);
  return Object.fromEntries(values);
}

async function bytesOf(name: string): Promise<Map<string, string>> {
  const folder = join(directory, name);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
  const hashes = new Map<string, string>();
  for (const path of paths) {
    const bytes = await readFile(join(folder, path));
    hashes.set(path, createHash("sha256").update(bytes).digest("hex"));
  }
  return hashes;
}

async function wrongSums(name: string): Promise<string[]> {
  const sums = await readFile(join(directory, name, "SHA256SUMS"), "utf8");
  const listed = new Map(
    sums
      .trimEnd()
      .split("\n")
      .map((line): [string, string] => [line.slice(66), line.slice(0, 64)]),
  );
  const found = await bytesOf(name);
  found.delete("SHA256SUMS");
  return [...new Set([...listed.keys(), ...found.keys()])].filter(
    (path) => listed.get(path) !== found.get(path),
  );
}

function lines(text: string): string {
  return text.replaceAll("\r\n", "\n").trimEnd();
}

async function* toAsync<T>(values: T[]): AsyncGenerator<T> {
  yield* values;
}
