import * as z from "zod";
import { names } from "../archive/names.ts";
import {
  parseRecord,
  type RecordOf,
  recordType,
  renamed,
  schemaOf,
  toRecord,
} from "../archive/records.ts";
import type { Store } from "../archive/store.ts";
import type { Gap } from "../capture/coverage.ts";
import type { Statement } from "../feeds/statement.ts";
import { intervalSchema } from "../time/intervals.ts";
import { waitedSchema } from "./outbox.ts";

const entryRecord = recordType(
  z.object({
    /** The feed that the record is of. */
    feed: z.string(),
    id: z.string(),
    modificationTimestampUtc: z.string(),
    fileName: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    /** Number of the mapping that made the item's bytes: only within one format can they be made again. */
    format: z.int().positive(),
    /** The stored page that the record was taken from, and the SHA-256 of its bytes. */
    page: z.string(),
    pageSha256: z.string(),
    /** Why and on which pages it waited in the outbox. */
    waited: waitedSchema.optional(),
    /** `omitted`: why a medium is not attached; `fallbackReason`: why not the best file of it is. */
    media: z.array(
      z.object({
        mediaKey: z.string(),
        bytes: z.number().optional(),
        sha256: z.string().optional(),
        omitted: z.string().optional(),
        fallbackReason: z.string().optional(),
      }),
    ),
  }),
  [
    ({ media, ...entry }) => ({
      ...entry,
      feed: "posts",
      media: z
        .array(z.looseObject({}))
        .parse(media)
        .map((one) => renamed(one, { leftOut: "omitted", notBest: "fallbackReason" })),
    }),
  ],
);
const headRecord = recordType(
  z.object({
    jobId: z.string(),
    taskId: z.string(),
    account: z.object({ id: z.string(), name: z.string() }),
    window: intervalSchema,
  }),
  // Its number is that of the entries, too.
  [(head) => head],
);

/** One item that was handed over. The first three members are what the platform is told. */
export type ManifestEntry = RecordOf<typeof entryRecord>;

/** What the first line of a manifest says; the entries follow, one a line. */
export type ManifestHead = RecordOf<typeof headRecord> & {
  /** Named posts that could not be read again, with X's reason. */
  notRead: { id: string; reason: string }[];
  /** Items that did not fit into the day and wait in the outbox. */
  waiting: number;
  gaps: Gap[];
  /** What is archived of each feed, since when, what is proved, and what cannot be. */
  feeds: Statement[];
  /** On what ground others' words are archived. */
  legalBasis?: string;
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
    yield Buffer.concat([toRecord(headRecord, head), LINE_END]);
    for await (const entry of entries) {
      yield toLine(entry);
    }
  };
  const name = names.manifest(jobId, taskId, answer);
  return store.createStream(name, lines(), { contentType: "application/x-ndjson" });
}

export type Manifest = {
  head: RecordOf<typeof headRecord>;
  /** Read from the archive each time. */
  entries: () => AsyncGenerator<ManifestEntry>;
};

export async function readManifest(
  store: Store,
  { jobId, taskId, answer }: Answer,
): Promise<Manifest | undefined> {
  const name = names.manifest(jobId, taskId, answer);
  for await (const line of linesOf(store, name)) {
    const schema = schemaOf(name, line);
    return {
      head: parseRecord(name, line, headRecord),
      async *entries() {
        let isHead = true;
        for await (const entry of linesOf(store, name)) {
          if (!isHead) {
            yield parseRecord(name, entry, entryRecord, schema);
          }
          isHead = false;
        }
      },
    };
  }
  return undefined;
}

const LINE_END = Buffer.from("\n");

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
