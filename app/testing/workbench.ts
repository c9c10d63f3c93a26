import { afterEach, beforeEach, vi } from "vitest";
import * as z from "zod";
import { names } from "../archive/names.ts";
import { toRecord } from "../archive/records.ts";
import { type Store, toJson } from "../archive/store.ts";
import type { Interval } from "../time/intervals.ts";
import { recordAcceptance } from "../delivery/ledger.ts";
import { addToOutbox } from "../delivery/outbox.ts";
import { ConnectorError } from "../errors.ts";
import type { Twitter } from "../twitter/client.ts";
import { acceptTask, readTask, type Request, type Task, taskRecord } from "../worker/task.ts";
import { startWorker, type Worker, type WorkerDeps } from "../worker/worker.ts";
import { captureDepsOf } from "./captures.ts";
import type { Clock } from "./clock.ts";
import { ACCOUNT, addJob, createParts, type Parts } from "./harness.ts";
import { createMemoryQueue } from "./memory-queue.ts";
import { PLAIN_SEALER } from "./plain-sealer.ts";
import { SAS_URI } from "./platform-calls.ts";

export const WORK_BEGINS = "2026-06-01T12:00:00.000Z";
export const JOB = "job-1";

type Timeline = Twitter["timeline"];
type UploadTo = (blob: string, body: Uint8Array) => Promise<void>;
export type Workbench = Parts & {
  /** What X does when it is asked for a timeline. By default, it knows no posts. */
  onX: (timeline: Timeline) => void;
  /** What X does when it is asked for named posts. */
  onLookup: (lookup: Twitter["lookup"]) => void;
  /** What X says of the token's account. By default, it refuses the token. */
  onAccount: (account: Twitter["account"]) => void;
  /** How often X was asked for a timeline; what only confirms an answer does not count. */
  asked: () => number;
  /** What the platform's container does with an item before it takes it. By default, nothing. */
  onUpload: (upload: UploadTo) => void;
  /** Items in the platform's containers, by the signature of the SAS and the blob's name. */
  uploads: Map<string, Buffer>;
  createUpload: WorkerDeps["createUpload"];
  /** Starts a worker; it is stopped when the bench is cleared. */
  start: (changes?: Partial<WorkerDeps & { concurrency: number }>) => Worker;
  /** Has a post wait that was found after its window had been answered, by a task of before. */
  holdBack: (post: XPost, before: { taskId: string; window: Interval }) => Promise<void>;
  /** Keeps and queues a request of the platform, as the portal's route does. */
  accept: (taskId: string, changes?: Partial<Request>) => Promise<void>;
  taskOf: (taskId: string) => Promise<Task>;
  /** Puts back everything that was given up, as `npm run requeue` does. */
  requeue: () => void;
  clear: () => Promise<void>;
};

/**
 * A worker's surroundings in memory, with an X that answers at once and a clock that only moves with
 * vitest's fake timers (which a test has to ask for first).
 */
export async function createWorkbench(): Promise<Workbench> {
  const clock = createFakeTimersClock();
  const parts: Parts = {
    ...createParts("http://127.0.0.1:1"),
    clock,
    queue: createMemoryQueue(clock.now),
    sealer: PLAIN_SEALER,
  };
  await addJob(parts, JOB);
  const workers: Worker[] = [];
  let timeline: Timeline = answerNoPosts;
  let lookup: Twitter["lookup"] = async () => answerNoPosts();
  let account: Twitter["account"] = async () => {
    throw new ConnectorError("x-token-refused", "X answered 401");
  };
  let asked = 0;
  const unconfirmed = new Map<string, number>();
  let upload: UploadTo = async () => undefined;
  const uploads = new Map<string, Buffer>();
  const createUpload: WorkerDeps["createUpload"] = (sasUri, folder) => async (fileName, body) => {
    const blob = `${new URL(sasUri).searchParams.get("sig")}/${folder}/${fileName}`;
    await upload(blob, body);
    uploads.set(blob, Buffer.from(body));
  };
  const twitter: Twitter = {
    ...parts.twitter,
    async timeline(...asking) {
      const [, , { startTime, endTime }] = asking;
      const question = `${startTime} ${endTime}`;
      // An end is confirmed by what is older than the last post, and silence by asking once more.
      // A refusal is followed by the same question without times.
      const confirms = unconfirmed.get(question) ?? 0;
      const isWithoutTimes = startTime === undefined && endTime === undefined;
      if (confirms > 0 || isWithoutTimes) {
        unconfirmed.set(question, Math.max(confirms - 1, 0));
        return timeline(...asking);
      }
      asked += 1;
      const answer = await timeline(...asking);
      unconfirmed.set(question, (unconfirmed.get(question) ?? 0) + 1);
      return answer;
    },
    lookup: (...query) => lookup(...query),
    account: (...query) => account(...query),
  };
  return {
    ...parts,
    onX(next) {
      timeline = next;
    },
    onLookup(next) {
      lookup = next;
    },
    onAccount(next) {
      account = next;
    },
    asked: () => asked,
    onUpload(next) {
      upload = next;
    },
    uploads,
    createUpload,
    start({ concurrency = 1, ...changes } = {}) {
      const deps = { ...workerDepsOf({ ...parts, twitter }), createUpload, ...changes };
      const worker = startWorker(deps, { concurrency });
      workers.push(worker);
      return worker;
    },
    async holdBack(post, { taskId, window }) {
      const page = names.page(names.lookupPages(JOB, taskId), 1);
      const body = toJson({ data: [post], meta: { result_count: 1 } });
      await parts.store.create(page, body, { metadata: { receivedat: WORK_BEGINS } });
      await addToOutbox(parts.store, JOB, {
        feed: "posts",
        id: post.id,
        reason: "late",
        pages: [page],
        foundAt: WORK_BEGINS,
      });
      await recordAcceptance(
        parts.store,
        { jobId: JOB, taskId, asked: 1 },
        {
          day: "2026-05-31",
          acceptedAt: WORK_BEGINS,
          window,
        },
      );
    },
    async accept(taskId, changes = {}) {
      await acceptTask(parts.store, { ...createRequest(taskId), ...changes });
      await parts.queue.send({ jobId: JOB, taskId });
    },
    async taskOf(taskId) {
      const task = await readTask(parts.store, JOB, taskId);
      if (!task) {
        throw new Error(`There is no task ${taskId}`);
      }
      return task;
    },
    requeue() {
      for (const text of parts.queue.poisoned().splice(0)) {
        parts.queue.put(poisonedSchema.parse(JSON.parse(text)).message);
      }
    },
    async clear() {
      const stopped = Promise.all(workers.map((worker) => worker.stop()));
      await vi.advanceTimersByTimeAsync(30_000);
      await stopped;
    },
  };
}

