import type { Store } from "../../app/archive/store.ts";
import type { Gap } from "../../app/capture/coverage.ts";
import { contains } from "../../app/time/intervals.ts";
import { readTask } from "../../app/worker/task.ts";
import type { Days } from "./days.ts";
import { createRecords } from "./delivered.ts";
import { textOf, toEml } from "./eml.ts";
import type { Folder } from "./folder.ts";
import { CSV, DAT, type LoadFile } from "./load-files.ts";
import { type MadeItem, makeItems } from "./make-items.ts";
import { type Exported, filesOf, numberOf, rowsOf, type WrittenFile } from "./rows.ts";
import { MISSING_HEAD, missingLine } from "./missing.ts";
import { omittedMedia } from "./tables.ts";

export const NOT_EXPORTED = "not-exported.csv";
const LOAD_FILES = [DAT, CSV];

export type ItemOptions = {
  jobId: string;
  formats: readonly LoadFile["extension"][];
  natives: boolean;
  prefix: string;
};

/** By name: `items`, `files`, `items of type Post`, … */
export type Counts = Record<string, number>;

/** Writes the items day by day, from where a run was cut off. */
export async function writeItems(
  { store, folder, report }: { store: Store; folder: Folder; report: (done: number) => void },
  options: ItemOptions,
  { days, gaps }: { days: Days; gaps: readonly Gap[] },
): Promise<Counts> {
  const { checkpoint } = folder;
  const counts = { ...checkpoint.counts };
  let { number } = checkpoint;
  const describe = createDescriber(store, { ...options, gaps });
  if (checkpoint.day === "") {
    await writeHeads(folder, options);
    await folder.keep({ day: "", number, counts });
  }
  for (const day of (await days.list()).filter((one) => one > checkpoint.day)) {
    for await (const made of makeItems(store, options.jobId, await days.read(day))) {
      if ("reason" in made) {
        const { entry, taskId, reason } = made;
        await folder.append(NOT_EXPORTED, missingLine({ id: entry.id, taskId, reason }));
        add(counts, { "not exported": 1 });
        continue;
      }
      number += 1;
      add(counts, await writeItem(folder, options, await describe(made, number)));
      report(counts["items"] ?? 0);
    }
    await folder.keep({ day, number, counts });
  }
  return counts;
}

type Described = Omit<Exported, "native" | "files">;

async function writeItem(
  folder: Folder,
  options: ItemOptions,
  described: Described,
): Promise<Counts> {
  const { made, docId, folder: part } = described;
  const native = options.natives ? await writeMessage(folder, described) : undefined;
  await folder.write(`text/${part}/${docId}.txt`, textOf(made.item));
  const files: WrittenFile[] = [];
  for (const { bytes, ...file } of filesOf(described)) {
    const sha256 = await folder.write(file.path, bytes);
    files.push({ ...file, sha256, bytes: bytes.byteLength });
  }
  const omitted = omittedMedia(made);
  for (const one of omitted) {
    await folder.append(NOT_EXPORTED, missingLine(one));
  }
  return {
    ...(await writeRows(folder, options, { ...described, native, files })),
    items: 1,
    files: files.length,
    [`items of type ${made.item.ItemType}`]: 1,
    "media not attached": omitted.length,
    differing: made.agrees === "no" ? 1 : 0,
    "of another format": made.agrees === "another format" ? 1 : 0,
  };
}

async function writeHeads(folder: Folder, { formats }: ItemOptions): Promise<void> {
  for (const { extension, head } of chosen(formats)) {
    await folder.append(`load/items.${extension}`, head);
  }
  await folder.append(NOT_EXPORTED, MISSING_HEAD);
}

/** @returns how many characters of it each format could not hold. */
async function writeRows(
  folder: Folder,
  { formats }: ItemOptions,
  exported: Exported,
): Promise<Counts> {
  const counts: Counts = {};
  const rows = rowsOf(exported);
  for (const { extension, toLine } of chosen(formats)) {
    for (const { line, replaced } of rows.map(toLine)) {
      await folder.append(`load/items.${extension}`, line);
      add(counts, { [`characters replaced in ${extension}`]: replaced });
    }
  }
  return counts;
}

async function writeMessage(
  folder: Folder,
  { made: { entry, item }, record, docId, folder: part }: Described,
): Promise<NonNullable<Exported["native"]>> {
  const origin = { page: entry.page, itemSha256: entry.sha256, capturedAt: record.receivedAt };
  const message = await toEml(item, origin);
  const sha256 = await folder.write(`natives/${part}/${docId}.eml`, message);
  return { sha256, bytes: message.byteLength };
}

/** Collects what the rows of an item say besides the item. */
function createDescriber(
  store: Store,
  { jobId, prefix, gaps }: ItemOptions & { gaps: readonly Gap[] },
) {
  const records = createRecords(store);
  const times = new Map<string, Promise<string | undefined>>();
  /** When the platform accepted a task; undefined while it has not. */
  const deliveredAt = (taskId: string) => {
    const time =
      times.get(taskId) ??
      readTask(store, jobId, taskId).then((task) =>
        task?.state === "delivered" ? task.changedAt : undefined,
      );
    times.set(taskId, time);
    return time;
  };
  return async (made: MadeItem, number: number): Promise<Described> => ({
    made,
    record: await records.recordOf(made.entry),
    ...numberOf(prefix, number),
    deliveredAt: await deliveredAt(made.taskId),
    gapNote: gaps
      .filter((gap) => contains(gap, made.createdAt))
      .map(({ reason }) => `lies within a gap: ${reason}`)
      .join("; "),
  });
}

function chosen(formats: ItemOptions["formats"]): LoadFile[] {
  return LOAD_FILES.filter(({ extension }) => formats.includes(extension));
}

function add(counts: Counts, more: Counts): void {
  for (const [name, count] of Object.entries(more)) {
    counts[name] = (counts[name] ?? 0) + count;
  }
}
