import pMap from "p-map";
import type { RecordKey } from "../archive/names.ts";
import type { Coverage } from "../capture/coverage.ts";
import { deliver, type DeliverDeps, type DueRecord, type Upload } from "../delivery/deliver.ts";
import { dayOf, reserveQuota, readAnswered } from "../delivery/ledger.ts";
import { createManifest, type Manifest, type ManifestEntry } from "../delivery/manifest.ts";
import {
  addToOutbox,
  acquireOutboxLock,
  countTry,
  giveUpWaiting,
  leaveOutbox,
  OUTBOX_WRITERS,
  readOutbox,
} from "../delivery/outbox.ts";
import { type Plan, planDelivery } from "../delivery/plan.ts";
import { ConnectorError, describeError, type ErrorCode, isStorageDown } from "../errors.ts";
import { feedNamed, FEEDS, ownTimeline } from "../feeds/index.ts";
import { type FeedSwitches, readStatements } from "../feeds/statements.ts";
import type { Job } from "../jobs/job.ts";
import { LeaseLostError, type WorkQueue } from "./queue.ts";
import { isDone, isRefused, readTask, type Task } from "./task.ts";

export type AnswerDeps = FeedSwitches &
  Omit<DeliverDeps, "concurrency"> & {
    uploadConcurrency: number;
    queue: Pick<WorkQueue, "giveUp">;
  };
export type Counts = { items: number; omitted: number };
/** What a task is answered from, and where its items go. */
export type Known = {
  job: Job;
  coverage: Coverage;
  /** Why named posts could not be read, by id. */
  notRead: Map<string, string>;
  upload: Upload;
};

/** Tries of a task, a quarter of an hour in all, after which it goes out without what X does not serve. */
const ATTEMPTS_FOR_MEDIA = 8;

/**
 * Makes a task's list out of the archive, uploads what is on it, and writes the manifest: from then
 * on, the list stays as it is.
 */
export async function answer(
  deps: AnswerDeps,
  task: Task,
  { job, coverage, notRead, upload }: Known,
): Promise<Counts> {
  const { store } = deps;
  const { jobId, taskId, window } = task;
  const { id, name } = job.account;
  const plan = await planWithOutbox(deps, task, { accountId: id, coverage });
  const room = await reserveQuota(deps, task, {
    day: dayOf(deps.now()),
    items: plan.count,
    some: true,
  });
  await holdBack(deps, jobId, plan.records(room.granted));
  const waiting = plan.count - room.granted;
  if (waiting > 0) {
    deps.log("delivery.over-daily-limit", { jobId, taskId, waiting });
  }
  const stuck: Stuck[] = plan.lost.map((key) => ({
    ...key,
    error: new ConnectorError("unusable-record", NOT_ON_ITS_PAGE),
  }));
  const goWithout = ({ feed, id: stuckId, waited }: DueRecord, error: unknown) => {
    const mayStay = waited !== undefined && isOfOneItem(error);
    if (mayStay) {
      stuck.push({ feed: feed.name, id: stuckId, error });
    }
    return mayStay;
  };
  const { entries, counts } = counted(
    deliver(
      {
        ...deps,
        concurrency: deps.uploadConcurrency,
        waitForMedia: task.attempts < ATTEMPTS_FOR_MEDIA,
      },
      {
        jobId,
        account: { id, name },
        window,
        records: plan.records(0, room.granted),
        upload,
        goWithout,
      },
    ),
  );
  const gaps = coverage.gaps.filter(({ start, end }) => start < window.end && end > window.start);
  const head = {
    jobId,
    taskId,
    account: { id, name },
    window,
    notRead: [
      ...[...notRead].map(([asked, reason]) => ({ id: asked, reason })),
      ...plan.notOwn.map((other) => ({ id: other, reason: "is no post of the account" })),
    ],
    waiting,
    gaps,
    feeds: await readStatements(store, job, deps),
    ...(deps.legalBasis !== undefined && { legalBasis: deps.legalBasis }),
  };
  if (!(await createManifest(store, task, { head, entries }))) {
    throw new ConnectorError("conflict", "Someone else has made the task's list meanwhile");
  }
  await keepStuck(deps, task, stuck);
  return counts;
}

type Stuck = RecordKey & { error: unknown };

const NOT_ON_ITS_PAGE = "The stored page does not hold it";
/** Failures that another task would meet as well. Others are the task's own, or nobody's fault. */
const OF_ONE_ITEM: ReadonlySet<ErrorCode> = new Set([
  "upload-refused",
  "unusable-record",
  "x-bad-response",
]);

