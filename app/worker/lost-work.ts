import { idOf, names } from "../archive/names.ts";
import { changeDocument } from "../archive/store.ts";
import { listJobIds, readJob } from "../jobs/job.ts";
import { type ScheduleDeps, ensureSchedule } from "./capture-schedule.ts";
import { isDone, type Task, taskRecord } from "./task.ts";

/** No message stays away for so long after it was to be seen. */
const MISSING_MS = 60 * 60_000;

/**
 * Sends anew what the queue has lost (a storage that was restored, a message that expired): the message
 * of each job's schedule, and those of windows that were accepted and are not finished. A window has
 * lost its message if nobody works on it, and the queue was empty an hour after it was to be seen.
 * Windows that failed are left to whoever puts them back.
 * @param emptyAt when the queue had nothing more to give: by then, whatever was to be seen was in hand.
 */
export async function recoverLostWork(deps: ScheduleDeps, emptyAt: Date): Promise<void> {
  for await (const jobId of listJobIds(deps.store)) {
    try {
      if (await readJob(deps.store, jobId)) {
        await ensureSchedule(deps, jobId);
        await sendLostMessages(deps, jobId, new Date(emptyAt.getTime() - MISSING_MS));
      }
    } catch (error) {
      deps.log("work.failed", { jobId }, error);
    }
  }
}

async function sendLostMessages(deps: ScheduleDeps, jobId: string, missingSince: Date) {
  const folder = names.undelivered(jobId);
  for await (const mark of deps.store.list(folder)) {
    const taskId = idOf(mark, folder);
    try {
      if (await claimMessage(deps, { jobId, taskId }, missingSince)) {
        await deps.queue.send({ jobId, taskId });
        deps.log("work.message-lost", { jobId, taskId });
      }
    } catch (error) {
      deps.log("work.failed", { jobId, taskId }, error);
    }
  }
}

/**
 * Notes in the task's record that its message is sent now, before it is: of several instances that look
 * at a time, one sends it. Where that one ends in between, the message is missing for another hour.
 */
async function claimMessage(
  { store, now }: ScheduleDeps,
  { jobId, taskId }: { jobId: string; taskId: string },
  missingSince: Date,
): Promise<boolean> {
  let isOurs = false;
  await changeDocument(store, {
    name: names.task(jobId, taskId),
    type: taskRecord,
    change: (task) => {
      isOurs = !isDone(task) && expectedAt(task) < missingSince.getTime();
      return isOurs ? { ...task, dueAt: now().toISOString() } : undefined;
    },
  });
  return isOurs;
}

/** When a task's message is to be in view at the latest. */
function expectedAt({ changedAt, dueAt, run }: Task): number {
  const times = [changedAt, dueAt, run?.until].flatMap((time) => time ?? []);
  return Math.max(...times.map((time) => Date.parse(time)));
}
