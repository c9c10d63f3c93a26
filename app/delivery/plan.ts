import { pMapIterable } from "p-map";
import { names, type RecordKey } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { type Coverage, readCoverage } from "../capture/coverage.ts";
import { contains, type Interval } from "../time/intervals.ts";
import { pageNames } from "../capture/pages.ts";
import { countsBy, pagesOfWindow } from "../capture/posts.ts";
import { ConnectorError, type ErrorCode } from "../errors.ts";
import type { Feed, FeedRecord, TimelineKey } from "../feeds/feed.ts";
import { feedNamed } from "../feeds/index.ts";
import { parsePage, type Post } from "../twitter/page.ts";
import { isChange, type OutboxEntry } from "./outbox.ts";

/** A record to hand over, and the stored page that it is taken from. */
export type PlannedRecord = {
  feed: Feed;
  id: string;
  page: string;
  /** When it changed last, as the platform is told. Absent: when it was posted. */
  modifiedAt?: string;
  /** What the outbox said of it, where it waited there. */
  waited?: Pick<OutboxEntry, "reason" | "pages">;
};

/** Posts in order of their ids, and so of time, then records of other ids; each once. */
export type Plan = {
  count: number;
  records: (from: number, to?: number) => Iterable<PlannedRecord>;
  /** Whether any of them waited in the outbox. */
  hasWaiting: boolean;
  /** Posts that were asked for by name and are no posts of the account. */
  notOwn: string[];
  /** Records that wait and cannot be found on their pages: they stay where they are. */
  lost: RecordKey[];
};

export type Wanted = TimelineKey & {
  /** All feeds, in their order: of a record that is in two, the first one's goes out. */
  feeds: readonly Feed[];
  taskId: string;
  question?: number;
  accountId: string;
  window: Interval;
  coverage: Coverage;
  outbox?: AsyncIterable<OutboxEntry>;
  /** Windows that were answered before. */
  answered: Interval[];
  /**
   * Whether it is this task that carries the outbox: then changes and posts of answered windows go
   * along. Another task leaves those to the one that does, also where they are of its own window: of a
   * post that two tasks take, the one that begins anew without it would leave a file that no list names.
   */
  carries: boolean;
};

/** Records of one page that have the same to be said of them. Ids of posts as numbers: there may be 200,000. */
type PageBatch = Omit<PlannedRecord, "id"> & { ids: BigUint64Array; otherIds?: string[] };

const READERS = 4;

/**
 * Finds out which posts a task hands over, from the archive alone. A post that is found in several
 * places is taken as it was read anew for the task, else as it waits, else as it was captured first.
 */
export async function planDelivery(store: Store, wanted: Wanted): Promise<Plan> {
  const notOwn: string[] = [];
  const lost: RecordKey[] = [];
  const batches: PageBatch[] = [];
  for await (const batch of batchesReadAnew(store, wanted, notOwn)) {
    batches.push(batch);
  }
  for await (const batch of batchesWaiting(store, wanted, lost)) {
    batches.push(batch);
  }
  for await (const batch of batchesCaptured(store, wanted)) {
    batches.push(batch);
  }
  const hasWaiting = batches.some(
    ({ waited, ids, otherIds = [] }) => waited !== undefined && ids.length + otherIds.length > 0,
  );
  const rank = ({ feed }: PageBatch) => wanted.feeds.indexOf(feed);
  return { ...inOrder(batches.toSorted((a, b) => rank(a) - rank(b))), hasWaiting, notOwn, lost };
}

async function* batchesReadAnew(
  store: Store,
  { jobId, feed, taskId, question, accountId }: Wanted,
  notOwn: string[],
): AsyncGenerator<PageBatch> {
  for await (const { page, posts, receivedAt } of readPages(
    store,
    pageNames(store, names.lookupPages(jobId, taskId, question)),
  )) {
    const [own, others] = [true, false].map((isOwn) =>
      posts.filter(({ authorId }) => (authorId === accountId) === isOwn),
    );
    notOwn.push(...(others ?? []).map(({ id }) => id));
    yield { feed, page, ids: idsOf(own ?? []), modifiedAt: toSeconds(receivedAt) };
  }
}

