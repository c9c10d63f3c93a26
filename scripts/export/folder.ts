import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { compare } from "../../app/time/intervals.ts";
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

/** The folder that an export is written to. Paths are relative to it, with `/`. */
export type Folder = {
  /** Where a day's items wait. */
  days: string;
  checkpoint: Checkpoint;
  write: (path: string, body: string | Uint8Array) => Promise<void>;
  append: (path: string, text: string) => Promise<void>;
  /** All that was written so far counts from now on. */
  keep: (done: Pick<Checkpoint, "day" | "number" | "counts">) => Promise<void>;
  /** Every file with its SHA-256, in the order of their names, but those named. */
  sums: (without: readonly string[]) => AsyncGenerator<{ path: string; sha256: string }>;
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
  const write = async (path: string, body: string | Uint8Array) => {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), body);
  };
  return {
    days: at(`${UNFINISHED}/days`),
    checkpoint,
    write,
    async append(path, text) {
      const length = bytes.get(path);
      // What a run that was cut off has written beyond its checkpoint is written anew.
      await (length === undefined ? write(path, text) : appendFile(at(path), text));
      bytes.set(path, (length ?? 0) + Buffer.byteLength(text));
    },
    async keep(done) {
      Object.assign(checkpoint, done, { bytes: Object.fromEntries(bytes) });
      await writeFile(file, JSON.stringify(checkpoint));
    },
    async *sums(without) {
      const paths = await readdir(directory, { recursive: true, withFileTypes: true });
      const files = paths
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => relative(directory, join(parentPath, name)))
        .map((path) => path.split(sep).join("/"))
        .filter((path) => !path.startsWith(`${UNFINISHED}/`) && !without.includes(path));
      for (const path of files.toSorted(compare)) {
        const hash = createHash("sha256");
        await pipeline(createReadStream(at(path)), hash);
        yield { path, sha256: hash.digest("hex") };
      }
    },
    finish: () => rm(at(UNFINISHED), { recursive: true }),
  };
}
