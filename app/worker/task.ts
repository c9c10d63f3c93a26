import pMap from "p-map";
import * as z from "zod";
import { idOf, names } from "../archive/names.ts";
import { type RecordOf, recordType, renamed } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { intervalSchema } from "../time/intervals.ts";
import { COMPLETION_TRIES } from "../outcomes.ts";
import { COMPLETION_STATUS } from "../import-service/client.ts";
import { LeaseLostError } from "./queue.ts";

export const taskRecord = recordType(
  z.object({
    jobId: z.string(),
    taskId: z.string(),
    window: intervalSchema,
    dirtyIds: z.array(z.string()),
    /** The platform's container SAS, sealed: it lets its holder write. */
    sealedSas: z.string(),
    /** `completion-pending`: all is done but that the platform has not accepted the completion. */
    state: z.enum(["accepted", "waiting", "completion-pending", "delivered", "failed"]),
    acceptedAt: z.string(),
    changedAt: z.string(),
    /** When its message is to be seen again, while it waits. */
    dueAt: z.string().optional(),
    /** How often the platform has asked, each time with a SAS of its own. */
    asked: z.number(),
    /** Counts what it asked for: another window, or other ids, under the same id. */
    question: z.number(),
    /** Counts the lists that were made for it; one that may have been accepted stays as it is. */
    answer: z.number(),
    /** Failures without a reason to wait. */
    attempts: z.number(),
    /** Runs in a row that ended without a word, because their process did. */
    crashes: z.number(),
    reason: z.string().optional(),
    waitsFor: z.object({ code: z.string(), since: z.string() }).optional(),
    /** The completion that is owed, until the platform has accepted it. */
    pendingCompletion: z
      .object({
        status: z.enum(COMPLETION_STATUS),
        since: z.string(),
        tries: z.number(),
        /** The message goes to the poison queue once the platform knows. */
        poison: z.boolean(),
      })
      .optional(),
    /** Who works on it. Two messages may ask for one task; a lease covers only one of them. */
    run: z.object({ id: z.string(), until: z.string() }).optional(),
    items: z.number().optional(),
    omitted: z.number().optional(),
  }),
  [
    ({ state, ...task }) => ({
      ...renamed(task, { deaths: "crashes", owed: "pendingCompletion", leftOut: "omitted" }),
      state: state === "owed" ? "completion-pending" : state,
    }),
  ],
);

/** One request of the platform: a window of a job's timeline, and where its items go. */
export type Task = RecordOf<typeof taskRecord>;
export type TaskKey = Pick<Task, "jobId" | "taskId">;
export type Request = Pick<
  Task,
  "jobId" | "taskId" | "window" | "dirtyIds" | "sealedSas" | "acceptedAt"
>;

export async function readTask(
  store: Store,
  jobId: string,
  taskId: string,
): Promise<Task | undefined> {
  return (await readDocument(store, names.task(jobId, taskId), taskRecord))?.value;
}

/**
 * Keeps a request. The same task again brings a fresh SAS: what is due is sent there anew, and
 * whoever works on the task finds that it was asked for again.
 */
export async function acceptTask(store: Store, request: Request): Promise<void> {
  const name = names.task(request.jobId, request.taskId);
  const { acceptedAt: changedAt } = request;
  const first: Task = {
    ...request,
    state: "accepted",
    changedAt,
    asked: 1,
    question: 1,
    answer: 1,
    attempts: 0,
    crashes: 0,
  };
  if (!(await createDocument(store, name, taskRecord, first))) {
    await changeDocument(store, {
      name,
      type: taskRecord,
      change: (task) => askAgain(task, request),
    });
  }
  // Last, so that whoever has just delivered the task, and takes its mark away, finds this one newer.
  await store.put(names.undeliveredTask(request.jobId, request.taskId), Buffer.alloc(0));
}

function askAgain(task: Task, { window, dirtyIds, sealedSas, acceptedAt }: Request): Task {
  const isSame =
    task.window.start === window.start &&
    task.window.end === window.end &&
    new Set(task.dirtyIds).symmetricDifference(new Set(dirtyIds)).size === 0;
  const { items: _items, omitted: _omitted, ...anew } = restart(task, acceptedAt);
  const other = { ...anew, window, dirtyIds, question: task.question + 1, answer: task.answer + 1 };
  return { ...(isSame ? restart(task, acceptedAt) : other), sealedSas, asked: task.asked + 1 };
}

/** From the beginning: with the same list if the platform may have accepted it, else with a new one. */
function restart(task: Task, changedAt: string): Task {
  const {
    reason: _reason,
    waitsFor: _waitsFor,
    pendingCompletion: _owed,
    dueAt: _dueAt,
    ...kept
  } = task;
  const answer = task.state === "failed" ? task.answer + 1 : task.answer;
  return { ...kept, state: "accepted", changedAt, attempts: 0, crashes: 0, answer };
}

export type Claim =
  | { kind: "ours"; task: Task }
  | { kind: "held"; until: Date }
  | { kind: "over" }
  | { kind: "unknown"; reason: string };

