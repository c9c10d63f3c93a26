/** How many of a file's first bytes tell what it is. */
export const TELLING_BYTES = 12;

/** Brands of the container that MP4 shares with other formats (ISO/IEC 14496-12 section 4.3). */
const BRANDS = new Map([
  ["avif", "image/avif"],
  ["avis", "image/avif"],
  ["heic", "image/heic"],
  ["heix", "image/heic"],
  ["mif1", "image/heic"],
  ["qt  ", "video/quicktime"],
]);

/** What a file is by its first bytes, whatever its server calls it. Undefined: none that we know. */
export function mediaTypeOf(head: Uint8Array): string | undefined {
  const text = Buffer.from(head.subarray(0, TELLING_BYTES)).toString("latin1");
  if (text.startsWith("\xff\xd8\xff")) {
    return "image/jpeg";
  }
  if (text.startsWith("\x89PNG\r\n\x1a\n")) {
    return "image/png";
  }
  if (/^GIF8[79]a/.test(text)) {
    return "image/gif";
  }
  if (/^RIFF.{4}WEBP/s.test(text)) {
    return "image/webp";
  }
  const brand = /^.{4}ftyp(.{4})/s.exec(text)?.[1];
  return brand === undefined ? undefined : (BRANDS.get(brand) ?? "video/mp4");
}
