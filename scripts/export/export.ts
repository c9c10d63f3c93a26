import { type Store, toJson } from "../../app/archive/store.ts";
import { readCoverage } from "../../app/capture/coverage.ts";
import { postsOf } from "../../app/feeds/posts.ts";
import { clip, type Interval } from "../../app/time/intervals.ts";
import { createDays, type Days } from "./days.ts";
import { deliveredItems } from "./delivered.ts";
import type { Folder } from "./folder.ts";
import { README } from "./readme.ts";
import { type Missing, missingLine } from "./missing.ts";
import { coverageTable, gapsTable, waitingRecords } from "./tables.ts";
import { type Counts, type ItemOptions, NOT_EXPORTED, writeItems } from "./write-items.ts";

export type Selection = ItemOptions & {
  /** Items whose records were made in it. */
  range: Interval;
  /** With X's stored answers. */
  raw: boolean;
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

/**
 * Writes everything that was handed over for a job, of a range of time, to a folder: load files, messages,
 * texts, media, and what is proved to be complete and what is not. Reads the archive alone. The same
 * archive gives the same bytes, but for `export.json`, which says when it was made.
 */
export async function exportJob(deps: ExportDeps, selection: Selection): Promise<Outcome> {
  const { store, folder } = deps;
  const { jobId, range } = selection;
  const { gaps, intervals } = await readCoverage(store, postsOf(jobId));
  const isNear = (interval: Interval) => clip([interval], range).length > 0;
  const lost: Missing[] = [];
  const days = await createDays(folder.days, range);
  for await (const item of deliveredItems(store, jobId, (one) => lost.push(one))) {
    await days.add(item);
  }
  const near = gaps.filter(isNear);
  const counts = await writeItems(deps, selection, { days, gaps: near });
  await folder.write("coverage.csv", coverageTable(intervals.filter(isNear)));
  await folder.write("gaps.csv", gapsTable(near));
  const missing = [...lost, ...(await waitingRecords(store, selection))];
  await folder.append(NOT_EXPORTED, missing.map(missingLine).join(""));
  await folder.write("README.txt", README);
  if (selection.raw) {
    await writeRaw(deps, days);
  }
  const about = { counts, hashes: await folder.close(), madeAt: deps.now().toISOString() };
  await folder.write("export.json", describe(selection, about));
  await folder.finish();
  return {
    items: counts["items"] ?? 0,
    files: counts["files"] ?? 0,
    differing: counts["differing"] ?? 0,
    notExported: (counts["not exported"] ?? 0) + missing.length,
  };
}

/** X's stored answers, under their names in the archive. */
async function writeRaw({ store, folder }: ExportDeps, days: Days): Promise<void> {
  const pages = new Set<string>();
  for (const day of await days.list()) {
    (await days.read(day)).forEach(({ entry }) => pages.add(entry.page));
  }
  for (const page of pages) {
    const blob = await store.read(page);
    if (blob) {
      await folder.write(`raw/${page.replaceAll(/[^\w./-]/g, "_")}`, blob.body);
    }
  }
}

function describe(
  { jobId, range, natives, ...selection }: Selection,
  about: { counts: Counts; hashes: Record<string, string>; madeAt: string },
): Uint8Array {
  const chosen = { ...selection, natives: natives ? "eml" : "none" };
  return toJson({ version: 1, jobId, range, selection: chosen, ...about });
}
