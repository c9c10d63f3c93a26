import { createHash } from "node:crypto";
import { Semaphore } from "async-mutex";
import { pMapIterable, pMapSkip } from "p-map";
import type { Store } from "../archive/store.ts";
import type { Interval } from "../time/intervals.ts";
import { ConnectorError } from "../errors.ts";
import type { Deliverable, OpenPage } from "../feeds/feed.ts";
import {
  attach,
  type AttachmentDeps,
  ITEM_LIMIT_BYTES,
  type PlannedMedium,
  planMedia,
} from "./attachments.ts";
import type { ManifestEntry } from "./manifest.ts";
import type { PlannedRecord } from "./plan.ts";

/** Bytes of attachments that may be in memory at a time, over all tasks of the process. */
const MEBIBYTES_IN_FLIGHT = 96;
const BUDGET = new Semaphore(MEBIBYTES_IN_FLIGHT);
/** A medium is held as bytes, as base64, and twice within the item's JSON. */
const COPIES_OF_A_MEDIUM = 5;
/** Posts follow each other on a page, but pages of several captures may be read in turn. */
const PAGES_IN_HAND = 8;

export type Upload = (fileName: string, body: Uint8Array) => Promise<void>;

export type DeliverDeps = AttachmentDeps & { concurrency: number };

/** A record to hand over, or to hand over again as an earlier answer has it. */
export type DueRecord = PlannedRecord & { known?: ManifestEntry };

export type Delivery = {
  jobId: string;
  account: { id: string; name: string };
  /** What the platform asked for. */
  window: Interval;
  records: Iterable<DueRecord> | AsyncIterable<DueRecord>;
  upload: Upload;
  /** Whether the others go without a post that failed so. By default none do. */
  goWithout?: (post: DueRecord, error: unknown) => boolean;
};

/**
 * Maps each post to an item and uploads it. File names depend on the post alone within the task's
 * folder, and the same archive gives the same bytes, so doing it again is harmless.
 * @returns an entry for each item in the order of the posts, as soon as it is uploaded.
 */
export function deliver(deps: DeliverDeps, delivery: Delivery): AsyncIterable<ManifestEntry> {
  const { concurrency } = deps;
  return pMapIterable(
    loadRecords(deps.store, delivery),
    (due) => deliverRecord(deps, delivery, due).catch(orGoWithout(delivery, due)),
    { concurrency, backpressure: 2 * concurrency },
  );
}

function orGoWithout(
  { goWithout }: Delivery,
  post: DueRecord,
): (error: unknown) => typeof pMapSkip {
  return (error) => {
    if (!goWithout?.(post, error)) {
      throw error;
    }
    return pMapSkip;
  };
}

type LoadedRecord = DueRecord & { record: Deliverable; pageSha256: string };

async function* loadRecords(store: Store, delivery: Delivery): AsyncGenerator<LoadedRecord> {
  const pages = new Map<string, OpenPage>();
  for await (const due of delivery.records) {
    const loaded = await loadRecord(store, pages, due).catch(orGoWithout(delivery, due));
    if (loaded !== pMapSkip) {
      yield loaded;
    }
  }
}

async function loadRecord(
  store: Store,
  pages: Map<string, OpenPage>,
  due: DueRecord,
): Promise<LoadedRecord> {
  const page = pages.get(due.page) ?? (await due.feed.openPage(store, due.page));
  const record = await page?.find(due.id);
  if (!page || !record) {
    throw new ConnectorError("unusable-record", `${due.page} does not hold ${due.id}`);
  }
  pages.delete(due.page);
  pages.set(due.page, page);
  const [oldest] = pages.keys();
  if (pages.size > PAGES_IN_HAND && oldest !== undefined) {
    pages.delete(oldest);
  }
  return { ...due, record, pageSha256: page.sha256 };
}

/**
 * Uploads an item under the name of its post. Where the container has that name from a run that was cut
 * off, with the post as another page has it, and lets nobody overwrite it, the item goes there under a
 * name of its own bytes: the platform imports only what the completion names.
 * @returns the name.
 */
async function uploadItem(
  upload: Upload,
  {
    id,
    known,
    body,
    sha256,
  }: { id: string; known: ManifestEntry | undefined; body: Uint8Array; sha256: string },
): Promise<string> {
  const fileName = known?.fileName ?? `${id}.json`;
  try {
    await upload(fileName, body);
    return fileName;
  } catch (error) {
    if (known || !(error instanceof ConnectorError) || error.code !== "upload-name-taken") {
      throw error;
    }
    const ownName = `${id}-${sha256.slice(0, 16)}.json`;
    await upload(ownName, body);
    return ownName;
  }
}

async function deliverRecord(
  deps: DeliverDeps,
  { jobId, account, window, upload }: Delivery,
  { feed, id, page, pageSha256, waited, modifiedAt, known, record }: LoadedRecord,
): Promise<ManifestEntry> {
  const { format } = feed;
  const planned = await planMedia(deps, { jobId, id, media: record.media, known: known?.media });
  const attachedBytes = planned.reduce((sum, { record: file }) => sum + (file?.bytes ?? 0), 0);
  const mebibytes = Math.ceil((attachedBytes * COPIES_OF_A_MEDIUM + 1) / 2 ** 20);
  return BUDGET.runExclusive(
    async () => {
      const toBody = async (media: PlannedMedium[]) => {
        const provenance = { jobId, window, pageSha256 };
        const attached = await attach(deps, media);
        return Buffer.from(JSON.stringify(record.toItem({ account, provenance, media: attached })));
      };
      const { body, media } = await fit(planned, toBody);
      const sha256 = createHash("sha256").update(body).digest("hex");
      const fileName = await uploadItem(upload, { id, known, body, sha256 });
      if (known?.format === format && known.sha256 !== sha256) {
        deps.log("delivery.content-differs", { jobId, postId: id, format });
      }
      return {
        id,
        feed: feed.name,
        modificationTimestampUtc: modifiedAt ?? record.createdAt,
        fileName,
        bytes: body.byteLength,
        sha256,
        format,
        page,
        pageSha256,
        ...(waited && { waited }),
        media: media.map(({ mediaKey, record: file, omitted, fallbackReason }) => ({
          mediaKey,
          ...(file && { bytes: file.bytes, sha256: file.sha256 }),
          ...(omitted !== undefined && { omitted }),
          ...(fallbackReason !== undefined && { fallbackReason }),
        })),
      };
    },
    Math.min(mebibytes, MEBIBYTES_IN_FLIGHT),
  );
}

/** What an item's text and context need beyond the room that is kept for them, its media give up. */
async function fit(
  planned: PlannedMedium[],
  toBody: (media: PlannedMedium[]) => Promise<Buffer>,
): Promise<{ body: Buffer; media: PlannedMedium[] }> {
  const body = await toBody(planned);
  if (body.byteLength <= ITEM_LIMIT_BYTES) {
    return { body, media: planned };
  }
  const media = planned.map(({ record, fallbackReason: _, ...about }) => ({
    ...about,
    ...(record && {
      omitted: `the post's text leaves no room for it; kept in the archive, SHA-256 ${record.sha256}`,
    }),
  }));
  return { body: await toBody(media), media };
}
