import type { Account } from "../twitter/client.ts";
import type { FetchMedia } from "../twitter/media.ts";
import { mediaTypeOf } from "../twitter/media-type.ts";

const PICTURE_LIMIT_BYTES = 200_000;

/**
 * The account's picture as a data: address, so that the administrator's browser asks no third party.
 * @returns undefined where it cannot be had: the page does without.
 */
export async function readPicture(
  fetchMedia: FetchMedia,
  { pictureUrl }: Account,
): Promise<string | undefined> {
  if (!pictureUrl || !URL.canParse(pictureUrl)) {
    return undefined;
  }
  try {
    const download = await fetchMedia(pictureUrl);
    if ("refusal" in download) {
      return undefined;
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of download.body) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > PICTURE_LIMIT_BYTES) {
        download.cancel();
        return undefined;
      }
    }
    const picture = Buffer.concat(chunks);
    const type = mediaTypeOf(picture);
    return type?.startsWith("image/")
      ? `data:${type};base64,${picture.toString("base64")}`
      : undefined;
  } catch {
    return undefined;
  }
}
