import { makeFilm, makePicture } from "./media-bytes.ts";
import {
  bestFileOf,
  describeMedia,
  FRAME,
  isOnlyWithoutQuery,
  mediaKeysOf,
  pictureType,
} from "./media-objects.ts";
import { type ProfileFile, picturesOf } from "./profile-pictures.ts";
import { everyProfileOf } from "./stage.ts";
import type { Timeline } from "./timeline.ts";

export type MediaFile = { contentType: string; body: Buffer };

/** What lies at `https://host/path?query`; undefined: X answers 404. */
export type MediaFiles = { at(url: URL): MediaFile | undefined };

type Stored = {
  contentType: string;
  make(quality: "best" | "smaller"): Buffer;
  onlyWithoutQuery?: boolean;
};

const SMALLER = { width: FRAME.width / 2, height: FRAME.height / 2 };

/** All files of the media and profile pictures of a timeline, made when they are first asked for. */
export function createMediaFiles(timeline: Timeline): MediaFiles {
  const stored = storeAll(timeline);
  const made = new Map<string, Buffer>();
  return {
    at(url) {
      const { path, quality } = readAddress(url);
      const file = stored.get(path);
      const isRefused = file?.onlyWithoutQuery === true && url.search !== "";
      if (file === undefined || isRefused || !isFormatOf(file, url.searchParams.get("format"))) {
        return undefined;
      }
      const key = `${path} ${quality}`;
      const body = made.get(key) ?? file.make(quality);
      made.set(key, body);
      return { contentType: file.contentType, body };
    },
  };
}

/**
 * `?name=orig`, or `:orig` after the path, is the best quality; every other size is smaller
 * (docs/x-api.md#media). The path may come without extension, the format is then in the query.
 */
function readAddress(url: URL): { path: string; quality: "best" | "smaller" } {
  const [pathname = "", suffix] = url.pathname.split(":");
  const format = url.searchParams.get("format");
  const hasExtension = /\.\w+$/.test(pathname);
  const extension = hasExtension || format === null ? "" : `.${format === "jpeg" ? "jpg" : format}`;
  const size = suffix ?? url.searchParams.get("name");
  return {
    path: `${url.host}${pathname}${extension}`,
    quality: size === "orig" ? "best" : "smaller",
  };
}

/** A picture is handed out in its own format only. */
function isFormatOf(file: Stored, format: string | null): boolean {
  return format === null || file.contentType === `image/${format === "jpg" ? "jpeg" : format}`;
}

function storeAll(timeline: Timeline): Map<string, Stored> {
  const stored = new Map<string, Stored>();
  const keys = new Set([
    ...timeline.media.keys(),
    ...[...timeline.everyPost.values()].flatMap(mediaKeysOf),
  ]);
  for (const key of keys) {
    if (!timeline.lostMedia.has(key)) {
      storeMedium(stored, timeline, key);
    }
  }
  for (const { url, files } of everyProfileOf(timeline).flatMap(picturesOf)) {
    if (!timeline.lostMedia.has(url)) {
      files.forEach((file) => storeProfileFile(stored, file));
    }
  }
  return stored;
}

function storeMedium(stored: Map<string, Stored>, timeline: Timeline, key: string): void {
  const media = describeMedia(timeline, key);
  const best = bestFileOf(media);
  if (media.type === "photo" && best !== undefined) {
    storePicture(stored, best.url, key);
  }
  const onlyWithoutQuery = isOnlyWithoutQuery(media);
  if (media.preview_image_url !== undefined) {
    storePicture(stored, media.preview_image_url, `${key} preview`);
  }
  for (const variant of media.variants ?? []) {
    const { url, content_type: contentType, bit_rate: bitRate } = variant;
    const make =
      contentType === "video/mp4"
        ? () => makeFilm(`${key} ${url}`, bitRate ?? 0)
        : () => Buffer.from(`#EXTM3U\n#EXT-X-VERSION:6\n# ${key}\n#EXT-X-ENDLIST\n`);
    stored.set(pathOf(url), { contentType, make, onlyWithoutQuery });
  }
}

function storePicture(stored: Map<string, Stored>, url: string, seed: string): void {
  const contentType = pictureType(url);
  stored.set(pathOf(url), {
    contentType,
    make: (quality) =>
      quality === "best"
        ? makePicture(seed, FRAME, contentType)
        : makePicture(`${seed} smaller`, SMALLER, contentType),
  });
}

/** X keeps one picture under several addresses: its bytes follow from the end of the path alone. */
function storeProfileFile(stored: Map<string, Stored>, { url, isBest }: ProfileFile): void {
  const contentType = pictureType(url);
  const [, name = url] = /\/([^/]+(?:\/1500x500)?)$/.exec(url) ?? [];
  const size = isBest ? FRAME : SMALLER;
  stored.set(pathOf(url), { contentType, make: () => makePicture(name, size, contentType) });
}

function pathOf(url: string): string {
  return readAddress(new URL(url)).path;
}
