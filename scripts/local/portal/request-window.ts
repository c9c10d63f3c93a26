import { setTimeout as sleep } from "node:timers/promises";
import type { AskedTask, ImportService } from "./import-service.ts";
import type { Call } from "./platform-call.ts";
import type { TaskResult, Window } from "./results.ts";

export type WindowRequest = { window: Window; jobId: string; dirtyEntities?: string[] | undefined };
/**
 * Milliseconds; `idleMs` is how long nothing may move before a window counts as lost, `insistMs` how
 * long a request that was not acknowledged is sent again.
 */
export type Limits = {
  validateMs: number;
  requestMs: number;
  idleMs: number;
  pollMs: number;
  insistMs: number;
};

export type Platform = { call: Call; importService: ImportService; limits: Limits };

/** How often the platform asks again after a TemporaryFailure is unknown [?]. */
const REPEATS = 3;

/** Asks for a window until it is a success or a permanent failure, or was asked four times. */
export async function requestWindow(
  request: WindowRequest,
  platform: Platform,
): Promise<TaskResult> {
  const first = await platform.importService.ask(request);
  let result = await askOnce(request, first, platform);
  for (let repeat = 0; repeat < REPEATS && result.status === 1; repeat += 1) {
    await sleep(platform.limits.pollMs);
    const again = await platform.importService.ask({ ...request, taskId: first.taskId });
    result = await askOnce(request, again, platform);
  }
  return result;
}

async function askOnce(request: WindowRequest, asked: AskedTask, platform: Platform) {
  const deadline = Date.now() + platform.limits.insistMs;
  for (;;) {
    const problem = await send(request, asked, platform).catch(String);
    if (problem === undefined) {
      return waitFor(request.window, asked, platform.limits);
    }
    if (Date.now() > deadline) {
      throw new Error(problem);
    }
    await sleep(platform.limits.pollMs);
  }
}

/** Undefined when the connector has acknowledged, else what it said. */
async function send(
  { jobId, window, dirtyEntities }: WindowRequest,
  asked: AskedTask,
  { call }: Platform,
): Promise<string | undefined> {
  const answer = await call("data/OnDownloadRequest", {
    method: "POST",
    json: {
      JobId: jobId,
      TaskId: asked.taskId,
      StartTime: window.start,
      EndTime: window.end,
      DirtyEntities: dirtyEntities ?? null,
      BlobSasUri: asked.sasUri,
    },
  });
  const text = await answer.text();
  return answer.status === 200
    ? undefined
    : `data/OnDownloadRequest answered ${answer.status}: ${text.slice(0, 300)}`;
}

/** Waits as long as something moves: files in the container, or the completion. */
async function waitFor({ start, end }: Window, asked: AskedTask, limits: Limits) {
  let seen = "";
  let movedAt = Date.now();
  for (;;) {
    const result = await Promise.race([
      asked.completed,
      sleep(limits.pollMs, undefined, { ref: false }),
    ]);
    if (result !== undefined) {
      return result;
    }
    const files = await asked.container.list();
    const now = `${files.length} files, ${files.reduce((sum, file) => sum + file.bytes, 0)} bytes`;
    movedAt = now === seen ? movedAt : Date.now();
    seen = now;
    if (Date.now() - movedAt > limits.idleMs) {
      const seconds = limits.idleMs / 1000;
      throw new Error(
        `Window ${start} to ${end}: no completion, and nothing moved for ${seconds} s ` +
          `(${now} in the container of task ${asked.taskId}); see the connector's log.`,
      );
    }
  }
}
