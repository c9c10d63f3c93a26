import { pMapIterable } from "p-map";
import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import type { Coverage } from "../capture/coverage.ts";
import { contains, type Interval } from "../time/intervals.ts";
import { pageNames, readStoredPage } from "../capture/pages.ts";
import { countsBy, pagesOfWindow } from "../capture/posts.ts";
import { ConnectorError, type ErrorCode } from "../errors.ts";
import { parsePage, type Post } from "../twitter/page.ts";
import { isChange, type OutboxEntry } from "./outbox.ts";

/** A post to hand over, and the stored page that it is taken from. */
export type PlannedPost = {
  id: string;
  page: string;
  /** When it changed last, as the platform is told. Absent: when it was posted. */
  modifiedAt?: string;
  /** What the outbox said of it, where it waited there. */
  waited?: Pick<OutboxEntry, "reason" | "pages">;
};

/** Posts in order of their ids, and so of time; each once. */
export type Plan = {
  count: number;
  posts: (from: number, to?: number) => Iterable<PlannedPost>;
  /** Whether any of them waited in the outbox. */
  hasWaiting: boolean;
  /** Posts that were asked for by name and are no posts of the account. */
  notOwn: string[];
  /** Posts that wait and cannot be found on their pages: they stay where they are. */
  lost: string[];
};

export type Wanted = {
  jobId: string;
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

/** Posts of one page that have the same to be said of them. Ids as numbers: there may be 200,000. */
type PageBatch = Omit<PlannedPost, "id"> & { ids: BigUint64Array };

const READERS = 4;

/**
 * Finds out which posts a task hands over, from the archive alone. A post that is found in several
 * places is taken as it was read anew for the task, else as it waits, else as it was captured first.
 */
export async function planDelivery(store: Store, wanted: Wanted): Promise<Plan> {
  const notOwn: string[] = [];
  const lost: string[] = [];
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
  const hasWaiting = batches.some(({ waited, ids }) => waited !== undefined && ids.length > 0);
  return { ...inOrder(batches), hasWaiting, notOwn, lost };
}

async function* batchesReadAnew(
  store: Store,
  { jobId, taskId, question, accountId }: Wanted,
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
    yield { page, ids: idsOf(own ?? []), modifiedAt: toSeconds(receivedAt) };
  }
}

async function* batchesCaptured(store: Store, wanted: Wanted): AsyncGenerator<PageBatch> {
  for await (const { page, posts } of readPages(store, pagesOfWindow(store, wanted))) {
    yield { page, ids: idsOf(posts.filter(({ createdAt }) => contains(wanted.window, createdAt))) };
  }
}

async function* batchesWaiting(
  store: Store,
  { outbox, answered, carries, window, coverage }: Wanted,
  lost: string[],
): AsyncGenerator<PageBatch> {
  const counts = countsBy(coverage);
  const isDue = (waited: Waited, { createdAt }: Post) => {
    const isCarried = isChange(waited) || answered.some((one) => contains(one, createdAt));
    return isCarried ? carries : contains(window, createdAt);
  };
  for (const { ids, reason, ...all } of await groupByPages(outbox)) {
    // A capture that was cut off finds its posts again: handed over by now, they would wait anew.
    const waited = { reason, pages: all.pages.filter(counts) };
    const page = waited.pages.at(-1);
    if (page === undefined) {
      continue;
    }
    const { posts, receivedAt } = await readWaiting(store, page, ids).catch(unlessUnusable);
    const found = posts.filter(({ id }) => ids.has(id));
    lost.push(...ids.difference(new Set(found.map(({ id }) => id))));
    yield {
      page,
      waited,
      ids: idsOf(found.filter((post) => isDue(waited, post))),
      ...(isChange(waited) && { modifiedAt: toSeconds(receivedAt) }),
    };
  }
}

/** Posts of a page; where that is not all, also those that were sent along: earlier versions wait, too. */
async function readWaiting(store: Store, page: string, ids: Set<string>): Promise<ReadPage> {
  const read = await readPage(store, page);
  const onPage = new Set(read.posts.map(({ id }) => id));
  if (ids.isSubsetOf(onPage)) {
    return read;
  }
  const along = (await readStoredPage(store, page))?.page.includes.posts.values() ?? [];
  return { ...read, posts: [...read.posts, ...[...along].filter(({ id }) => !onPage.has(id))] };
}

type Waited = Pick<OutboxEntry, "reason" | "pages">;

async function groupByPages(
  outbox: Wanted["outbox"],
): Promise<Iterable<Waited & { ids: Set<string> }>> {
  const batches = new Map<string, Waited & { ids: Set<string> }>();
  for await (const { postId, reason, pages, givenUp } of outbox ?? []) {
    if (givenUp !== undefined) {
      continue;
    }
    const key = [reason, ...pages].join(" ");
    const batch = batches.get(key) ?? { reason, pages, ids: new Set() };
    batch.ids.add(postId);
    batches.set(key, batch);
  }
  return batches.values();
}

/**
 * One page that is gone or damaged must not hold up every window of the job. One that lies in the
 * archive tier is not lost: the task waits for it.
 */
function unlessUnusable(error: unknown): Omit<ReadPage, "page"> {
  if (error instanceof ConnectorError && UNUSABLE.has(error.code)) {
    return { posts: [], receivedAt: "" };
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

function inOrder(batches: PageBatch[]): Pick<Plan, "count" | "posts"> {
  const total = batches.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new BigUint64Array(total);
  const lotOf = new Uint32Array(total);
  let filled = 0;
  for (const [index, batch] of batches.entries()) {
    ids.set(batch.ids, filled);
    lotOf.fill(index, filled, filled + batch.ids.length);
    filled += batch.ids.length;
  }
  const idAt = (place: number) => ids[place] ?? 0n;
  // Of places with the same id, the one whose lot comes first stands first, and alone remains.
  const order = Uint32Array.from(ids.keys())
    .sort((a, b) => (idAt(a) < idAt(b) ? -1 : idAt(a) > idAt(b) ? 1 : a - b))
    .filter((place, index, all) => index === 0 || idAt(all[index - 1] ?? 0) !== idAt(place));
  return {
    count: order.length,
    *posts(from, to) {
      for (const place of order.subarray(from, to)) {
        const batch = batches[lotOf[place] ?? 0];
        if (batch) {
          const { ids: _, ...about } = batch;
          yield { id: String(idAt(place)), ...about };
        }
      }
    },
  };
}

function idsOf(posts: Post[]): BigUint64Array {
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
