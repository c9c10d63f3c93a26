import { archiveMedia, type MediaDeps, type MediaRecord } from "../capture/media.ts";
import { ConnectorError } from "../errors.ts";
import type { ShownMedium } from "../feeds/feed.ts";
import type { Log } from "../log.ts";
import { filesOf } from "../twitter/media.ts";
import type { Includes, Post } from "../twitter/page.ts";
import { shownPosts } from "./item.ts";
import type { MediaOutcome } from "./media-outcome.ts";
import type { Attachment } from "../import-service/item.ts";
import type { ManifestEntry } from "./manifest.ts";
import { Semaphore } from "async-mutex";
import pRetry from "p-retry";

/** The platform refuses larger items (docs/portal-contract.md#limits). Decimal: the harsher reading. */
export const ITEM_LIMIT_BYTES = 10_000_000;
/** Room for text, context and JSON; what is left holds base64, four bytes for three. */
const TEXT_RESERVE_BYTES = 600_000;
const ATTACHMENTS_LIMIT_BYTES = ((ITEM_LIMIT_BYTES - TEXT_RESERVE_BYTES) * 3) / 4;
const DOWNLOAD_RETRIES = 3;
/** Each holds a block of the archive's in memory, over all tasks of the process. */
const downloads = new Semaphore(4);

/** A medium that one of an item's posts shows, and the archived file to attach, or why none is. */
export type PlannedMedium = {
  postId: string;
  mediaKey: string;
  type: string;
  altText?: string;
  record?: MediaRecord;
  omitted?: string;
  fallbackReason?: string;
};

export type AttachmentDeps = MediaDeps & {
  log: Log;
  /** A medium that cannot be had now is left for the task's next try. By default it is left out. */
  waitForMedia?: boolean;
};

type KnownMedium = ManifestEntry["media"][number];
type Found = { record: MediaRecord; fallbackReason?: string } | { omitted: string };

/**
 * Archives all media that a record shows, and decides which files go along: the best of each that still
 * fits. A medium that cannot be had does not stop the record.
 * `known` is what an earlier answer had: the same again, whatever else the archive has by now.
 */
export async function planMedia(
  deps: AttachmentDeps,
  {
    jobId,
    id,
    media,
    known,
  }: { jobId: string; id: string; media: ShownMedium[]; known?: KnownMedium[] | undefined },
): Promise<PlannedMedium[]> {
  const planned: PlannedMedium[] = [];
  let left = ATTACHMENTS_LIMIT_BYTES;
  for (const { files, omitted, ...shown } of media) {
    const { mediaKey } = shown;
    const before = known?.find((medium) => medium.mediaKey === mediaKey);
    const found = before
      ? await sameFile(deps, { jobId, files, before })
      : await bestFile(deps, { jobId, mediaKey, files, omitted, limit: left });
    left -= "record" in found ? found.record.bytes : 0;
    if ("omitted" in found && !before) {
      deps.log("media.not-archived", { jobId, postId: id, mediaKey, reason: found.omitted });
    }
    planned.push({ ...shown, ...found });
  }
  return planned;
}

/** Reads the planned files from the archive. */
export async function attach(
  { store }: Pick<MediaDeps, "store">,
  planned: PlannedMedium[],
): Promise<Map<string, MediaOutcome[]>> {
  const outcomes = new Map<string, MediaOutcome[]>();
  for (const { postId, record, ...about } of planned) {
    const blob = record && (await store.read(record.blob));
    if (record && !blob) {
      throw new ConnectorError("unusable-record", `${record.blob} is not in the archive`);
    }
    const attachment = record && blob && toAttachment(about.mediaKey, record, blob.body);
    const outcome = { ...about, ...(attachment && { attachment }) };
    outcomes.set(postId, [...(outcomes.get(postId) ?? []), outcome]);
  }
  return outcomes;
}

