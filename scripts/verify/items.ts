import type { Store } from "../../app/archive/store.ts";
import { deliver, type DueRecord } from "../../app/delivery/deliver.ts";
import type { Manifest, ManifestEntry } from "../../app/delivery/manifest.ts";
import { describeError } from "../../app/errors.ts";
import { feedNamed } from "../../app/feeds/index.ts";
import { manifestsOf } from "./manifests.ts";
import type { Comparison } from "./comparison.ts";

const CONCURRENCY = 4;
/** Entries are in the order of their posts on the page. */
const LOT = 500;

/**
 * Makes every item again that was handed over, from its raw page, and compares the bytes. Those of
 * another format cannot be made by this program: their pages and media are held against the list.
 */
export async function checkItems(store: Store, jobId: string): Promise<Comparison> {
  /** Each once: all items of a page say the same of it. */
  const wrong = new Set<string>();
  let items = 0;
  let lists = 0;
  const ofOtherFormats = new Map<string, number>();
  for await (const { name, manifest } of manifestsOf(store, jobId)) {
    lists += 1;
    for await (const batch of lotsOf(manifest)) {
      items += batch.length;
      for (const { feed, format } of batch.filter((entry) => !isOurs(entry))) {
        const formats = `format ${format}, this program makes format ${feedNamed(feed).format}`;
        ofOtherFormats.set(formats, (ofOtherFormats.get(formats) ?? 0) + 1);
      }
      const problems = await remakeLot(store, { jobId, manifest, batch });
      problems.forEach((problem) => wrong.add(`${name}: ${problem}`));
    }
  }
  const looked = [`${items} items of ${lists} lists`, ...[...ofOtherFormats].map(sayOtherFormat)];
  return { looked: looked.join("; "), wrong: [...wrong] };
}

function isOurs({ feed, format }: ManifestEntry): boolean {
  return format === feedNamed(feed).format;
}

function sayOtherFormat([formats, items]: [string, number]): string {
  return `${items} of ${formats}: their pages and media were compared, their bytes were not`;
}

type PageBatch = { jobId: string; manifest: Manifest; batch: ManifestEntry[] };

/** One that cannot be made ends a lot: each of it is then made for itself. */
async function remakeLot(store: Store, { jobId, manifest, batch }: PageBatch): Promise<string[]> {
  try {
    return await remake(store, { jobId, manifest, batch });
  } catch (error) {
    const [only, ...others] = batch;
    if (only && others.length === 0) {
      return [`post ${only.id}: ${describeError(error).error}`];
    }
    const problems: string[] = [];
    for (const entry of batch) {
      problems.push(...(await remakeLot(store, { jobId, manifest, batch: [entry] })));
    }
    return problems;
  }
}

async function remake(store: Store, { jobId, manifest, batch }: PageBatch): Promise<string[]> {
  const entries = deliver(
    {
      store,
      fetchMedia: async () => ({ refusal: "is not in the archive" }),
      log: () => undefined,
      now: () => new Date(),
      concurrency: CONCURRENCY,
    },
    {
      jobId,
      account: manifest.head.account,
      window: manifest.head.window,
      records: batch.map(toDueRecord),
      upload: async () => undefined,
    },
  );
  const made = new Map((await Array.fromAsync(entries)).map((entry) => [entry.id, entry]));
  return batch.flatMap((entry) => compareEntries(entry, made.get(entry.id)));
}

function compareEntries(listed: ManifestEntry, made: ManifestEntry | undefined): string[] {
  const { id, sha256, page, pageSha256 } = listed;
  if (made?.pageSha256 !== pageSha256) {
    return [`${page}: the list has ${pageSha256}, it is ${made?.pageSha256}`];
  }
  return isOurs(listed) && made.sha256 !== sha256
    ? [`post ${id}: the list has ${sha256}, its page makes ${made.sha256}`]
    : [];
}

function toDueRecord(known: ManifestEntry): DueRecord {
  const { id, page, waited, modificationTimestampUtc: modifiedAt } = known;
  const feed = feedNamed(known.feed);
  return { feed, id, page, modifiedAt, ...(waited && { waited }), known };
}

async function* lotsOf({ entries }: Manifest): AsyncGenerator<ManifestEntry[]> {
  let batch: ManifestEntry[] = [];
  for await (const entry of entries()) {
    batch.push(entry);
    if (batch.length === LOT) {
      yield batch;
      batch = [];
    }
  }
  yield batch;
}
