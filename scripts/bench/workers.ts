import * as z from "zod";
import { type Child, startChild } from "./child.ts";
import { DELAY_MS, startFarContainers } from "./far-container.ts";
import { type Measurement, timed } from "./measurement.ts";

const POSTS_OF_A_TASK = 500;
/** Few enough that it is the latency that counts, and not Azurite, which has one core. */
const CONCURRENCY = 4;

export const workers: Measurement<"two workers against one"> = {
  name: "workers",
  about: `two tasks of ${POSTS_OF_A_TASK} posts by two processes, against one; ${CONCURRENCY} items in flight each, answers after ${DELAY_MS} ms`,
  goal: { "two workers against one": { unit: "x", goal: { atLeast: 1.8 } } },
  async run() {
    await using containers = await startFarContainers();
    const parameters = [
      await containers.createContainer(),
      String(POSTS_OF_A_TASK),
      String(CONCURRENCY),
    ];
    const env = { NODE_EXTRA_CA_CERTS: containers.caFile };
    await using one = startChild("worker.ts", { parameters, env });
    await using other = startChild("worker.ts", { parameters, env });
    await Promise.all([one.next(z.string()), other.next(z.string())]);
    const alone = await timed(async () => {
      await deliver(one, "task-1");
      await deliver(one, "task-2");
    });
    const together = await timed(() =>
      Promise.all([deliver(one, "task-3"), deliver(other, "task-4")]),
    );
    return { "two workers against one": alone / together };
  },
};

async function deliver(worker: Child, taskId: string): Promise<void> {
  worker.send(taskId);
  await worker.next(z.literal(taskId));
}
