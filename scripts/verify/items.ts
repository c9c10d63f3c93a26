import type { Store } from "../../app/archive/store.ts";
import type { Manifest, ManifestEntry } from "../../app/delivery/manifest.ts";
import { feedNamed } from "../../app/feeds/index.ts";
import type { Comparison } from "./comparison.ts";
import { manifestsOf } from "./manifests.ts";
import { isOurFormat, type Remade, remake } from "./remake.ts";

/** Entries are in the order of their posts on the page. */
const BATCH = 500;

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
    for await (const entries of batchesOf(manifest)) {
      items += entries.length;
      for (const { feed, format } of entries.filter((entry) => !isOurFormat(entry))) {
        const formats = `format ${format}, this program makes format ${feedNamed(feed).format}`;
        ofOtherFormats.set(formats, (ofOtherFormats.get(formats) ?? 0) + 1);
      }
      const remade = await remake(store, { jobId, head: manifest.head, entries });
      remade.flatMap(problemsOf).forEach((problem) => wrong.add(`${name}: ${problem}`));
    }
  }
  const looked = [`${items} items of ${lists} lists`, ...[...ofOtherFormats].map(sayOtherFormat)];
  return { looked: looked.join("; "), wrong: [...wrong] };
}

function sayOtherFormat([formats, items]: [string, number]): string {
  return `${items} of ${formats}: their pages and media were compared, their bytes were not`;
}

function problemsOf(remade: Remade): string[] {
  const { id, sha256, page, pageSha256 } = remade.listed;
  if ("reason" in remade) {
    return [`post ${id}: ${remade.reason}`];
  }
  const { made } = remade;
  if (made.pageSha256 !== pageSha256) {
    return [`${page}: the list has ${pageSha256}, it is ${made.pageSha256}`];
  }
  return isOurFormat(remade.listed) && made.sha256 !== sha256
    ? [`post ${id}: the list has ${sha256}, its page makes ${made.sha256}`]
    : [];
}

async function* batchesOf({ entries }: Manifest): AsyncGenerator<ManifestEntry[]> {
  let batch: ManifestEntry[] = [];
  for await (const entry of entries()) {
    batch.push(entry);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  yield batch;
}
