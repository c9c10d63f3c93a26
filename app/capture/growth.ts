import * as z from "zod";
import { names } from "../archive/names.ts";
import { type RecordOf, recordType } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { parseAccount } from "../twitter/client.ts";
import type { Source, TimelineKey } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { type Growth, readCoverage, settledIntervals } from "./coverage.ts";
import {
  addSeconds,
  clip,
  compare,
  floorToSecond,
  instantSchema,
  type Interval,
  subtract,
} from "../time/intervals.ts";
import { readPages } from "./pages.ts";
import { timeOfId } from "./post-id.ts";
import { postsOfWindow } from "./posts.ts";
import { readingOf } from "./timeline.ts";
import { SETTLING_SECONDS } from "./scan.ts";

/** How many posts X said that the account has, and when. Deleted posts are not among them. */
const countRecord = recordType(z.object({ at: instantSchema, posts: z.number() }));
type Count = RecordOf<typeof countRecord>;

/** X may count a post so much later than it was made. */
const COUNT_LAG_SECONDS = 5 * 60;
/** A post that was edited keeps its time, and has an id of up to an hour later (docs/x-api.md#edits). */
const EDITABLE_SECONDS = 3600;
/** For so long it is waited for windows in between that nobody has asked for. */
const LONGEST_WAIT_SECONDS = 7 * 24 * 3600;

/**
 * Holds an interval of which X gave no post against the account's own count. A count that has grown
 * by more than all posts that are known or newer says that some were not given. Posts that were deleted
 * meanwhile, and edits that X does not count, make it grow by less: then nothing is said.
 * @returns what the growth is, where posts of the interval must be missing.
 */
export async function growthWithoutPosts(
  deps: CaptureDeps,
  source: Source,
  { part, captureId }: { part: Interval; captureId: string },
): Promise<Growth | undefined> {
  const { store } = deps;
  const [before, now] = [await readCount(store, source), await askCount(deps, source)];
  if (!before || !now || now.posts <= before.posts) {
    return undefined;
  }
  const growth = { since: countedSince(before), until: now.at, posts: now.posts - before.posts };
  // A count tells only of what was made between the last time that it was asked for and this time.
  if (part.end <= growth.since || part.start >= growth.until) {
    return undefined;
  }
  const folder = (time: number) => {
    const asked = `grown-${now.at.replaceAll(":", "")}-${time}`;
    return names.captureProofPages(source, captureId, asked);
  };
  if (await isExplained(deps, source, { part, growth, folder: folder(1) })) {
    return undefined;
  }
  // A post may be counted before X shows it.
  await deps.wait(SETTLING_SECONDS * 1000);
  const isSo = await isExplained(deps, source, { part, growth, folder: folder(2) });
  return isSo ? undefined : growth;
}

/** Takes note of the account's count, for what is read later; not while a part before is still to be read. */
export async function noteCount(deps: CaptureDeps, source: Source): Promise<void> {
  const { store } = deps;
  const name = names.count(source);
  const [before, now] = [await readCount(store, source), await askCount(deps, source)];
  if (!now || (before && !(await isReadSince(store, source, before)))) {
    return;
  }
  if (!(await createDocument(store, name, countRecord, now))) {
    const change = (count: Count) => (count.at < now.at ? now : undefined);
    await changeDocument(store, { name, type: countRecord, change });
  }
}

/** Whether as many posts of that time are known by now. */
export async function isKnown(store: Store, of: TimelineKey, growth: Growth): Promise<boolean> {
  return (await knownOf(store, of, growth)).size >= growth.posts;
}

/** For a person. */
export function wordsForGrowth({ posts, since }: Growth): string {
  return `X counts ${posts} posts more than at ${since}, and gave fewer`;
}

async function isExplained(
  deps: CaptureDeps,
  source: Source,
  { part, growth, folder }: { part: Interval; growth: Growth; folder: string },
): Promise<boolean> {
  const { store } = deps;
  const coverage = await readCoverage(store, source);
  const settled = [...settledIntervals(coverage), part];
  const until = endOf(settled);
  const since = { start: growth.since, end: until };
  // What was not read yet, or is a gap as it is, may hold them.
  const gaps = coverage.gaps.filter(({ postId }) => postId === undefined);
  if (subtract(since, settled).length > 0 || clip(gaps, since).length > 0) {
    return true;
  }
  const ids = await knownOf(store, source, growth);
  const query = { startTime: until };
  for await (const { page } of readPages(store, { ...readingOf(deps, source), folder, query })) {
    if (ids.size >= growth.posts) {
      return true;
    }
    page.posts.flatMap(({ versions }) => versions).forEach((id) => ids.add(id));
  }
  return ids.size >= growth.posts;
}

/** Ids of known posts that were made, or edited, in the time of a growth; no more than it has. */
async function knownOf(
  store: Store,
  of: TimelineKey,
  { since, until, posts }: Growth,
): Promise<Set<string>> {
  const ids = new Set<string>();
  const coverage = await readCoverage(store, of);
  const window = { start: addSeconds(since, -EDITABLE_SECONDS), end: addSeconds(until, 1) };
  for await (const { post } of postsOfWindow(store, { ...of, window, coverage })) {
    const made = post.versions.filter((id) => isBetween(timeOfId(id) ?? "", { since, until }));
    made.forEach((id) => ids.add(id));
    if (ids.size >= posts) {
      return ids;
    }
  }
  return ids;
}

async function isReadSince(store: Store, of: TimelineKey, count: Count): Promise<boolean> {
  const settled = settledIntervals(await readCoverage(store, of));
  const since = { start: countedSince(count), end: endOf(settled) };
  const isOld = addSeconds(count.at, LONGEST_WAIT_SECONDS) < since.end;
  return isOld || subtract(since, settled).length === 0;
}

async function readCount(store: Store, of: TimelineKey): Promise<Count | undefined> {
  return (await readDocument(store, names.count(of), countRecord))?.value;
}

async function askCount(
  { askAccount, now }: CaptureDeps,
  source: Source,
): Promise<Count | undefined> {
  const { body, about } = await askAccount(source);
  const posts = source.feed.countOf?.(parseAccount(body));
  const at = floorToSecond(new Date(about["receivedat"] ?? now()));
  return posts === undefined ? undefined : { at, posts };
}

function countedSince({ at }: Count): string {
  return addSeconds(at, -COUNT_LAG_SECONDS);
}

function endOf(intervals: Interval[]): string {
  return (
    intervals
      .map(({ end }) => end)
      .toSorted(compare)
      .at(-1) ?? ""
  );
}

function isBetween(time: string, { since, until }: Omit<Growth, "posts">): boolean {
  return since <= time && time <= until;
}
