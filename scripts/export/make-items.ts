import { z } from "zod";
import type { Store } from "../../app/archive/store.ts";
import type { ManifestEntry } from "../../app/delivery/manifest.ts";
import type { Item } from "../../app/import-service/item.ts";
import { isOurFormat, remake } from "../verify/remake.ts";
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

const MOST_AT_A_TIME = 50;

/** Makes items anew from the archive alone, as they were handed over, in their order. */
export async function* makeItems(
  store: Store,
  jobId: string,
  items: readonly Delivered[],
): AsyncGenerator<MadeItem | UnmadeItem> {
  for (const batch of batchesOf(items)) {
    yield* makeBatch(store, jobId, batch);
  }
}

async function* makeBatch(
  store: Store,
  jobId: string,
  batch: readonly Delivered[],
): AsyncGenerator<MadeItem | UnmadeItem> {
  const [head] = batch;
  if (!head) {
    return;
  }
  const entries = batch.map(({ entry }) => entry);
  const bodies = new Map<string, Uint8Array>();
  const remade = await remake(
    store,
    { jobId, head, entries },
    (fileName, body) => void bodies.set(fileName, body),
  );
  for (const [index, delivered] of batch.entries()) {
    const one = remade[index];
    if (one && "made" in one) {
      const body = Buffer.from(bodies.get(one.listed.fileName) ?? "").toString();
      const item = itemSchema.parse(JSON.parse(body));
      yield { ...delivered, item, agrees: agreementOf(one) };
    } else {
      yield { ...delivered, reason: one?.reason ?? "it was not made" };
    }
  }
}

function agreementOf({
  listed,
  made,
}: {
  listed: ManifestEntry;
  made: ManifestEntry;
}): MadeItem["agrees"] {
  if (made.pageSha256 !== listed.pageSha256) {
    return "no";
  }
  if (!isOurFormat(listed)) {
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
