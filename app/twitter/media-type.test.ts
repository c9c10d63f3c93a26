import { describe, expect, it } from "vitest";
import { makeFilm, makePicture } from "../../scripts/local/x/media-bytes.ts";
import { mediaTypeOf } from "./media-type.ts";

const SIZE = { width: 4, height: 4 };
const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("mediaTypeOf", () => {
  it.each<[string, Buffer, string | undefined]>([
    ["a JPEG", makePicture("a", SIZE, "image/jpeg"), "image/jpeg"],
    ["a PNG", makePicture("a", SIZE, "image/png"), "image/png"],
    ["an MP4", makeFilm("a", 1000), "video/mp4"],
    ["a GIF of 1987", latin1("GIF87a\x01\0\x01\0\0\0\0"), "image/gif"],
    ["a GIF of 1989", latin1("GIF89a\x01\0\x01\0\0\0\0"), "image/gif"],
    ["a WebP", latin1("RIFF\n\n\0\0WEBPVP8 "), "image/webp"],
    ["an MP4 of another brand", latin1("\0\0\0\x18ftypM4V \0\0\0\x01"), "video/mp4"],
    ["an AVIF, which is in the same container", latin1("\0\0\0\x1cftypavif\0\0"), "image/avif"],
    ["an HEIC", latin1("\0\0\0\x18ftypheic\0\0"), "image/heic"],
    ["a QuickTime film", latin1("\0\0\0\x14ftypqt  \0\0"), "video/quicktime"],
    ["a sound", latin1("RIFF\n\n\0\0WAVEfmt "), undefined],
    ["a page", latin1("<!doctype html>"), undefined],
    ["a picture in words", latin1('<svg xmlns="http://www.w3.org/2000/svg">'), undefined],
    ["a program", latin1("MZ\x90\0\x03\0\0\0\x04\0\0\0"), undefined],
    ["a PNG whose line ends were changed on the way", latin1("\x89PNG\n\x1a\n\0\0\0"), undefined],
    ["two bytes of a JPEG", latin1("\xff\xd8"), undefined],
    ["nothing", latin1(""), undefined],
  ])("knows %s", (_title, head, type) => {
    expect(mediaTypeOf(head)).toBe(type);
  });
});
