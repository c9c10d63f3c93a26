import * as z from "zod";
import { names } from "../archive/names.ts";
import { type RecordOf, recordType } from "../archive/records.ts";
import { createDocument, readDocument, type Store } from "../archive/store.ts";
import type { Log } from "../log.ts";
import type { Download, FetchMedia, MediaFile, Refusal } from "../twitter/media.ts";
import { meter, readType, unavailable } from "./media-stream.ts";

/** X takes videos of 512 MiB from everyone; of longer ones it serves smaller files, too. */
export const MEDIA_LIMIT_BYTES = 512 * 1024 * 1024;
const TOO_LARGE = { refusal: `too large: more than ${MEDIA_LIMIT_BYTES / 1024 / 1024} MiB` };

export const mediaRecord = recordType(
  z.object({
    /** Name of the blob that holds the bytes. */
    blob: z.string(),
    url: z.string(),
    /** What the bytes are, by themselves. */
    contentType: z.string(),
    /** What X called them, where that is something else. */
    declaredType: z.string().optional(),
    bytes: z.number(),
    sha256: z.string(),
    receivedAt: z.string(),
  }),
);

export type MediaRecord = RecordOf<typeof mediaRecord>;
export type MediaDeps = { store: Store; fetchMedia: FetchMedia; log: Log; now: () => Date };

/**
 * Sees to it that a file of X is in the archive, streaming it there once. The record is written
 * after the bytes: where it is, they are whole, and the first one written counts.
 * @throws ConnectorError `x-unavailable` where trying again may help.
 */
export async function archiveMedia(
  { store, fetchMedia, log, now }: MediaDeps,
  { jobId, mediaKey, file }: { jobId: string; mediaKey: string; file: MediaFile },
): Promise<MediaRecord | { refusal: string }> {
  const recordName = names.media(jobId, mediaKey, `${file.name}.record.json`);
  const known = await readDocument(store, recordName, mediaRecord);
  if (known) {
    return known.value;
  }
  const { url, download } = await fetchFile(fetchMedia, file);
  if ("refusal" in download) {
    return { refusal: download.refusal };
  }
  if ((download.bytes ?? 0) > MEDIA_LIMIT_BYTES) {
    download.cancel();
    return TOO_LARGE;
  }
  const { types, body } = await readType(download);
  // By its bytes: two posts that show one medium may fetch it at the same time, and X may serve them
  // different ones. Where the blob exists already, it is the same.
  const metered = meter(body, { limitBytes: MEDIA_LIMIT_BYTES, announced: download.bytes });
  const toName = () => names.media(jobId, mediaKey, `${file.name}-${metered.sha256()}`);
  try {
    await store.createStream(toName, metered.body, { contentType: types.contentType });
  } catch (error) {
    if (metered.isTooLarge()) {
      return TOO_LARGE;
    }
    throw error;
  }
  const [blob, bytes, sha256] = [toName(), metered.bytes(), metered.sha256()];
  const receivedAt = now().toISOString();
  const record: MediaRecord = { blob, url, ...types, bytes, sha256, receivedAt };
  if (await createDocument(store, recordName, mediaRecord, record)) {
    if (types.declaredType !== undefined) {
      const detail = `X calls it ${types.declaredType}, its bytes are ${types.contentType}`;
      log("media.mistyped", { jobId, mediaKey, detail });
    }
    return record;
  }
  const winner = await readDocument(store, recordName, mediaRecord);
  return winner?.value ?? record;
}

/** X forgets what its own query means (`?tag=12`) sooner than the file. */
async function fetchFile(
  fetchMedia: FetchMedia,
  { url, withoutQuery }: MediaFile,
): Promise<{ url: string; download: Download | Refusal }> {
  const download = await fetchMedia(url).catch(unavailable);
  const isUnknown = "refusal" in download && download.status === 404;
  if (!isUnknown || withoutQuery === undefined) {
    return { url, download };
  }
  const again = await fetchMedia(withoutQuery).catch(unavailable);
  return "refusal" in again ? { url, download } : { url: withoutQuery, download: again };
}