/**
 * A workbench for each test of a file or group, on fake timers that begin at an instant. `take` is
 * handed it before each test, and sets up what those tests have in common.
 */
export function useWorkbench(
  take: (bench: Workbench) => void | Promise<void>,
  { begins = WORK_BEGINS }: { begins?: string } = {},
): void {
  let bench: Workbench;
  beforeEach(async () => {
    vi.useFakeTimers({ now: new Date(begins) });
    bench = await createWorkbench();
    await take(bench);
  });
  afterEach(async () => {
    await bench.clear();
    vi.useRealTimers();
  });
}

const poisonedSchema = z.object({ message: z.string() });

export async function answerNoPosts(): ReturnType<Timeline> {
  return {
    body: Buffer.from('{"meta":{"result_count":0}}'),
    about: { request: "users/42/tweets?", receivedat: new Date().toISOString() },
  };
}

type XPost = { id: string; created_at: string };

/** An X that has posts, and gives those of the time that it is asked for, on one page. */
export function answerPosts(posts: XPost[]): Timeline {
  return async (_token, accountId, { startTime = "", endTime = "9999", untilId }) => {
    const data = posts
      .filter(({ created_at: time }) => startTime <= time && time.replace(".000Z", "Z") <= endTime)
      .filter(({ id }) => untilId === undefined || BigInt(id) < BigInt(untilId))
      .toSorted((a, b) => (BigInt(a.id) > BigInt(b.id) ? -1 : 1));
    const page = {
      ...(data.length > 0 && { data, includes: { users: [ACCOUNT] } }),
      meta: { result_count: data.length },
    };
    const asked = `start_time=${startTime}&end_time=${endTime}`;
    const older = untilId === undefined ? "" : `&until_id=${untilId}`;
    const request = `users/${accountId}/tweets?${asked}${older}`;
    return {
      body: Buffer.from(JSON.stringify(page)),
      about: { request, receivedat: new Date().toISOString() },
    };
  };
}

/** An X that answers only when it is told to. */
export function createPatientX(): { timeline: Timeline; answer: () => void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return {
    async timeline() {
      await promise;
      return answerNoPosts();
    },
    answer: () => resolve(undefined),
  };
}

export function createRequest(taskId: string): Request {
  return {
    jobId: JOB,
    taskId,
    window: { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" },
    dirtyIds: [],
    sealedSas: JSON.stringify(SAS_URI),
    acceptedAt: new Date().toISOString(),
  };
}

/** Keeps a task as it may have become. */
export async function putTask(store: Store, taskId: string, changes: Partial<Task>): Promise<void> {
  const request = createRequest(taskId);
  const task: Task = {
    ...request,
    state: "accepted",
    changedAt: request.acceptedAt,
    asked: 1,
    question: 1,
    answer: 1,
    attempts: 0,
    crashes: 0,
    ...changes,
  };
  await store.put(names.task(task.jobId, taskId), toRecord(taskRecord, task));
  if (task.state !== "delivered") {
    await store.put(names.undeliveredTask(task.jobId, taskId), Buffer.alloc(0));
  }
}

function workerDepsOf(parts: Parts): WorkerDeps {
  const { queue, sealer, platform, settings } = parts;
  return {
    ...captureDepsOf(parts, { posts: 0 }),
    queue,
    sealer,
    platform,
    fetchMedia: async () => ({ refusal: "no post here has media" }),
    sasHosts: settings.SAS_HOSTS,
    uploadConcurrency: 1,
    createUpload: () => async () => undefined,
    // No capture on a timer: the queue holds what a test puts there.
    captureIntervalMs: 0,
  };
}

function createFakeTimersClock(): Clock {
  return {
    now: () => new Date(),
    set: (instant) => void vi.setSystemTime(instant),
    advance: (ms) => void vi.setSystemTime(Date.now() + ms),
  };
}
