import pMap from "p-map";
import type { Sealer } from "../archive/seal.ts";
import type { Store } from "../archive/store.ts";
import { capture, type CaptureDeps } from "../capture/capture.ts";
import type { MediaDeps } from "../capture/media.ts";
import { lookUp } from "../capture/lookup.ts";
import { type Coverage, readCoverage } from "../capture/coverage.ts";
import { type Interval, subtract } from "../capture/interval.ts";
import { deliver, type Upload } from "../delivery/deliver.ts";
import { dayOf, keepRoom, NEAR_DAILY_LIMIT, readAnswered, type Room } from "../delivery/ledger.ts";
import {
  createManifest,
  type Manifest,
  type ManifestEntry,
  readManifest,
} from "../delivery/manifest.ts";
import { addToOutbox, carryOutbox, leaveOutbox, readOutbox } from "../delivery/outbox.ts";
import { type Plan, planDelivery } from "../delivery/plan.ts";
import { sasProblem } from "../delivery/sas.ts";
import { ConnectorError } from "../errors.ts";
import { type Job, openToken, readJob } from "../jobs/job.ts";
import type { Platform } from "../platform/platform.ts";
import { isDone, readTask, type Task } from "./task.ts";

export type TaskDeps = CaptureDeps &
  MediaDeps & {
    sealer: Sealer;
    platform: Platform;
    sasHosts: string[];
    uploadConcurrency: number;
    createUpload: (sasUri: string, folder: string) => Upload;
  };

export type Counts = { items: number; leftOut: number };

const OUTBOX_WRITERS = 20;

/**
 * Does a task up to its completion, from wherever it stands: capture, look up, upload, manifest. Every
 * step may be done again. A task that has its manifest is answered with the same list and the same
 * bytes from the archive alone.
 * @throws ConnectorError, for `decideOutcome`.
 */
export async function processTask(deps: TaskDeps, task: Task): Promise<Counts> {
  const { store, sealer } = deps;
  const { jobId, taskId, question, window, dirtyIds: ids } = task;
  const job = await readJob(store, jobId);
  if (!job) {
    throw new ConnectorError("job-gone", "The job was removed");
  }
  const earlier = await readManifest(store, task);
  if (earlier) {
    return answerAgain(deps, task, earlier);
  }
  const known = await readCoverage(store, jobId);
  if (ids.length === 0 && isKnown(window, known)) {
    return answer(deps, task, { job, coverage: known, notRead: new Map() });
  }
  const token = await openToken(sealer, job);
  const coverage = await capture(deps, { jobId, accountId: job.account.id, token }, window);
  const notRead = await lookUp(deps, { jobId, taskId, question, token, ids });
  return answer(deps, task, { job, coverage, notRead });
}

/** Whether X has nothing more to say of a window: then it does not matter whether it still talks to us. */
function isKnown(window: Interval, { intervals }: Coverage): boolean {
  const whole = intervals.filter(({ without }) => without === undefined);
  return subtract(window, whole).length === 0;
}

async function answer(
  deps: TaskDeps,
  task: Task,
  { job, coverage, notRead }: { job: Job; coverage: Coverage; notRead: Map<string, string> },
): Promise<Counts> {
  const { store } = deps;
  const { jobId, taskId, window } = task;
  const { id, name } = job.account;
  const upload = await openContainer(deps, task);
  const plan = await planWithOutbox(store, task, { accountId: id, coverage });
  for (const postId of plan.lost) {
    deps.log("delivery.post-lost", { jobId, taskId, postId });
  }
  const room = await makeRoom(deps, task, { items: plan.count, some: true });
  await holdBack(deps, jobId, plan.posts(room.granted));
  const waiting = plan.count - room.granted;
  if (waiting > 0) {
    deps.log("delivery.over-daily-limit", { jobId, taskId, waiting });
  }
  const { entries, counts } = counted(
    deliver(
      { ...deps, concurrency: deps.uploadConcurrency },
      { jobId, account: { id, name }, posts: plan.posts(0, room.granted), upload },
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
  };
  if (!(await createManifest(store, task, { head, entries }))) {
    throw new ConnectorError("conflict", "Someone else has made the task's list meanwhile");
  }
  return counts;
}

async function answerAgain(deps: TaskDeps, task: Task, earlier: Manifest): Promise<Counts> {
  const upload = await openContainer(deps, task);
  const posts = async function* posts() {
    for await (const known of earlier.entries()) {
      const { id, page, waited, modificationTimestampUtc: modifiedAt } = known;
      yield { id, page, modifiedAt, ...(waited && { waited }), known };
    }
  };
  const { entries, counts } = counted(
    deliver(
      { ...deps, concurrency: deps.uploadConcurrency },
      { jobId: task.jobId, account: earlier.head.account, posts: posts(), upload },
    ),
  );
  for await (const _ of entries) {
    // Each is uploaded by the time it comes.
  }
  return counts;
}

async function planWithOutbox(
  store: Store,
  task: Task,
  { accountId, coverage }: { accountId: string; coverage: Coverage },
): Promise<Plan> {
  const { jobId, taskId, question, window } = task;
  const isOver = async (other: string) => {
    const carrier = await readTask(store, jobId, other);
    return !carrier || isDone(carrier);
  };
  const carries = await carryOutbox(store, task, isOver);
  const plan = await planDelivery(store, {
    jobId,
    taskId,
    question,
    accountId,
    window,
    coverage,
    outbox: readOutbox(store, jobId),
    ...(carries && { answered: await readAnswered(store, jobId) }),
  });
  if (!plan.hasWaiting) {
    await leaveOutbox(store, task);
  }
  return plan;
}

/** Keeps room in the day for an answer, and tells when the day is nearly full. */
export async function makeRoom(
  { store, log, now }: Pick<TaskDeps, "store" | "log" | "now">,
  task: Task,
  { items, some }: { items: number; some: boolean },
): Promise<Room> {
  const { jobId } = task;
  const room = await keepRoom(store, task, { day: dayOf(now()), items, some });
  if (room.before < NEAR_DAILY_LIMIT && room.after >= NEAR_DAILY_LIMIT) {
    log("delivery.daily-limit-near", { jobId, items: room.after });
  }
  return room;
}

/** What does not fit into the day waits in the outbox. What came from there is there still. */
async function holdBack(
  { store, now }: TaskDeps,
  jobId: string,
  posts: ReturnType<Plan["posts"]>,
): Promise<void> {
  await pMap(
    posts,
    async ({ id, page, modifiedAt, waited }) => {
      if (!waited) {
        const reason = modifiedAt === undefined ? "over the daily limit" : "asked again";
        const foundAt = now().toISOString();
        await addToOutbox(store, jobId, { postId: id, reason, pages: [page], foundAt });
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
  const counts = { items: 0, leftOut: 0 };
  const entries = async function* entries() {
    for await (const entry of all) {
      counts.items += 1;
      counts.leftOut += entry.media.filter(({ leftOut }) => leftOut !== undefined).length;
      yield entry;
    }
  };
  return { entries: entries(), counts };
}

async function openContainer(
  { sealer, sasHosts, createUpload, now }: TaskDeps,
  { jobId, taskId, sealedSas }: Task,
): Promise<Upload> {
  const sasUri = await sealer.open(sealedSas);
  if (typeof sasUri !== "string") {
    throw new ConnectorError("unusable-record", "The task's container address cannot be read");
  }
  const problem = sasProblem(sasUri, sasHosts, now());
  if (problem !== undefined) {
    throw new ConnectorError("sas-unusable", `The platform's container address ${problem}`);
  }
  return createUpload(sasUri, `${jobId}/${taskId}`);
}