/** Whether an item fails by itself. What nobody foresaw does. */
function isOfOneItem(error: unknown): boolean {
  return error instanceof ConnectorError
    ? OF_ONE_ITEM.has(error.code)
    : !isStorageDown(error) && !(error instanceof LeaseLostError);
}

/**
 * What waited and could not go waits on: it holds up neither the window nor what waits with it. After
 * its tries, a person is told, who may put it back.
 */
async function keepStuck(
  { store, queue, log }: AnswerDeps,
  { jobId, taskId }: Task,
  stuck: Stuck[],
): Promise<void> {
  for (const { error, ...key } of stuck) {
    const { feed, id: postId } = key;
    log("delivery.post-stuck", { jobId, taskId, feed, postId }, error);
    if (await countTry(store, jobId, key)) {
      const reason = describeError(error).error;
      log("work.poisoned", { jobId, feed, postId, reason });
      // Before it counts as given up: nobody would be told any more.
      await queue.giveUp({ jobId, feed, postId }, reason);
      await giveUpWaiting(store, jobId, key, reason);
    }
  }
}

/**
 * Uploads what an earlier list has, once more. An item of another format is made by today's mapping:
 * its bytes are not those of the list, and the log says so.
 */
export async function answerAgain(
  deps: AnswerDeps,
  { jobId, taskId }: Task,
  { earlier, upload }: { earlier: Manifest; upload: Upload },
): Promise<Counts> {
  let ofOtherFormat = 0;
  let format = 0;
  const records = async function* records() {
    for await (const known of earlier.entries()) {
      const feed = feedNamed(known.feed, deps.feeds);
      if (known.format !== feed.format) {
        ofOtherFormat += 1;
        ({ format } = feed);
      }
      const { id, page, waited, modificationTimestampUtc: modifiedAt } = known;
      yield { feed, id, page, modifiedAt, ...(waited && { waited }), known };
    }
  };
  const { entries, counts } = counted(
    deliver(
      { ...deps, concurrency: deps.uploadConcurrency },
      {
        jobId,
        account: earlier.head.account,
        window: earlier.head.window,
        records: records(),
        upload,
      },
    ),
  );
  for await (const _ of entries) {
    // Each is uploaded by the time it comes.
  }
  if (ofOtherFormat > 0) {
    deps.log("delivery.other-format", { jobId, taskId, items: ofOtherFormat, format });
  }
  return counts;
}

async function planWithOutbox(
  { store, feeds = FEEDS }: AnswerDeps,
  task: Task,
  { accountId, coverage }: { accountId: string; coverage: Coverage },
): Promise<Plan> {
  const { jobId, taskId, question, window } = task;
  const isOver = async (other: string) => {
    const carrier = await readTask(store, jobId, other);
    return !carrier || isDone(carrier) || isRefused(carrier);
  };
  const carries = await acquireOutboxLock(store, task, isOver);
  const plan = await planDelivery(store, {
    jobId,
    feed: ownTimeline(feeds),
    feeds,
    taskId,
    question,
    accountId,
    window,
    coverage,
    outbox: readOutbox(store, jobId),
    carries,
    answered: await readAnswered(store, jobId),
  });
  if (!plan.hasWaiting) {
    await leaveOutbox(store, task);
  }
  return plan;
}

/** What does not fit into the day waits in the outbox. What came from there is there still. */
async function holdBack(
  { store, now }: AnswerDeps,
  jobId: string,
  records: ReturnType<Plan["records"]>,
): Promise<void> {
  await pMap(
    records,
    async ({ feed, id, page, modifiedAt, waited }) => {
      if (!waited) {
        const reason = modifiedAt === undefined ? "over the daily limit" : "asked again";
        const foundAt = now().toISOString();
        await addToOutbox(store, jobId, { feed: feed.name, id, reason, pages: [page], foundAt });
      }
    },
    { concurrency: OUTBOX_WRITERS },
  );
}

/** Counts entries while they pass. */
function counted(all: AsyncIterable<ManifestEntry>): {
  entries: AsyncIterable<ManifestEntry>;
  counts: Counts;
} {
  const counts = { items: 0, omitted: 0 };
  const entries = async function* entries() {
    for await (const entry of all) {
      counts.items += 1;
      counts.omitted += entry.media.filter(({ omitted }) => omitted !== undefined).length;
      yield entry;
    }
  };
  return { entries: entries(), counts };
}
