import { createHash, randomUUID } from "node:crypto";
import * as z from "zod";
import { names } from "../archive/names.ts";
import { createDocument, readDocument, type Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { FetchMedia, MediaFile } from "../twitter/media.ts";

const mediaRecordSchema = z.object({
  /** Name of the blob that holds the bytes. */
  blob: z.string(),
  url: z.string(),
  contentType: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  receivedAt: z.string(),
});

export type MediaRecord = z.infer<typeof mediaRecordSchema>;
export type MediaDeps = { store: Store; fetchMedia: FetchMedia; now: () => Date };

/**
 * Sees to it that a file of X is in the archive, streaming it there once. The record is written
 * after the bytes: where it is, they are whole, and the first one written counts.
 * @throws ConnectorError `x-unavailable` where trying again may help.
 */
export async function archiveMedia(
  { store, fetchMedia, now }: MediaDeps,
  { jobId, mediaKey, file }: { jobId: string; mediaKey: string; file: MediaFile },
): Promise<MediaRecord | { refusal: string }> {
  const recordName = names.media(jobId, mediaKey, `${file.name}.record.json`);
  const known = await readDocument(store, recordName, mediaRecordSchema);
  if (known) {
    return known.value;
  }
  const download = await fetchMedia(file.url).catch(unavailable);
  if ("refusal" in download) {
    return download;
  }
  // A name of its own: two posts that show one medium may fetch it at the same time.
  const blob = names.media(jobId, mediaKey, `${file.name}-${randomUUID()}`);
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = async function* counted() {
    try {
      for await (const chunk of download.body) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      unavailable(error);
    }
  };
  await store.putStream(blob, counted(), { contentType: download.contentType });
  if (download.bytes !== undefined && download.bytes !== bytes) {
    throw new ConnectorError("x-unavailable", `Media ${mediaKey} was cut off at ${bytes} bytes`);
  }
  const record: MediaRecord = {
    blob,
    url: file.url,
    contentType: download.contentType,
    bytes,
    sha256: hash.digest("hex"),
    receivedAt: now().toISOString(),
  };
  if (await createDocument(store, recordName, record)) {
    return record;
  }
  await store.remove(blob);
  const winner = await readDocument(store, recordName, mediaRecordSchema);
  return winner?.value ?? record;
}

function unavailable(cause: unknown): never {
  throw new ConnectorError("x-unavailable", "A medium could not be downloaded", { cause });
}
