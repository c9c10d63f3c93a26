import { z } from "zod";
import type { Store } from "../../app/archive/store.ts";
import { deliver, type DueRecord } from "../../app/delivery/deliver.ts";
import type { Item } from "../../app/import-service/item.ts";
import type { ManifestEntry } from "../../app/delivery/manifest.ts";
import { describeError } from "../../app/errors.ts";
import { feedNamed } from "../../app/feeds/index.ts";
import type { Delivered } from "./delivered.ts";

export type MadeItem = Delivered & {
  item: Item;
  /**
   * Whether it has the very bytes that were handed over; "another format" where this program makes
   * items of another format, so that nobody can tell.
   */
  agrees: "yes" | "no" | "another format";
};

/** An item that cannot be made, and why. */
export type UnmadeItem = Delivered & { reason: string };

/** The bytes are this program's own. */
const itemSchema = z.custom<Item>((value) => typeof value === "object" && value !== null);

const CONCURRENCY = 4;
const MOST_AT_A_TIME = 50;

/** Makes items anew from the archive alone, as they were handed over, in their order. */
export async function* makeItems(
  store: Store,
  jobId: string,
  items: readonly Delivered[],
): AsyncGenerator<MadeItem | UnmadeItem> {
  for (const batch of batchesOf(items)) {
    yield* await makeBatch(store, jobId, batch);
  }
}

/** One that cannot be made ends a batch: each of it is then made for itself. */
async function makeBatch(
  store: Store,
  jobId: string,
  batch: readonly Delivered[],
): Promise<(MadeItem | UnmadeItem)[]> {
  try {
    return await makeTogether(store, jobId, batch);
  } catch (error) {
    const [only, ...others] = batch;
    if (only && others.length === 0) {
      return [{ ...only, reason: describeError(error).error }];
    }
    const made: (MadeItem | UnmadeItem)[] = [];
    for (const one of batch) {
      made.push(...(await makeBatch(store, jobId, [one])));
    }
    return made;
  }
}

async function makeTogether(
  store: Store,
  jobId: string,
  batch: readonly Delivered[],
): Promise<MadeItem[]> {
  const [first] = batch;
  if (!first) {
    return [];
  }
  const bodies = new Map<string, Uint8Array>();
  const entries = await Array.fromAsync(
    deliver(
      {
        store,
        fetchMedia: async () => ({ refusal: "is not in the archive" }),
        log: () => undefined,
        now: () => new Date(),
        concurrency: CONCURRENCY,
      },
      {
        jobId,
        account: first.account,
        window: first.window,
        records: batch.map(({ entry }) => toDueRecord(entry)),
        upload: async (fileName, body) => void bodies.set(fileName, body),
      },
    ),
  );
  return batch.map((delivered, index) => {
    const { entry } = delivered;
    const body: unknown = JSON.parse(Buffer.from(bodies.get(entry.fileName) ?? "").toString());
    const item = itemSchema.parse(body);
    return { ...delivered, item, agrees: agreementOf(entry, entries[index]) };
  });
}

function agreementOf(listed: ManifestEntry, made: ManifestEntry | undefined): MadeItem["agrees"] {
  if (made?.pageSha256 !== listed.pageSha256) {
    return "no";
  }
  if (listed.format !== feedNamed(listed.feed).format) {
    return "another format";
  }
  return made.sha256 === listed.sha256 ? "yes" : "no";
}

/** Neighbours of one list; the same post does not stand twice in a batch. */
function* batchesOf(items: readonly Delivered[]): Generator<Delivered[]> {
  let batch: Delivered[] = [];
  for (const item of items) {
    const isOfAnother =
      batch.length >= MOST_AT_A_TIME ||
      batch.some(
        ({ taskId, entry }) => taskId !== item.taskId || entry.fileName === item.entry.fileName,
      );
    if (isOfAnother) {
      yield batch;
      batch = [];
    }
    batch.push(item);
  }
  yield batch;
}

function toDueRecord(known: ManifestEntry): DueRecord {
  const { id, page, waited, modificationTimestampUtc: modifiedAt } = known;
  const feed = feedNamed(known.feed);
  return { feed, id, page, modifiedAt, ...(waited && { waited }), known };
}
