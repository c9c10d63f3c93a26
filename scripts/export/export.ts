import { toJson, type Store } from "../../app/archive/store.ts";
import { type Gap, readCoverage } from "../../app/capture/coverage.ts";
import { clip, contains, type Interval } from "../../app/time/intervals.ts";
import { readOutbox } from "../../app/delivery/outbox.ts";
import { readTask } from "../../app/worker/task.ts";
import { createDays } from "./days.ts";
import { createPages, deliveredItems, type Lost } from "./delivered.ts";
import { textOf, toEml } from "./eml.ts";
import type { Folder } from "./folder.ts";
import { CSV, csvLine, DAT, type LoadFile } from "./load-files.ts";
import { type MadeItem, makeItems } from "./make-items.ts";
import { README } from "./readme.ts";
import { type Exported, filesOf, numberOf, rowsOf, sha256Of } from "./rows.ts";
import { postsOf } from "../../app/feeds/posts.ts";

export type Selection = {
  jobId: string;
  /** Items whose posts were made in it. */
  range: Interval;
  formats: readonly LoadFile["extension"][];
  natives: boolean;
  raw: boolean;
  prefix: string;
};

export type Outcome = {
  items: number;
  files: number;
  /** Items whose bytes are not those that were handed over. */
  differing: number;
  notExported: number;
};

export type ExportDeps = {
  store: Store;
  folder: Folder;
  now: () => Date;
  /** Told after each item. */
  report: (done: number) => void;
};

const LOAD_FILES = [DAT, CSV];
const NOT_EXPORTED = "not-exported.csv";

/**
 * Writes everything that was handed over for a job, of a range of time, to a folder: load files, messages, texts,
 * media, and what is proved to be complete and what is not. Reads the archive alone. The same archive
 * gives the same bytes, but for `export.json`, which says when it was made.
 */
export async function exportJob(deps: ExportDeps, selection: Selection): Promise<Outcome> {
  const { store, folder } = deps;
  const { jobId, range } = selection;
  const { gaps, intervals } = await readCoverage(store, postsOf(jobId));
  const lost: Lost[] = [];
  const days = await createDays(folder.days, range);
  for await (const item of deliveredItems(store, jobId, async (one) => void lost.push(one))) {
    await days.add(item);
  }
  const near = gaps.filter((gap) => clip([gap], range).length > 0);
  const counts = await writeDays(deps, selection, { days, gaps: near });
  await folder.write(
    "coverage.csv",
    table(
      ["START", "END", "POSTS", "WITHOUT", "CAPTURE"],
      intervals
        .filter((interval) => clip([interval], range).length > 0)
        .map(({ start, end, posts, without = "", captureId }) => [
          start,
          end,
          String(posts),
          without,
          captureId,
        ]),
    ),
  );
  await folder.write(
    "gaps.csv",
    table(
      ["START", "END", "POSTID", "REASON", "TRIED", "RECORDED"],
      near.map(({ start, end, postId = "", reason, tried, recordedAt }) => [
        start,
        end,
        postId,
        reason,
        tried,
        recordedAt,
      ]),
    ),
  );
  const waiting = await waitingRows(store, selection);
  for (const row of [...lost.map(({ id, taskId, reason }) => [id, taskId, reason]), ...waiting]) {
    await folder.append(NOT_EXPORTED, csvLine(row));
  }
  await folder.write("README.txt", README);
  await writeSums(deps, selection, counts);
  await folder.finish();
  return {
    items: counts["items"] ?? 0,
    files: counts["files"] ?? 0,
    differing: counts["differing"] ?? 0,
    notExported: (counts["not exported"] ?? 0) + lost.length + waiting.length,
  };
}

type Counts = Record<string, number>;

/** Day by day, from where a run was cut off. */
async function writeDays(
  deps: ExportDeps,
  selection: Selection,
  { days, gaps }: { days: Awaited<ReturnType<typeof createDays>>; gaps: Gap[] },
): Promise<Counts> {
  const { store, folder, report } = deps;
  const { checkpoint } = folder;
  const formats = LOAD_FILES.filter(({ extension }) => selection.formats.includes(extension));
  const counts: Counts = { ...checkpoint.counts };
  const add = (name: string, more = 1) => void (counts[name] = (counts[name] ?? 0) + more);
  let { number } = checkpoint;
  const pages = createPages(store);
  const deliveredAt = createDeliveryTimes(store, selection.jobId);
  if (checkpoint.day === "") {
    for (const { extension, head } of formats) {
      await folder.append(`load/items.${extension}`, head);
    }
    await folder.append(NOT_EXPORTED, csvLine(["ID", "TASKID", "REASON"]));
    await folder.keep({ day: "", number, counts });
  }
  for (const day of (await days.list()).filter((one) => one > checkpoint.day)) {
    for await (const made of makeItems(store, selection.jobId, await days.read(day))) {
      if ("reason" in made) {
        await folder.append(NOT_EXPORTED, csvLine([made.entry.id, made.taskId, made.reason]));
        add("not exported");
        continue;
      }
      number += 1;
      const about = {
        made,
        post: await pages.postOf(made.entry),
        ...numberOf(selection.prefix, number),
        deliveredAt: await deliveredAt(made.taskId),
        gapNote: gapNoteOf(made, gaps),
      };
      const exported = { ...about, native: await writeNative(folder, selection, about) };
      await writeFiles(folder, exported);
      for (const row of rowsOf(exported)) {
        for (const { extension, toLine } of formats) {
          const { line, replaced } = toLine(row);
          await folder.append(`load/items.${extension}`, line);
          add(`characters replaced in ${extension}`, replaced);
        }
      }
      for (const row of omittedRows(made)) {
        await folder.append(NOT_EXPORTED, csvLine(row));
        add("media not attached");
      }
      if (selection.raw) {
        await writeRaw(deps, made.entry.page);
      }
      add("items");
      add("files", filesOf(exported).length);
      add(`items of type ${made.item.ItemType}`);
      add("differing", made.agrees === "no" ? 1 : 0);
      report(counts["items"] ?? 0);
    }
    await folder.keep({ day, number, counts });
  }
  return counts;
}

