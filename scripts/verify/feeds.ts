import { names } from "../../app/archive/names.ts";
import type { Store } from "../../app/archive/store.ts";
import { readCoverage } from "../../app/capture/coverage.ts";
import { postsOfWindow } from "../../app/capture/posts.ts";
import { prove, readEvidence } from "../../app/capture/proof.ts";
import { versionsOf } from "../../app/capture/snapshots.ts";
import { readOutbox } from "../../app/delivery/outbox.ts";
import type { JobFeed, TimelineFeed, TimelineKey } from "../../app/feeds/feed.ts";
import { FEEDS } from "../../app/feeds/index.ts";
import type { Comparison } from "./comparison.ts";
import { manifestsOf } from "./manifests.ts";

/** The feeds of a job, beside its own timeline, of which something was archived. */
export async function feedsIn(store: Store, jobId: string): Promise<JobFeed[]> {
  const found: JobFeed[] = [];
  for (const feed of FEEDS.filter(({ goesWith }) => goesWith === "the next task")) {
    if (await isArchived(store, { jobId, feed })) {
      found.push({ jobId, feed });
    }
  }
  return found;
}

async function isArchived(store: Store, of: JobFeed): Promise<boolean> {
  for await (const _ of store.list(names.evidenceOf(of))) {
    return true;
  }
  return false;
}

/**
 * Holds what is archived of a feed against its stored answers, and against what was handed over or waits
 * to be: each version of a snapshot with its answer and the one before, each interval of a timeline with
 * its pages.
 */
export async function checkFeed(
  store: Store,
  accountId: string,
  { jobId, feed }: JobFeed,
): Promise<Comparison> {
  const gone = await keysGoneOrWaiting(store, jobId, feed.name);
  const unknown = (id: string) =>
    gone.has(id) ? [] : [`${feed.name} ${id} is archived and was not handed over`];
  if (feed.kind === "timeline") {
    return checkTimeline(store, { jobId, feed, accountId, unknown });
  }
  const wrong: string[] = [];
  let versions = 0;
  let last: string | undefined;
  for await (const { name, version } of versionsOf(store, { jobId, feed })) {
    versions += 1;
    const { id, answer, before } = version;
    const page = await feed.openPage(store, name);
    wrong.push(
      ...((await page?.find(id))
        ? []
        : [`${id}: ${answer}, which shows it, is not in the archive`]),
      ...(before?.id === last ? [] : [`${id}: it follows ${before?.id}, and not ${last}`]),
      ...unknown(id),
    );
    last = id;
  }
  return { looked: `${versions} versions`, wrong };
}

async function checkTimeline(
  store: Store,
  {
    accountId,
    unknown,
    ...of
  }: TimelineKey & { accountId: string; unknown: (id: string) => string[] },
): Promise<Comparison> {
  const { isRecord = () => true }: Pick<TimelineFeed, "isRecord"> = of.feed;
  const coverage = await readCoverage(store, of);
  const evidence = await readEvidence(store, of);
  const { unproven } = prove(evidence, coverage);
  const wrong = unproven.map(({ start, end }) => `${start} to ${end} is not proved by its pages`);
  let records = 0;
  for (const window of coverage.intervals) {
    for await (const { post } of postsOfWindow(store, { ...of, window, coverage })) {
      if (isRecord(post, accountId)) {
        records += 1;
        wrong.push(...unknown(post.id));
      }
    }
  }
  return { looked: `${coverage.intervals.length} intervals, ${records} records`, wrong };
}

async function keysGoneOrWaiting(store: Store, jobId: string, feed: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { manifest } of manifestsOf(store, jobId)) {
    for await (const entry of manifest.entries()) {
      ids.add(entry.id);
    }
  }
  for await (const entry of readOutbox(store, jobId)) {
    if (entry.feed === feed) {
      ids.add(entry.id);
    }
  }
  return ids;
}
