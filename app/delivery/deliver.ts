import { createHash } from "node:crypto";
import { Semaphore } from "async-mutex";
import pMap from "p-map";
import { type CapturedPost, postsOfPages, postsOfWindow } from "../capture/posts.ts";
import type { Coverage } from "../capture/coverage.ts";
import type { Interval } from "../capture/interval.ts";
import { names } from "../archive/names.ts";
import { attach, type AttachmentDeps, ITEM_LIMIT_BYTES, planMedia } from "./attachments.ts";
import { postToItem } from "./item.ts";
import type { ManifestEntry } from "./manifest.ts";

/** Bytes of attachments that may be in memory at a time, over all items of a task. */
const MEBIBYTES_IN_FLIGHT = 96;
/** A medium is held as bytes, as base64, and twice within the item's JSON. */
const COPIES_OF_A_MEDIUM = 5;

export type Upload = (fileName: string, body: Uint8Array) => Promise<void>;

export type DeliverDeps = AttachmentDeps & { concurrency: number };

export type Delivery = {
  jobId: string;
  taskId: string;
  account: { id: string; name: string };
  window: Interval;
  coverage: Coverage;
  upload: Upload;
};

/**
 * Maps each post of a window to an item and uploads it. File names depend on the post alone within
 * the task's folder, and the same archive gives the same bytes, so doing it again is harmless.
 * @returns one manifest entry for each item, in order of time.
 */
export async function deliver(deps: DeliverDeps, delivery: Delivery): Promise<ManifestEntry[]> {
  const budget = new Semaphore(MEBIBYTES_IN_FLIGHT);
  const entries = await pMap(
    postsToDeliver(deps, delivery),
    (captured) => deliverPost(deps, { ...delivery, captured, budget }),
    { concurrency: deps.concurrency },
  );
  return entries.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
}

type Modified = CapturedPost & { modifiedAt: string };

/** Posts that were read anew for this task come as of that moment; those of the window once, as sent. */
async function* postsToDeliver(
  { store }: DeliverDeps,
  { jobId, taskId, account, window, coverage }: Delivery,
): AsyncGenerator<Modified> {
  const again = new Set<string>();
  for await (const captured of postsOfPages(store, names.lookupPages(jobId, taskId))) {
    const { id, authorId } = captured.post;
    if (authorId === account.id && !again.has(id)) {
      again.add(id);
      yield { ...captured, modifiedAt: `${captured.receivedAt.slice(0, 19)}Z` };
    }
  }
  for await (const captured of postsOfWindow(store, { jobId, window, coverage })) {
    if (!again.has(captured.post.id)) {
      yield { ...captured, modifiedAt: captured.post.createdAt };
    }
  }
}

async function deliverPost(
  deps: DeliverDeps,
  {
    jobId,
    account,
    upload,
    captured,
    budget,
  }: Delivery & { captured: Modified; budget: Semaphore },
): Promise<ManifestEntry> {
  const { post, includes, receivedAt, modifiedAt } = captured;
  const planned = await planMedia(deps, { jobId, post, includes });
  const attachedBytes = planned.reduce((sum, { record }) => sum + (record?.bytes ?? 0), 0);
  const mebibytes = Math.ceil((attachedBytes * COPIES_OF_A_MEDIUM + 1) / 2 ** 20);
  return budget.runExclusive(
    async () => {
      const media = await attach(deps, planned);
      const item = postToItem({ post, includes, account, media, receivedAt });
      const body = Buffer.from(JSON.stringify(item));
      if (body.byteLength > ITEM_LIMIT_BYTES) {
        throw new Error("an item is larger than its parts can be");
      }
      const fileName = `${post.id}.json`;
      await upload(fileName, body);
      return {
        id: post.id,
        modificationTimestampUtc: modifiedAt,
        fileName,
        bytes: body.byteLength,
        sha256: createHash("sha256").update(body).digest("hex"),
        media: planned.map(({ mediaKey, record, leftOut, notBest }) => ({
          mediaKey,
          ...(record && { bytes: record.bytes, sha256: record.sha256 }),
          ...(leftOut !== undefined && { leftOut }),
          ...(notBest !== undefined && { notBest }),
        })),
      };
    },
    Math.min(mebibytes, MEBIBYTES_IN_FLIGHT),
  );
}
