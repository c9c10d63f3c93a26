import { names } from "../../../app/archive/names.ts";
import { readDocument, type Store } from "../../../app/archive/store.ts";
import { type Task, taskRecord } from "../../../app/worker/task.ts";
import { jobsIn } from "../../verify/jobs.ts";

/** A window that the platform has asked for, as the archive has it. */
export type SeenTask = Pick<Task, "jobId" | "taskId" | "window" | "acceptedAt" | "asked"> & {
  state: string;
};

/** Every task of every job. */
export async function readTasks(store: Store): Promise<SeenTask[]> {
  const tasks: SeenTask[] = [];
  for (const { jobId } of await jobsIn(store)) {
    const folder = names.task(jobId, "").slice(0, -".json".length);
    for await (const name of store.list(folder)) {
      const task = await readDocument(store, name, taskRecord);
      if (task) {
        tasks.push(task.value);
      }
    }
  }
  return tasks.toSorted((one, other) => Date.parse(one.acceptedAt) - Date.parse(other.acceptedAt));
}
