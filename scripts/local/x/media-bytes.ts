import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";

type Size = { width: number; height: number };

const JPEG_QUALITY = 85;
const TILES = { across: 8, down: 4 };

/** A real picture whose bytes differ for each seed: 32 tiles, coloured by the seed's hash. */
export function makePicture(
  seed: string,
  { width, height }: Size,
  type: "image/jpeg" | "image/png",
): Buffer {
  const data = paintTiles(createHash("sha256").update(seed).digest(), { width, height });
  if (type === "image/jpeg") {
    return jpeg.encode({ width, height, data }, JPEG_QUALITY).data;
  }
  const png = new PNG({ width, height });
  png.data = data;
  return PNG.sync.write(png);
}

/** A real film (ffmpeg testsrc, two seconds) whose bytes differ for each seed and grow by bit rate. */
export function makeFilm(seed: string, bitRate: number): Buffer {
  const clip = readFileSync(new URL("clip.mp4", import.meta.url));
  const padding = Buffer.alloc(256 + Math.round(bitRate / 1000), `${seed} `);
  return Buffer.concat([clip, freeBox(padding)]);
}

/** A box that players skip (ISO/IEC 14496-12 section 8.1.2): length, "free", whatever. */
function freeBox(content: Buffer): Buffer {
  const header = Buffer.alloc(8, "\0\0\0\0free", "latin1");
  header.writeUInt32BE(header.length + content.length);
  return Buffer.concat([header, content]);
}

function paintTiles(hash: Buffer, { width, height }: Size): Buffer {
  const data = Buffer.alloc(width * height * 4, 0xff);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = Math.floor((x * TILES.across) / width);
      const row = Math.floor((y * TILES.down) / height);
      const shade = hash[row * TILES.across + column] ?? 0;
      const at = (y * width + x) * 4;
      data[at] = shade;
      data[at + 1] = (shade * 7) % 256;
      data[at + 2] = (shade + x) % 256;
    }
  }
  return data;
}
