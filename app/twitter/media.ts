import type http from "node:http";
import https from "node:https";
import type { Settings } from "../settings.ts";
import { X_PUBLIC_URL } from "./agent.ts";
import type { Media } from "./page.ts";

/** Where X keeps public media (x-api.md section 8). Nothing else is ever downloaded from. */
const MEDIA_HOSTS = new Set(["pbs.twimg.com", "video.twimg.com"]);
const TIMEOUT_MS = 30_000;
const TOTAL_TIMEOUT_MS = 10 * 60_000;

/** One file that shows a medium; `name` tells the files of one medium apart. */
export type MediaFile = { name: string; url: string };

/** A download that is under way. `bytes` is what the server announced, if it did. */
export type Download = {
  bytes: number | undefined;
  contentType: string;
  body: AsyncIterable<Uint8Array>;
  cancel: () => void;
};

export type FetchMedia = (url: string) => Promise<Download | { refusal: string }>;

/** The files that show a medium, best first. A video without a public file has none. */
export function filesOf(media: Media): MediaFile[] {
  if (media.type === "photo") {
    const address = URL.parse(media.url ?? "");
    return address ? [{ name: "orig", url: originalOf(address) }] : [];
  }
  return (media.variants ?? [])
    .filter(({ content_type: type }) => type === "video/mp4")
    .toSorted((a, b) => (b.bit_rate ?? 0) - (a.bit_rate ?? 0))
    .map(({ url, bit_rate: rate = 0 }) => ({ name: String(rate), url }));
}

/** A bare photo address serves at most 1200 pixels; `name=orig` serves what was uploaded. */
function originalOf(address: URL): string {
  const extension = /\.(png|webp)$/.exec(address.pathname)?.[1];
  if (extension) {
    address.searchParams.set("format", extension);
  }
  address.searchParams.set("name", "orig");
  return address.href;
}

/**
 * Downloads from X's media hosts, with no credential of ours. Answers a refusal, in words for the
 * record, for what cannot be had however often one asks; throws where trying again may help.
 */
export function createFetchMedia({ X_API_URL }: Settings, agent: http.Agent): FetchMedia {
  const allowed = (url: URL) =>
    (url.protocol === "https:" && MEDIA_HOSTS.has(url.host)) ||
    (X_API_URL !== X_PUBLIC_URL && url.origin === new URL(X_API_URL).origin);
  return async (address) => {
    const url = URL.parse(address);
    if (!url || !allowed(url)) {
      return { refusal: `${url?.host || "what X names"} is not a media host of X` };
    }
    const response = await get(url, agent);
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      response.destroy();
      if (status === 429 || status >= 500) {
        throw new Error(`${url.host} answered ${status}`);
      }
      return { refusal: `X answered ${status}` };
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

function get(url: URL, agent: http.Agent): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = https.get(
      {
        host: url.hostname,
        path: url.pathname + url.search,
        headers: { host: url.host },
        agent,
        timeout: TIMEOUT_MS,
        signal: AbortSignal.timeout(TOTAL_TIMEOUT_MS),
      },
      resolve,
    );
    request.on("timeout", () => request.destroy(new Error("media host does not answer")));
    request.on("error", reject);
  });
}