async function* batchesCaptured(store: Store, wanted: Wanted): AsyncGenerator<PageBatch> {
  for await (const { page, posts } of readPages(store, pagesOfWindow(store, wanted))) {
    yield {
      feed: wanted.feed,
      page,
      ids: idsOf(posts.filter(({ createdAt }) => contains(wanted.window, createdAt))),
    };
  }
}

async function* batchesWaiting(
  store: Store,
  wanted: Wanted,
  lost: RecordKey[],
): AsyncGenerator<PageBatch> {
  const { outbox, answered, carries, window, feeds } = wanted;
  const counts = createCounts(store, wanted);
  const isDue = (waited: Waited, { createdAt }: FeedRecord) => {
    const isCarried =
      isChange(waited) ||
      waited.reason === "record" ||
      answered.some((one) => contains(one, createdAt));
    return isCarried ? carries : contains(window, createdAt);
  };
  for (const { ids, feed: name, reason, ...all } of await groupByPages(outbox)) {
    const feed = feedNamed(name, feeds);
    // A capture that was cut off finds its posts again: handed over by now, they would wait anew.
    const waited = { reason, pages: await filter(all.pages, (page) => counts(feed, page)) };
    const page = waited.pages.at(-1);
    if (page === undefined) {
      continue;
    }
    const { records, receivedAt } = await readWaiting(store, feed, { page, ids }).catch(
      unlessUnusable,
    );
    const found = records.filter(({ id }) => ids.has(id));
    const lostIds = ids.difference(new Set(found.map(({ id }) => id)));
    lost.push(...[...lostIds].map((id) => ({ feed: name, id })));
    const due = found.filter((record) => isDue(waited, record));
    yield {
      feed,
      page,
      waited,
      ids: idsOf(due.filter(hasNumber)),
      otherIds: due.filter((record) => !hasNumber(record)).map(({ id }) => id),
      ...(isChange(waited) && { modifiedAt: toSeconds(receivedAt) }),
    };
  }
}

/** Says of a page of a feed whether it counts; what is known of each feed is read once. */
function createCounts(store: Store, { jobId, feed: own, coverage }: Wanted) {
  const known = new Map([[own.name, Promise.resolve(countsBy(coverage))]]);
  return async (feed: Feed, page: string): Promise<boolean> => {
    if (feed.kind === "snapshot") {
      return (await store.read(page)) !== undefined;
    }
    const counts =
      known.get(feed.name) ?? readCoverage(store, { jobId, feed }).then((read) => countsBy(read));
    known.set(feed.name, counts);
    return (await counts)(page);
  };
}

/** Records of a page; where that is not all, also those that were sent along: earlier versions wait, too. */
async function readWaiting(
  store: Store,
  feed: Feed,
  { page, ids }: { page: string; ids: Set<string> },
): Promise<{ records: FeedRecord[]; receivedAt: string }> {
  const open = await feed.openPage(store, page);
  if (!open) {
    throw new ConnectorError("unusable-record", `${page} is not in the archive`);
  }
  const { records, receivedAt } = open;
  const along = ids.difference(new Set(records.map(({ id }) => id)));
  const found = await Promise.all([...along].map((id) => open.find(id)));
  return { records: [...records, ...found.flatMap((record) => record ?? [])], receivedAt };
}

type Waited = Pick<OutboxEntry, "reason" | "pages">;
type Waiting = Waited & { feed: string; ids: Set<string> };

async function groupByPages(outbox: Wanted["outbox"]): Promise<Iterable<Waiting>> {
  const batches = new Map<string, Waiting>();
  for await (const { feed, id, reason, pages, givenUp } of outbox ?? []) {
    if (givenUp !== undefined) {
      continue;
    }
    const key = [feed, reason, ...pages].join(" ");
    const batch = batches.get(key) ?? { feed, reason, pages, ids: new Set() };
    batch.ids.add(id);
    batches.set(key, batch);
  }
  return batches.values();
}

