import { z } from "zod";
import { names } from "../../../app/archive/names.ts";
import { readDocument, type Store } from "../../../app/archive/store.ts";
import { jobsIn } from "../../verify/jobs.ts";

const taskSchema = z.looseObject({
  jobId: z.string(),
  taskId: z.string(),
  window: z.object({ start: z.string(), end: z.string() }),
  acceptedAt: z.string(),
  state: z.string(),
  asked: z.number(),
});

/** A window that the platform has asked for, as the archive has it. */
export type SeenTask = z.infer<typeof taskSchema>;

/** Every task of every job. */
export async function readTasks(store: Store): Promise<SeenTask[]> {
  const tasks: SeenTask[] = [];
  for (const { jobId } of await jobsIn(store)) {
    const folder = names.task(jobId, "").slice(0, -".json".length);
    for await (const name of store.list(folder)) {
      const task = await readDocument(store, name, taskSchema);
      if (task) {
        tasks.push(task.value);
      }
    }
  }
  return tasks.toSorted((one, other) => Date.parse(one.acceptedAt) - Date.parse(other.acceptedAt));
}