/**
 * Takes a task to work on, unless someone else has it in hand or nothing more is to be done. A task
 * that failed is taken up anew by the message of that very failure, which a person has put back; the
 * platform and whoever put it back before have been answered.
 */
export async function claimTask(
  store: Store,
  key: TaskKey & { failed?: number | undefined },
  { runId, now, forMs }: { runId: string; now: Date; forMs: number },
): Promise<Claim> {
  const run = { id: runId, until: new Date(now.getTime() + forMs).toISOString() };
  const isHeld = (task: Task) => task.run !== undefined && new Date(task.run.until) > now;
  const task = await changeDocument(store, {
    name: names.task(key.jobId, key.taskId),
    type: taskRecord,
    change: (found) => {
      if (found.state === "delivered" || isHeld(found)) {
        return undefined;
      }
      if (found.state === "failed") {
        const isPutBack = key.failed === found.answer;
        return isPutBack ? { ...restart(found, now.toISOString()), run } : undefined;
      }
      return { ...found, run, crashes: found.run ? found.crashes + 1 : 0 };
    },
  });
  if (!task) {
    return { kind: "unknown", reason: "no such task in the archive" };
  }
  if (task.run?.id === runId) {
    return { kind: "ours", task };
  }
  return task.run && isHeld(task)
    ? { kind: "held", until: new Date(task.run.until) }
    : { kind: "over" };
}

/** The platform has asked for the task again, with another SAS. */
export class SupersededError extends LeaseLostError {}

/**
 * Changes a task that is in our hands.
 * @throws LeaseLostError where it is not any more, SupersededError where it was asked for again.
 */
export async function changeClaimed(
  store: Store,
  claimed: Task,
  change: (task: Task) => Task,
): Promise<Task> {
  let lost: LeaseLostError | undefined;
  const changed = await changeDocument(store, {
    name: names.task(claimed.jobId, claimed.taskId),
    type: taskRecord,
    change: (found) => {
      lost = lossOf(claimed, found);
      return lost ? undefined : change(found);
    },
  });
  if (lost || !changed) {
    throw lost ?? new LeaseLostError("The task is gone");
  }
  return changed;
}

/** Keeps a claim for so long from now. @throws as `changeClaimed` does. */
export function renewClaim(store: Store, claimed: Task, until: Date): Promise<Task> {
  return changeClaimed(store, claimed, (task) => ({
    ...task,
    ...(task.run && { run: { ...task.run, until: until.toISOString() } }),
  }));
}

/** Leaves a task to whoever takes it next, as it is. */
export async function dropClaim(store: Store, claimed: Task): Promise<void> {
  await changeDocument(store, {
    name: names.task(claimed.jobId, claimed.taskId),
    type: taskRecord,
    change: (found) => (found.run?.id === claimed.run?.id ? withoutClaim(found) : undefined),
  });
}

export function withoutClaim({ run: _, ...task }: Task): Task {
  return { ...task, crashes: 0 };
}

function lossOf(claimed: Task, found: Task): LeaseLostError | undefined {
  if (found.run?.id !== claimed.run?.id) {
    return new LeaseLostError("The task is in other hands");
  }
  return found.asked === claimed.asked
    ? undefined
    : new SupersededError("The task was asked for again");
}

const READERS = 8;

/** Whether nothing more will become of a task unless it is asked for again. */
export function isDone({ state }: Task): boolean {
  return state === "delivered" || state === "failed";
}

/** Whether the platform has refused a task's completion in all its tries but those of each hour. */
export function isRefused({ pendingCompletion, waitsFor }: Task): boolean {
  return (
    waitsFor?.code === "platform-refused" && (pendingCompletion?.tries ?? 0) >= COMPLETION_TRIES - 1
  );
}

/**
 * Ends a task that the platform has accepted.
 * @throws as `changeClaimed` does.
 */
export async function endDelivered(store: Store, claimed: Task, changedAt: string): Promise<void> {
  const mark = names.undeliveredTask(claimed.jobId, claimed.taskId);
  const marked = await store.read(mark);
  await changeClaimed(
    store,
    claimed,
    ({ pendingCompletion: _owed, reason: _reason, ...current }) => ({
      ...withoutClaim(current),
      state: "delivered",
      changedAt,
    }),
  );
  if (marked) {
    await store.remove(mark, marked.etag);
  }
}

/** The tasks of a job that are accepted, waiting, owed or failed. */
export async function undeliveredTasks(store: Store, jobId: string): Promise<Task[]> {
  const folder = names.undelivered(jobId);
  const taskIds = (await Array.fromAsync(store.list(folder))).map((name) => idOf(name, folder));
  const tasks = await readTasks(store, jobId, taskIds);
  return tasks.filter(({ state }) => state !== "delivered");
}

/** Those of the tasks that are there. */
export async function readTasks(store: Store, jobId: string, taskIds: string[]): Promise<Task[]> {
  const tasks = await pMap(taskIds, (taskId) => readTask(store, jobId, taskId), {
    concurrency: READERS,
  });
  return tasks.flatMap((task) => task ?? []);
}