async function filter<T>(all: T[], isKept: (one: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(all.map(isKept));
  return all.filter((_, index) => kept[index]);
}

/**
 * One page that is gone or damaged must not hold up every window of the job. One that lies in the
 * archive tier is not lost: the task waits for it.
 */
function unlessUnusable(error: unknown): { records: FeedRecord[]; receivedAt: string } {
  if (error instanceof ConnectorError && UNUSABLE.has(error.code)) {
    return { records: [], receivedAt: "" };
  }
  throw error;
}

const UNUSABLE: ReadonlySet<ErrorCode> = new Set(["unusable-record", "x-bad-response"]);

type ReadPage = { page: string; posts: Post[]; receivedAt: string };

/** A few pages ahead of whoever takes them, in order. */
function readPages(store: Store, pages: AsyncIterable<string>): AsyncIterable<ReadPage> {
  return pMapIterable(pages, (page) => readPage(store, page), { concurrency: READERS });
}

async function readPage(store: Store, page: string): Promise<ReadPage> {
  const blob = await store.read(page);
  if (!blob) {
    throw new ConnectorError("unusable-record", `${page} is not in the archive`);
  }
  const { posts } = parsePage(blob.body);
  return { page, posts, receivedAt: blob.metadata["receivedat"] ?? "" };
}

function inOrder(batches: PageBatch[]): Pick<Plan, "count" | "records"> {
  const total = batches.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new BigUint64Array(total);
  const batchOf = new Uint32Array(total);
  let filled = 0;
  for (const [index, batch] of batches.entries()) {
    ids.set(batch.ids, filled);
    batchOf.fill(index, filled, filled + batch.ids.length);
    filled += batch.ids.length;
  }
  const idAt = (place: number) => ids[place] ?? 0n;
  // Of places with the same id, the one whose lot comes first stands first, and alone remains.
  const order = Uint32Array.from(ids.keys())
    .sort((a, b) => (idAt(a) < idAt(b) ? -1 : idAt(a) > idAt(b) ? 1 : a - b))
    .filter((place, index, all) => index === 0 || idAt(all[index - 1] ?? 0) !== idAt(place));
  const others = withOtherIds(batches);
  return {
    count: order.length + others.length,
    *records(from, to = Infinity) {
      for (const place of order.subarray(from, Math.min(to, order.length))) {
        const batch = batches[batchOf[place] ?? 0];
        if (batch) {
          yield toRecord(batch, String(idAt(place)));
        }
      }
      yield* others.slice(Math.max(from - order.length, 0), Math.max(to - order.length, 0));
    },
  };
}

function withOtherIds(batches: PageBatch[]): PlannedRecord[] {
  const all = batches.flatMap((batch) => (batch.otherIds ?? []).map((id) => toRecord(batch, id)));
  const first = new Map(all.toReversed().map((record) => [record.id, record]));
  return all.filter((record) => first.get(record.id) === record);
}

function toRecord({ ids: _, otherIds: _others, ...about }: PageBatch, id: string): PlannedRecord {
  return { id, ...about };
}

/** Whether an id is one of X's numbers. */
function hasNumber({ id }: FeedRecord): boolean {
  return /^\d+$/.test(id);
}

function idsOf(posts: FeedRecord[]): BigUint64Array {
  const ids = posts.map(({ id }) => BigInt(id));
  if (ids.some((id) => BigInt.asUintN(64, id) !== id)) {
    throw new ConnectorError("unusable-record", "An id of a post is larger than X's ids can be");
  }
  return BigUint64Array.from(ids);
}

/** As the platform writes times. */
function toSeconds(receivedAt: string): string {
  return `${receivedAt.slice(0, 19)}Z`;
}
