import { pMapIterable } from "p-map";
import * as z from "zod";
import { idOf, names, type RecordKey } from "../archive/names.ts";
import { type RecordOf, recordType, renamed, toRecord } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";

/** Why a record waits, and the stored pages that hold it, in the order in which they came. */
export const waitedSchema = z.object({
  reason: z.enum(["late", "edited", "completed", "asked again", "over the daily limit", "record"]),
  pages: z.array(z.string()).min(1),
});
const entryRecord = recordType(
  waitedSchema.extend({
    feed: z.string(),
    id: z.string(),
    foundAt: z.string(),
    /** Lists that went out without it because it could not go. */
    tries: z.number().optional(),
    /** Why no task takes it along any more, unless it changes or a person puts it back. */
    givenUp: z.string().optional(),
  }),
  [(entry) => ({ ...renamed(entry, { postId: "id" }), feed: "posts" })],
);

/** A record that waits to go out with the job's next task. */
export type OutboxEntry = RecordOf<typeof entryRecord>;

/** Whether the platform may have a post already, and is to have it as it is now. */
export function isChange({ reason }: Pick<OutboxEntry, "reason">): boolean {
  return reason === "edited" || reason === "completed" || reason === "asked again";
}

/**
 * A post that waits already keeps its place; new pages are added to it, and that it has changed. With
 * those it may go.
 */
export async function addToOutbox(store: Store, jobId: string, entry: OutboxEntry): Promise<void> {
  const name = names.outboxEntry(jobId, entry);
  // Twice: an entry that has gone out between the two calls is created anew.
  for (const _ of ["wait", "wait again"]) {
    if (await createDocument(store, name, entryRecord, entry)) {
      return;
    }
    const waiting = await changeDocument(store, {
      name,
      type: entryRecord,
      change: (known) => {
        const pages = entry.pages.filter((page) => !known.pages.includes(page));
        const reason = isChange(entry) ? entry.reason : known.reason;
        return pages.length === 0
          ? undefined
          : { ...asUntried(known), reason, pages: [...known.pages, ...pages] };
      },
    });
    if (waiting) {
      return;
    }
  }
  throw new ConnectorError("conflict", `${name} is being changed by others all the time`);
}

/** There may be 100,000 entries: how many are written, and read, at a time. */
export const OUTBOX_WRITERS = 20;
const READERS = 16;

/** What waits, by name and so by id: an order of time only among ids of one length. */
export async function* readOutbox(store: Store, jobId: string): AsyncGenerator<OutboxEntry> {
  const documents = pMapIterable(
    store.list(names.outbox(jobId)),
    (name) => readDocument(store, name, entryRecord),
    { concurrency: READERS },
  );
  for await (const document of documents) {
    if (document) {
      yield document.value;
    }
  }
}

/**
 * Forgets a post that the platform has accepted, unless it has changed since: then it waits on a page
 * that was not known when it was handed over.
 */
export async function removeFromOutbox(
  store: Store,
  jobId: string,
  { pages, ...key }: Pick<OutboxEntry, "feed" | "id" | "pages">,
): Promise<void> {
  const name = names.outboxEntry(jobId, key);
  const document = await readDocument(store, name, entryRecord);
  const isNew = (page: string) => !pages.includes(page);
  if (document && !(isChange(document.value) && document.value.pages.some(isNew))) {
    await store.remove(name, document.etag);
  }
}

/** Lists that go out without a post because it cannot go, before it is given up. */
const MOST_TRIES = 5;

/** Counts a list that went out without a post. @returns whether that was the last try. */
export async function countTry(store: Store, jobId: string, key: RecordKey): Promise<boolean> {
  const waiting = await changeDocument(store, {
    name: names.outboxEntry(jobId, key),
    type: entryRecord,
    change: (known) => ({ ...known, tries: (known.tries ?? 0) + 1 }),
  });
  return (waiting?.tries ?? 0) >= MOST_TRIES;
}

/** Leaves a post where it waits, and to no task any more. */
export async function giveUpWaiting(
  store: Store,
  jobId: string,
  key: RecordKey,
  givenUp: string,
): Promise<void> {
  await changeDocument(store, {
    name: names.outboxEntry(jobId, key),
    type: entryRecord,
    change: (known) => ({ ...known, givenUp }),
  });
}

/** Lets a post that was given up go with the next task. */
export async function putBackWaiting(store: Store, jobId: string, key: RecordKey): Promise<void> {
  await changeDocument(store, {
    name: names.outboxEntry(jobId, key),
    type: entryRecord,
    change: asUntried,
  });
}

function asUntried({ tries: _tries, givenUp: _givenUp, ...known }: OutboxEntry): OutboxEntry {
  return known;
}

/** Keys of records that wait, `feed/id`, by the names of their entries alone. */
export async function keysInOutbox(store: Store, jobId: string): Promise<Set<string>> {
  const folder = names.outbox(jobId);
  const keys = new Set<string>();
  for await (const name of store.list(folder)) {
    keys.add(idOf(name, folder));
  }
  return keys;
}

/** Forgets a post that waited for its own window, with which it has gone out. */
export async function forgetLate(store: Store, jobId: string, key: RecordKey): Promise<void> {
  const name = names.outboxEntry(jobId, key);
  const document = await readDocument(store, name, entryRecord);
  if (document?.value.reason === "late") {
    await store.remove(name, document.etag);
  }
}

const carrierRecord = recordType(z.object({ taskId: z.string() }));

/**
 * One task at a time takes along what waits, from its plan until the platform has accepted it, so
 * that no two hand it over. `isOver` says of another task that it will not be doing that any more.
 */
export async function acquireOutboxLock(
  store: Store,
  { jobId, taskId }: { jobId: string; taskId: string },
  isOver: (taskId: string) => Promise<boolean>,
): Promise<boolean> {
  const name = names.outboxCarrier(jobId);
  if (await createDocument(store, name, carrierRecord, { taskId })) {
    return true;
  }
  const carrier = await readDocument(store, name, carrierRecord);
  if (carrier?.value.taskId === taskId) {
    return true;
  }
  if (!carrier || !(await isOver(carrier.value.taskId))) {
    return false;
  }
  return (
    (await store.replace(name, toRecord(carrierRecord, { taskId }), carrier.etag)) !== undefined
  );
}

/** Lets the next task take along what waits. */
export async function leaveOutbox(
  store: Store,
  { jobId, taskId }: { jobId: string; taskId: string },
): Promise<void> {
  const name = names.outboxCarrier(jobId);
  const carrier = await readDocument(store, name, carrierRecord);
  if (carrier?.value.taskId === taskId) {
    await store.remove(name, carrier.etag);
  }
}

/** How many posts of a job wait. */
export async function countOutbox(store: Store, jobId: string): Promise<number> {
  let count = 0;
  for await (const _ of store.list(names.outbox(jobId))) {
    count += 1;
  }
  return count;
}
