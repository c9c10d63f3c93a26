import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import type { Gap } from "../capture/coverage.ts";
import type { Interval } from "../capture/interval.ts";

/** One item that was handed over. The first three members are what the platform is told. */
export type ManifestEntry = {
  id: string;
  modificationTimestampUtc: string;
  fileName: string;
  bytes: number;
  sha256: string;
  /** `leftOut`: why a medium is not attached; `notBest`: why not the best file of it is. */
  media: {
    mediaKey: string;
    bytes?: number;
    sha256?: string;
    leftOut?: string;
    notBest?: string;
  }[];
};

/** What the first line of a manifest says; the entries follow, one a line. */
export type ManifestHead = {
  jobId: string;
  taskId: string;
  accountId: string;
  window: Interval;
  /** Named posts that could not be read again, with X's reason. */
  notRead: { id: string; reason: string }[];
  gaps: Gap[];
};

/** The proof of one task: what was handed over, byte for byte, and what was not, and why. */
export async function writeManifest(
  store: Store,
  head: ManifestHead,
  entries: ManifestEntry[],
): Promise<void> {
  const lines = [head, ...entries].map((line) => `${JSON.stringify(line)}\n`);
  await store.put(names.manifest(head.jobId, head.taskId), Buffer.from(lines.join("")), {
    contentType: "application/x-ndjson",
  });
}
