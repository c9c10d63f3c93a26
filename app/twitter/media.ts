import type http from "node:http";
import https from "node:https";
import type { Settings } from "../settings.ts";
import { X_PUBLIC_URL } from "./agent.ts";
import type { Media } from "./page.ts";

/** Where X keeps public media (docs/x-api.md#media). Nothing else is ever downloaded from. */
const MEDIA_HOSTS = new Set(["pbs.twimg.com", "video.twimg.com"]);
/** How long nothing may come, and how long the whole download may take. */
const TIMEOUTS = { silenceMs: 30_000, wholeMs: 10 * 60_000 };

/** One file that shows a medium; `name` tells the files of one medium apart. */
export type MediaFile = {
  name: string;
  url: string;
  /** Where the file may be, too, if X does not know its address with the query. */
  withoutQuery?: string;
  /** What the file is instead of the medium, in words for the record. */
  standsFor?: string;
};

/** A download that is under way. `bytes` is what the server announced, if it did. */
export type Download = {
  bytes: number | undefined;
  contentType: string;
  body: AsyncIterable<Uint8Array>;
  cancel: () => void;
};

/** Why a medium cannot be had; `status` is what X answered, if it did. */
export type Refusal = { refusal: string; status?: number };
export type FetchMedia = (url: string) => Promise<Download | Refusal>;

/**
 * The files that show a medium, best first. For a video without a public file stands its preview
 * picture, if it has one.
 */
export function filesOf(media: Media): MediaFile[] {
  const { type, url, preview_image_url: preview, variants = [] } = media;
  if (type === "photo" || (type === undefined && url !== undefined)) {
    return url !== undefined && URL.canParse(url) ? photoFiles(url) : [];
  }
  const films = variants.filter(isFilm).toSorted((a, b) => (b.bit_rate ?? 0) - (a.bit_rate ?? 0));
  if (films.length > 0 || preview === undefined || !URL.canParse(preview)) {
    return films.map((film) => toFile(String(film.bit_rate ?? 0), film.url));
  }
  const what = type === "animated_gif" ? "an animated GIF" : "a video";
  const why = variants.length > 0 ? "that X gives as a stream only" : "of which X names no file";
  const standsFor = `it is the preview picture of ${what} ${why}`;
  return photoFiles(preview).map((file) => ({ ...file, name: `preview-${file.name}`, standsFor }));
}

function isFilm({ content_type: type, url }: NonNullable<Media["variants"]>[number]): boolean {
  return type === undefined
    ? URL.parse(url)?.pathname.endsWith(".mp4") === true
    : type === "video/mp4";
}

/**
 * What was uploaded, then what X made of it, ever smaller (docs/x-api.md#media): the bare address
 * serves at most 1200 pixels.
 */
function photoFiles(bare: string): MediaFile[] {
  const sizes = ["orig", "4096x4096", "large"].map((name) => ({ name, url: sizedUrl(bare, name) }));
  return [...sizes, toFile("bare", bare)];
}

function toFile(name: string, url: string): MediaFile {
  const address = URL.parse(url);
  if (!address?.search) {
    return { name, url };
  }
  address.search = "";
  return { name, url, withoutQuery: address.href };
}

function sizedUrl(bare: string, size: string): string {
  const address = new URL(bare);
  const extension = /\.(png|webp)$/.exec(address.pathname)?.[1];
  if (extension) {
    address.searchParams.set("format", extension);
  }
  address.searchParams.set("name", size);
  return address.href;
}

/**
 * Downloads from X's media hosts, with no credential of ours. Answers a refusal, in words for the
 * record, for what cannot be had however often one asks; throws where trying again may help.
 */
export function createFetchMedia(
  { X_API_URL }: Settings,
  agent: http.Agent,
  timeouts = TIMEOUTS,
): FetchMedia {
  const allowed = (url: URL) =>
    (url.protocol === "https:" && MEDIA_HOSTS.has(url.host)) ||
    (X_API_URL !== X_PUBLIC_URL && url.origin === new URL(X_API_URL).origin);
  return async (address) => {
    const url = URL.parse(address);
    if (!url || !allowed(url)) {
      return { refusal: `${url?.host || "what X names"} is not a media host of X` };
    }
    const response = await get(url, agent, timeouts);
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      response.destroy();
      if (status === 429 || status >= 500) {
        throw new Error(`${url.host} answered ${status}`);
      }
      return { refusal: `X answered ${status}`, status };
    }
    const length = Number(response.headers["content-length"]);
    return {
      bytes: Number.isSafeInteger(length) ? length : undefined,
      contentType: response.headers["content-type"] ?? "application/octet-stream",
      body: response,
      cancel: () => response.destroy(),
    };
  };
}

function get(
  url: URL,
  agent: http.Agent,
  { silenceMs, wholeMs }: typeof TIMEOUTS,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = https.get(
      {
        host: url.hostname,
        path: url.pathname + url.search,
        headers: { host: url.host },
        agent,
        timeout: silenceMs,
        signal: AbortSignal.timeout(wholeMs),
      },
      resolve,
    );
    request.on("timeout", () => request.destroy(new Error("media host does not answer")));
    request.on("error", reject);
  });
}
