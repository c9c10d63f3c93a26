import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** A stream that has come to its end: how long it is, and its bytes, as often as they are needed. */
export type Spooled = {
  bytes: number;
  read: () => NodeJS.ReadableStream;
  [Symbol.asyncDispose]: () => Promise<void>;
};

/** Takes a stream in, into a file of its own that is removed when it is disposed of. */
export async function spool(body: AsyncIterable<Uint8Array>): Promise<Spooled> {
  const file = join(tmpdir(), `spool-${randomUUID()}`);
  const remove = () => rm(file, { force: true });
  const output = createWriteStream(file, { flags: "wx", mode: 0o600 });
  try {
    await pipeline(body, output);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    bytes: output.bytesWritten,
    read: () => createReadStream(file),
    [Symbol.asyncDispose]: remove,
  };
}
