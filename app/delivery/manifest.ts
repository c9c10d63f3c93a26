import * as z from "zod";
import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import type { Gap } from "../capture/coverage.ts";
import { intervalSchema } from "../time/intervals.ts";
import { ConnectorError } from "../errors.ts";
import { waitedSchema } from "./outbox.ts";

const entrySchema = z.object({
  id: z.string(),
  modificationTimestampUtc: z.string(),
  fileName: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** Number of the mapping that made the item's bytes: only within one format can they be made again. */
  format: z.int().positive(),
  /** The stored page that the post was taken from, and the SHA-256 of its bytes. */
  page: z.string(),
  pageSha256: z.string(),
  /** Why and on which pages it waited in the outbox. */
  waited: waitedSchema.optional(),
  /** `leftOut`: why a medium is not attached; `notBest`: why not the best file of it is. */
  media: z.array(
    z.object({
      mediaKey: z.string(),
      bytes: z.number().optional(),
      sha256: z.string().optional(),
      omitted: z.string().optional(),
      fallbackReason: z.string().optional(),
    }),
  ),
});
const headSchema = z.object({
  jobId: z.string(),
  taskId: z.string(),
  account: z.object({ id: z.string(), name: z.string() }),
  window: intervalSchema,
});

/** One item that was handed over. The first three members are what the platform is told. */
export type ManifestEntry = z.infer<typeof entrySchema>;

/** What the first line of a manifest says; the entries follow, one a line. */
export type ManifestHead = z.infer<typeof headSchema> & {
  /** Named posts that could not be read again, with X's reason. */
  notRead: { id: string; reason: string }[];
  /** Items that did not fit into the day and wait in the outbox. */
  waiting: number;
  gaps: Gap[];
};

/** Which list a manifest is of: `answer` counts those that were made for one task's id. */
export type Answer = { jobId: string; taskId: string; answer: number };

/**
 * The proof of one answer: what was handed over, byte for byte, and what was not, and why. It is
 * written while the items go out, and there is none before the last of them is out.
 * @returns false if there is one already.
 */
export function createManifest(
  store: Store,
  { jobId, taskId, answer }: Answer,
  { head, entries }: { head: ManifestHead; entries: AsyncIterable<ManifestEntry> },
): Promise<boolean> {
  const lines = async function* lines() {
    yield toLine(head);
    for await (const entry of entries) {
      yield toLine(entry);
    }
  };
  const name = names.manifest(jobId, taskId, answer);
  return store.createStream(name, lines(), { contentType: "application/x-ndjson" });
}

export type Manifest = {
  head: z.infer<typeof headSchema>;
  /** Read from the archive each time. */
  entries: () => AsyncGenerator<ManifestEntry>;
};

export async function readManifest(
  store: Store,
  { jobId, taskId, answer }: Answer,
): Promise<Manifest | undefined> {
  const name = names.manifest(jobId, taskId, answer);
  for await (const line of linesOf(store, name)) {
    return {
      head: parseLine(name, line, headSchema),
      async *entries() {
        let isHead = true;
        for await (const entry of linesOf(store, name)) {
          if (!isHead) {
            yield parseLine(name, entry, entrySchema);
          }
          isHead = false;
        }
      },
    };
  }
  return undefined;
}

function toLine(value: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

async function* linesOf(store: Store, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of (await store.readStream(name)) ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function parseLine<T>(name: string, line: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw new ConnectorError("unusable-record", `${name} in the archive cannot be read`, { cause });
  }
}
