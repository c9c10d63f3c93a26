import type { Store } from "../archive/store.ts";
import { readCoverage } from "../capture/coverage.ts";
import { readSnapshotState } from "../capture/snapshots.ts";
import { join } from "../time/intervals.ts";
import type { Feed } from "./feed.ts";
import { FEEDS } from "./index.ts";
import { readRunState } from "./run-state.ts";
import type { Statement } from "./statement.ts";

export type FeedSwitches = {
  /** Default: the connector's own. */
  feeds?: readonly Feed[] | undefined;
  /** Which are read; by default those that always are. */
  isOn?: ((feed: Feed) => boolean) | undefined;
  /** On what ground others' words are archived, as the organization says it. */
  legalBasis?: string | undefined;
};

/** One statement for each feed, in their order; `createdAt` is when the job was signed in first. */
export async function readStatements(
  store: Store,
  { jobId, createdAt }: { jobId: string; createdAt: string },
  { feeds = FEEDS, isOn = isAlwaysOn }: FeedSwitches = {},
): Promise<Statement[]> {
  const statements: Statement[] = [];
  for (const feed of feeds) {
    const run = await readRunState(store, { jobId, feed });
    statements.push({
      feed: feed.name,
      isOn: isOn(feed),
      since: run && run.isOn === isOn(feed) ? run.since : createdAt,
      ...(await readProved(store, jobId, feed)),
      ...(run && run.pending.length > 0 && { pending: run.pending }),
      limits: feed.limits,
      ...(run?.reason !== undefined && { reason: run.reason }),
      ...(run?.retryAt !== undefined && { retryAt: run.retryAt }),
    });
  }
  return statements;
}

export function isAlwaysOn({ isOn }: Feed): boolean {
  return isOn === undefined;
}

async function readProved(store: Store, jobId: string, feed: Feed): Promise<Partial<Statement>> {
  if (feed.kind === "snapshot") {
    const { versions, checkedAt } = await readSnapshotState(store, { jobId, feed });
    return { versions, ...(checkedAt !== undefined && { checkedAt }) };
  }
  const { intervals, gaps } = await readCoverage(store, { jobId, feed });
  const read = join(intervals.filter(({ without }) => without === undefined));
  return { read, gaps: gaps.length };
}

/** For a person. */
export function wordsFor({
  isOn,
  since,
  read,
  pending,
  gaps,
  versions,
  checkedAt,
}: Statement): string {
  const words = [
    isOn ? `archived since ${since}` : `not archived since ${since}`,
    ...(versions === undefined
      ? []
      : [`${versions} versions`, `last looked at: ${checkedAt ?? "never"}`]),
    ...(read === undefined
      ? []
      : [
          `read completely: ${read.map(({ start, end }) => `${start} to ${end}`).join(", ") || "nothing yet"}`,
        ]),
    ...(gaps ? [`${gaps} gaps`] : []),
    ...(pending ? [`still to be read: ${pending.length} intervals`] : []),
  ];
  return words.join("; ");
}
