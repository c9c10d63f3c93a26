import type { Store } from "../../app/archive/store.ts";
import { deliver, type DueRecord } from "../../app/delivery/deliver.ts";
import type { Manifest, ManifestEntry } from "../../app/delivery/manifest.ts";
import { describeError } from "../../app/errors.ts";
import { feedNamed } from "../../app/feeds/index.ts";

const CONCURRENCY = 4;

/** Entries of one list, and what it takes to make their items again. */
export type Batch = {
  jobId: string;
  head: Pick<Manifest["head"], "account" | "window">;
  entries: readonly ManifestEntry[];
};

/** An entry as a list has it, and as it was made again; or why it cannot be made. */
export type Remade = { listed: ManifestEntry } & ({ made: ManifestEntry } | { reason: string });

/**
 * Makes items again as they were handed over, from the archive alone, in their order. One that cannot be
 * made ends a batch: each of it is then made by itself.
 * @param take is given each item's bytes, by file name.
 */
export async function remake(
  store: Store,
  batch: Batch,
  take: (fileName: string, body: Uint8Array) => void = () => undefined,
): Promise<Remade[]> {
  try {
    return await makeTogether(store, batch, take);
  } catch (error) {
    const [only, ...others] = batch.entries;
    if (only && others.length === 0) {
      return [{ listed: only, reason: describeError(error).error }];
    }
    const remade: Remade[] = [];
    for (const entry of batch.entries) {
      remade.push(...(await remake(store, { ...batch, entries: [entry] }, take)));
    }
    return remade;
  }
}

/** Whether this program makes items of the entry's format: only then can their bytes be compared. */
export function isOurFormat({ feed, format }: ManifestEntry): boolean {
  return format === feedNamed(feed).format;
}

async function makeTogether(
  store: Store,
  { jobId, head: { account, window }, entries }: Batch,
  take: (fileName: string, body: Uint8Array) => void,
): Promise<Remade[]> {
  const made = deliver(
    {
      store,
      fetchMedia: async () => ({ refusal: "is not in the archive" }),
      log: () => undefined,
      now: () => new Date(),
      concurrency: CONCURRENCY,
    },
    {
      jobId,
      account,
      window,
      records: entries.map(toDueRecord),
      upload: async (fileName, body) => take(fileName, body),
    },
  );
  const remade: Remade[] = [];
  for await (const entry of made) {
    const listed = entries[remade.length];
    if (listed) {
      remade.push({ listed, made: entry });
    }
  }
  return remade;
}

function toDueRecord(known: ManifestEntry): DueRecord {
  const { id, page, waited, modificationTimestampUtc: modifiedAt } = known;
  const feed = feedNamed(known.feed);
  return { feed, id, page, modifiedAt, ...(waited && { waited }), known };
}
