import { createHash } from "node:crypto";
import type { Media, Post, Timeline } from "./timeline.ts";

/** A medium with all that X says about it. */
export type FullMedia = Media & { type: "photo" | "video" | "animated_gif" };

/** Size of the best picture and of the frame of a film, in pixels. */
export const FRAME = { width: 160, height: 100 };

const DURATION_MS = 2000;

/** The medium of a key: as the files describe it, what they leave out is invented from the key. */
export function describeMedia(timeline: Timeline, key: string): FullMedia {
  const given = timeline.media.get(key);
  const type = given?.type ?? typeOfKey(key);
  return { ...invent(key, type), ...given, type };
}

/** A medium of which the files say nothing. */
export function inventMedia(key: string): Media {
  return invent(key, typeOfKey(key));
}

/** Keys of all media that a post names, in its own order. */
export function mediaKeysOf(post: Post): string[] {
  const { article, attachments } = post;
  const keys = [
    ...(attachments?.media_keys ?? []),
    ...(article?.cover_media === undefined ? [] : [article.cover_media]),
    ...(article?.media_entities ?? []),
  ];
  return [...new Set(keys)];
}

export type BestFile = { url: string; contentType: string; isPreview: boolean };

/**
 * The file that shows a medium in its best quality (docs/x-api.md#media), at the address where X has
 * it; for a video without an MP4 its preview picture. Undefined where X names none.
 */
export function bestFileOf(media: FullMedia): BestFile | undefined {
  if (media.type === "photo") {
    return media.url === undefined ? undefined : pictureAt(media.url, false);
  }
  const films = (media.variants ?? []).filter((variant) => variant.content_type === "video/mp4");
  const [best] = films.sort((a, b) => (b.bit_rate ?? 0) - (a.bit_rate ?? 0));
  if (best === undefined) {
    const { preview_image_url: preview } = media;
    return preview === undefined ? undefined : pictureAt(preview, true);
  }
  const url = isOnlyWithoutQuery(media) ? withoutQuery(best.url) : best.url;
  return { url, contentType: best.content_type, isPreview: false };
}

/** X answers the address of such a film with 404 as long as its own query is on it. */
export function isOnlyWithoutQuery(media: Media): boolean {
  return media["only_without_query"] === true;
}

function pictureAt(url: string, isPreview: boolean): BestFile {
  const address = new URL(url);
  address.searchParams.set("name", "orig");
  return { url: address.href, contentType: pictureType(url), isPreview };
}

function withoutQuery(url: string): string {
  const address = new URL(url);
  address.search = "";
  return address.href;
}

export function pictureType(url: string): "image/png" | "image/jpeg" {
  const { pathname, searchParams } = new URL(url);
  const isPng = /\.png(:\w+)?$/i.test(pathname) || searchParams.get("format") === "png";
  return isPng ? "image/png" : "image/jpeg";
}

/** Prefixes of media keys: 3 photo, 7 video, 13 professional video, 16 animated GIF. */
function typeOfKey(key: string): FullMedia["type"] {
  const [prefix] = key.split("_");
  return prefix === "16" ? "animated_gif" : prefix === "7" || prefix === "13" ? "video" : "photo";
}

function invent(key: string, type: FullMedia["type"]): Media {
  const name = createHash("sha256").update(key).digest("base64url").slice(0, 15);
  const common = { media_key: key, type, ...FRAME };
  if (type === "photo") {
    const extension = name.charCodeAt(0) % 4 === 0 ? "png" : "jpg";
    return { ...common, url: `https://pbs.twimg.com/media/${name}.${extension}` };
  }
  if (type === "animated_gif") {
    const url = `https://video.twimg.com/tweet_video/${name}.mp4`;
    return {
      ...common,
      preview_image_url: `https://pbs.twimg.com/tweet_video_thumb/${name}.jpg`,
      variants: [{ bit_rate: 0, content_type: "video/mp4", url }],
    };
  }
  return { ...common, ...inventFilm(key, name) };
}

function inventFilm(key: string, name: string) {
  const [prefix, number] = key.split("_");
  const folder = prefix === "13" ? "amplify_video" : "ext_tw_video";
  const base = `https://video.twimg.com/${folder}/${number}/pu`;
  // The best is neither first nor last, as it often is on X.
  const films = [
    { size: "480x270", bit_rate: 256_000 },
    { size: "1280x720", bit_rate: 2_176_000 },
    { size: "640x360", bit_rate: 832_000 },
  ].map(({ size, bit_rate }) => ({
    bit_rate,
    content_type: "video/mp4",
    url: `${base}/vid/avc1/${size}/${name}.mp4?tag=12`,
  }));
  return {
    duration_ms: DURATION_MS,
    preview_image_url: `https://pbs.twimg.com/${folder}_thumb/${number}/pu/img/${name}.jpg`,
    public_metrics: { view_count: 1234 },
    variants: [
      { content_type: "application/x-mpegURL", url: `${base}/pl/${name}.m3u8?tag=12` },
      ...films,
    ],
  };
}
