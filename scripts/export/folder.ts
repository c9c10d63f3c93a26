import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { MendableError } from "../checks/check.ts";

/** Beside the export while it is made; gone once it is done. */
const UNFINISHED = ".unfinished";

const checkpointSchema = z.object({
  /** What was asked for: a folder goes on with nothing else. */
  asked: z.string(),
  /** The last day that is complete, and the number of its last item. */
  day: z.string(),
  number: z.number(),
  /** How long the files were then that grow item by item. */
  bytes: z.record(z.string(), z.number()),
  counts: z.record(z.string(), z.number()),
});

export type Checkpoint = z.infer<typeof checkpointSchema>;

/** Of every file but itself, as `sha256sum -c` reads it; in the order in which they were written. */
const SUMS = "SHA256SUMS";

/** The folder that an export is written to. Paths are relative to it, with `/`. */
export type Folder = {
  /** Where a day's items wait. */
  days: string;
  checkpoint: Checkpoint;
  /** Writes a file whole. @returns its SHA-256. */
  write: (path: string, body: string | Uint8Array) => Promise<string>;
  /** Adds to a file that grows. */
  append: (path: string, text: string) => Promise<void>;
  /** All that was written so far counts from now on. */
  keep: (done: Pick<Checkpoint, "day" | "number" | "counts">) => Promise<void>;
  /** Files that have grown, with their SHA-256: they grow no more. */
  close: () => Promise<Record<string, string>>;
  finish: () => Promise<void>;
};

/**
 * Opens a new folder, or one in which the same export was cut off: then at its last complete day.
 * @throws MendableError where anything else lies in it.
 */
export async function openFolder(directory: string, asked: string): Promise<Folder> {
  const at = (path: string) => join(directory, ...path.split("/"));
  const found = await readdir(directory).catch(() => []);
  const file = at(`${UNFINISHED}/checkpoint.json`);
  const before = checkpointSchema.safeParse(
    await readFile(file, "utf8").then(JSON.parse, () => undefined),
  ).data;
  if (found.length > 0 && before?.asked !== asked) {
    throw new MendableError(
      `${directory} is not empty, and holds no unfinished export of the same selection`,
      "Name a new folder",
    );
  }
  const checkpoint = before ?? { asked, day: "", number: 0, bytes: {}, counts: {} };
  await rm(at(`${UNFINISHED}/days`), { recursive: true, force: true });
  await mkdir(at(UNFINISHED), { recursive: true });
  await writeFile(file, JSON.stringify(checkpoint));
  const bytes = new Map(Object.entries(checkpoint.bytes));
  for (const [path, length] of bytes) {
    await truncate(at(path), length);
  }
  const put = async (path: string, body: string | Uint8Array) => {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), body);
  };
  const append = async (path: string, text: string) => {
    const length = bytes.get(path);
    // What a run that was cut off has written beyond its checkpoint is written anew.
    await (length === undefined ? put(path, text) : appendFile(at(path), text));
    bytes.set(path, (length ?? 0) + Buffer.byteLength(text));
  };
  const note = (path: string, sha256: string) => append(SUMS, `${sha256}  ${path}\n`);
  return {
    days: at(`${UNFINISHED}/days`),
    checkpoint,
    async write(path, body) {
      await put(path, body);
      const sha256 = createHash("sha256").update(body).digest("hex");
      await note(path, sha256);
      return sha256;
    },
    append,
    async keep(done) {
      Object.assign(checkpoint, done, { bytes: Object.fromEntries(bytes) });
      await writeFile(file, JSON.stringify(checkpoint));
    },
    async close() {
      const sums: Record<string, string> = {};
      for (const path of [...bytes.keys()].filter((one) => one !== SUMS)) {
        const hash = createHash("sha256");
        await pipeline(createReadStream(at(path)), hash);
        sums[path] = hash.digest("hex");
        await note(path, sums[path]);
      }
      return sums;
    },
    finish: () => rm(at(UNFINISHED), { recursive: true }),
  };
}
