import type { Completion } from "./completion.ts";
import { listSame } from "./completion.ts";
import { importCompletion } from "./import-completion.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Task, TaskResult } from "./results.ts";

/** The platform's book of tasks: what was given, what was answered, what came of it. */
export type TaskBook = {
  /** Enters an asking of a task; resolves when its next completion has been imported. */
  open(task: Task): Promise<TaskResult>;
  has(jobId: string, taskId?: string): boolean;
  /** Takes a completion of a task that exists; the import happens afterwards. */
  complete(completion: Completion): void;
  /** Of each task that was completed at least once, in the order in which tasks were given. */
  results(): TaskResult[];
  /** Resolves when nothing is being imported. */
  settled(): Promise<void>;
};

export function createTaskBook(mailbox: Mailbox): TaskBook {
  const entries = new Map<string, Entry>();
  // One import after the other: two tasks that hold one post must not both find it new.
  let queue = Promise.resolve();
  return {
    open(task) {
      const entry = entries.get(task.taskId) ?? { task, waiting: [] };
      entries.set(task.taskId, entry);
      entry.task = task;
      const { promise, resolve } = Promise.withResolvers<TaskResult>();
      entry.waiting.push(resolve);
      return promise;
    },
    has(jobId, taskId) {
      return [...entries.values()].some(
        ({ task }) => task.jobId === jobId && (taskId === undefined || task.taskId === taskId),
      );
    },
    complete(completion) {
      const entry = entries.get(completion.taskId);
      if (entry !== undefined) {
        queue = queue.then(() => settle(entry, completion, mailbox));
      }
    },
    results: () => [...entries.values()].flatMap(({ result }) => (result ? [result] : [])),
    settled: () => queue,
  };
}

type Entry = {
  task: Task;
  waiting: ((result: TaskResult) => void)[];
  result?: TaskResult;
  /** The completion of status 0 that was imported. */
  success?: Completion;
};

async function settle(entry: Entry, completion: Completion, mailbox: Mailbox): Promise<void> {
  const result = entry.result ?? emptyResult(entry.task);
  entry.result = result;
  if (entry.success !== undefined) {
    result.findings.push(...judgeRepetition(entry.success, completion));
  } else if (completion.status === 0) {
    entry.success = completion;
    await importInto(result, { entry, completion, mailbox });
  } else {
    result.status = completion.status;
  }
  entry.waiting.splice(0).forEach((resolve) => resolve(result));
}

type Importing = { entry: Entry; completion: Completion; mailbox: Mailbox };

async function importInto(result: TaskResult, { entry, completion, mailbox }: Importing) {
  result.status = completion.status;
  result.listed = completion.itemMetadata.map(({ id }) => id);
  try {
    const { accepted, duplicates, alreadyThere, findings } = await importCompletion(
      entry.task,
      completion,
      mailbox,
    );
    result.accepted.push(...accepted);
    result.duplicates += duplicates;
    result.alreadyThere += alreadyThere;
    result.findings.push(...findings);
  } catch (error) {
    const what = `the import broke off: ${String(error)}`;
    result.findings.push({ taskId: result.taskId, what });
  }
}

/** A success may be told twice (the answer may have got lost), but it may not change. */
function judgeRepetition(success: Completion, { taskId, status, ...rest }: Completion) {
  if (status === 0 && listSame(success, { taskId, status, ...rest })) {
    return [];
  }
  const what =
    status === 0
      ? "a second completion of a successful task lists other items"
      : `a task that was a success was completed again with status ${status}`;
  return [{ taskId, what }];
}

function emptyResult({ jobId, taskId, window }: Task): TaskResult {
  return {
    jobId,
    taskId,
    window,
    status: 1,
    listed: [],
    accepted: [],
    duplicates: 0,
    alreadyThere: 0,
    findings: [],
  };
}
