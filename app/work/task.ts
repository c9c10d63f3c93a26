import * as z from "zod";
import { names } from "../archive/names.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { intervalSchema } from "../capture/interval.ts";

const taskSchema = z.object({
  jobId: z.string(),
  taskId: z.string(),
  window: intervalSchema,
  dirtyIds: z.array(z.string()),
  /** The platform's container SAS, sealed: it lets its holder write. */
  sealedSas: z.string(),
  state: z.enum(["accepted", "waiting", "delivered", "failed"]),
  acceptedAt: z.string(),
  changedAt: z.string(),
  /** Failures without a reason to wait. */
  attempts: z.number(),
  reason: z.string().optional(),
  items: z.number().optional(),
  leftOut: z.number().optional(),
});

/** One request of the platform: a window of a job's timeline, and where its items go. */
export type Task = z.infer<typeof taskSchema>;

export async function readTask(
  store: Store,
  jobId: string,
  taskId: string,
): Promise<Task | undefined> {
  return (await readDocument(store, names.task(jobId, taskId), taskSchema))?.value;
}

/** Keeps a request. The same task again brings a fresh SAS, and is done again from the archive. */
export async function acceptTask(store: Store, task: Task): Promise<void> {
  const name = names.task(task.jobId, task.taskId);
  if (!(await createDocument(store, name, task))) {
    await changeDocument(store, {
      name,
      schema: taskSchema,
      change: ({ acceptedAt }) => ({ ...task, acceptedAt }),
    });
  }
}

export function changeTask(
  store: Store,
  { jobId, taskId }: Pick<Task, "jobId" | "taskId">,
  change: (task: Task) => Task,
): Promise<Task | undefined> {
  return changeDocument(store, { name: names.task(jobId, taskId), schema: taskSchema, change });
}

/** The tasks of a job that changed last, newest first. */
export async function latestTasks(store: Store, jobId: string, count: number): Promise<Task[]> {
  const tasks: Task[] = [];
  for await (const name of store.list(names.tasks(jobId))) {
    if (name.endsWith("/task.json")) {
      const document = await readDocument(store, name, taskSchema);
      tasks.push(...(document ? [document.value] : []));
    }
  }
  return tasks.toSorted((a, b) => (a.changedAt > b.changedAt ? -1 : 1)).slice(0, count);
}