async function writeNative(
  folder: Folder,
  { natives }: Selection,
  { made, post, docId, folder: part }: Omit<Exported, "native">,
): Promise<Exported["native"]> {
  if (!natives) {
    return undefined;
  }
  const { entry, item } = made;
  const origin = { page: entry.page, itemSha256: entry.sha256, capturedAt: post.receivedAt };
  const message = await toEml(item, origin);
  await folder.write(`natives/${part}/${docId}.eml`, message);
  return { sha256: sha256Of(message), bytes: message.byteLength };
}

async function writeFiles(folder: Folder, exported: Exported): Promise<void> {
  const { made, docId, folder: part } = exported;
  await folder.write(`text/${part}/${docId}.txt`, textOf(made.item));
  for (const { path, bytes } of filesOf(exported)) {
    await folder.write(path, bytes);
  }
}

/** The stored answer of X, under its name in the archive. */
async function writeRaw({ store, folder }: ExportDeps, page: string): Promise<void> {
  const blob = await store.read(page);
  if (blob) {
    await folder.write(`raw/${page.replaceAll(/[^\w./-]/g, "_")}`, blob.body);
  }
}

function gapNoteOf({ createdAt }: MadeItem, gaps: Gap[]): string {
  const around = gaps.filter(({ start, end }) => start <= createdAt && createdAt < end);
  return around.map(({ reason }) => `lies within a gap: ${reason}`).join("; ");
}

function omittedRows({ entry, taskId }: MadeItem): string[][] {
  return entry.media.flatMap(({ mediaKey, omitted }) =>
    omitted === undefined ? [] : [[`${entry.id} medium ${mediaKey}`, taskId, omitted]],
  );
}

/** What is archived and goes out with a later task; it has no item yet. */
async function waitingRows(store: Store, { jobId, range }: Selection): Promise<string[][]> {
  const rows: string[][] = [];
  const pages = createPages(store);
  for await (const { id, pages: names, reason, givenUp } of readOutbox(store, jobId)) {
    const post = await pages.postOf({ id, page: names.at(-1) ?? "" }).catch(() => undefined);
    if (!post || contains(range, post.createdAt)) {
      rows.push([id, "", givenUp ?? `waits for the next task: ${reason}`]);
    }
  }
  return rows;
}

/** When the platform accepted a task; undefined while it has not. */
function createDeliveryTimes(store: Store, jobId: string) {
  const known = new Map<string, Promise<string | undefined>>();
  return (taskId: string): Promise<string | undefined> => {
    const time =
      known.get(taskId) ??
      readTask(store, jobId, taskId).then((task) =>
        task?.state === "delivered" ? task.changedAt : undefined,
      );
    known.set(taskId, time);
    return time;
  };
}

/** Hashes of every file; those of the load files stand in `export.json`, too. */
async function writeSums(deps: ExportDeps, selection: Selection, counts: Counts): Promise<void> {
  const { folder, now } = deps;
  const { jobId, range, formats, natives, raw, prefix } = selection;
  const sums: string[] = [];
  const load: Record<string, string> = {};
  for await (const { path, sha256 } of folder.sums(["SHA256SUMS", "export.json"])) {
    sums.push(`${sha256}  ${path}\n`);
    if (path.startsWith("load/")) {
      load[path] = sha256;
    }
  }
  await folder.write(
    "export.json",
    toJson({
      version: 1,
      jobId,
      range,
      selection: { formats, natives: natives ? "eml" : "none", raw, prefix },
      counts,
      load,
      madeAt: now().toISOString(),
    }),
  );
  for await (const { path, sha256 } of folder.sums(["SHA256SUMS"])) {
    if (path === "export.json") {
      sums.push(`${sha256}  ${path}\n`);
    }
  }
  await folder.write("SHA256SUMS", sums.join(""));
}

function table(head: string[], rows: string[][]): string {
  return `\uFEFF${[head, ...rows].map(csvLine).join("")}`;
}