/** The media of a post and of the posts that it shows; one that a repost and its original show is one. */
export function mediaOf(post: Post, includes: Includes): ShownMedium[] {
  const shown = shownPosts(post, includes).flatMap(({ id, mediaKeys }) =>
    mediaKeys.map((mediaKey) => ({ postId: id, mediaKey })),
  );
  const first = new Map(shown.toReversed().map((medium) => [medium.mediaKey, medium]));
  return shown
    .filter((medium) => first.get(medium.mediaKey) === medium)
    .map(({ postId, mediaKey }) => {
      const media = includes.media.get(mediaKey);
      return {
        postId,
        mediaKey,
        type: media?.type ?? "medium",
        ...(media?.alt_text !== undefined && { altText: media.alt_text }),
        files: media && filesOf(media),
      };
    });
}

type Medium = { jobId: string } & Pick<ShownMedium, "mediaKey" | "files"> & {
    omitted?: string | undefined;
  };

async function sameFile(
  deps: AttachmentDeps,
  { jobId, files = [], before }: Pick<Medium, "jobId" | "files"> & { before: KnownMedium },
): Promise<Found> {
  const { mediaKey, sha256, omitted = "unknown reason", fallbackReason } = before;
  if (sha256 === undefined) {
    return { omitted };
  }
  const fetchMedia = async () => ({ refusal: "is not asked for" });
  for (const file of files) {
    const record = await archiveMedia({ ...deps, fetchMedia }, { jobId, mediaKey, file });
    if ("sha256" in record && record.sha256 === sha256) {
      return { record, ...(fallbackReason !== undefined && { fallbackReason }) };
    }
  }
  throw new ConnectorError("unusable-record", `No file of ${mediaKey} has the SHA-256 it had`);
}

async function bestFile(
  deps: AttachmentDeps,
  { jobId, mediaKey, files, omitted: known, limit }: Medium & { limit: number },
): Promise<Found> {
  if (!files) {
    return { omitted: "X did not describe it" };
  }
  let omitted = known;
  for (const file of files) {
    const download = () => archivePatiently(deps, { jobId, mediaKey, file });
    const record = await downloads.runExclusive(download);
    if ("refusal" in record) {
      omitted ??= record.refusal;
    } else if (record.bytes <= limit) {
      const fallbackReason = [file.standsFor, omitted]
        .filter((why) => why !== undefined)
        .join("; ");
      return { record, ...(fallbackReason !== "" && { fallbackReason }) };
    } else {
      omitted ??= `its ${record.bytes} bytes are too many for an e-mail item; kept in the archive, SHA-256 ${record.sha256}`;
    }
  }
  return { omitted: omitted ?? "X names no file of it" };
}

async function archivePatiently(
  deps: AttachmentDeps,
  medium: Parameters<typeof archiveMedia>[1],
): Promise<MediaRecord | { refusal: string }> {
  try {
    return await pRetry(() => archiveMedia(deps, medium), {
      retries: DOWNLOAD_RETRIES,
      minTimeout: 200,
      shouldRetry: ({ error }) => isUnavailable(error),
    });
  } catch (error) {
    if (isUnavailable(error) && !deps.waitForMedia) {
      return { refusal: `could not be downloaded in ${DOWNLOAD_RETRIES + 1} tries` };
    }
    throw error;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ConnectorError && error.code === "x-unavailable";
}

const EXTENSIONS: Record<string, string> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
  "image/avif": "avif",
  "image/heic": "heic",
  "video/mp4": "mp4",
  "video/quicktime": "mov",
};

function toAttachment(mediaKey: string, record: MediaRecord, body: Uint8Array): Attachment {
  const type = record.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  const extension = EXTENSIONS[type];
  return {
    Content: Buffer.from(body).toString("base64"),
    Uri: record.url,
    AttachmentType: type,
    AttachmentFileName: extension ? `${mediaKey}.${extension}` : mediaKey,
  };
}
