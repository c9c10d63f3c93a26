import { DefaultAzureCredential } from "@azure/identity";
import { QueueClient } from "@azure/storage-queue";
import { z } from "zod";
import { flag, httpsAddress, needs, oneOf, option, outputsOption } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { type GivenUp, listPoisoned, requeue } from "./requeue/requeue.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { readOutputsOf } from "./stack/read-outputs.ts";

/** `npm run requeue`: lists the work that was given up, and puts it back. */
export const script = {
  name: "requeue",
  about:
    "Lists the messages in the poison queue with their reasons, and puts them back into the work " +
    "queue, with all retries. Fix the reason first.",
  options: z
    .object({
      dryRun: flag("lists them and puts nothing back"),
      workQueue: option(
        httpsAddress("https://ACCOUNT.queue.core.windows.net/work").optional(),
        "URL",
        "the queue of work (default: the stack's output workQueueUrl)",
      ),
      poisonQueue: option(
        httpsAddress("https://ACCOUNT.queue.core.windows.net/poison").optional(),
        "URL",
        "the queue of what was given up (default: the stack's output poisonQueueUrl)",
      ),
      outputs: outputsOption(),
    })
    .check(
      needs(["workQueue"], "poisonQueue"),
      needs(["poisonQueue"], "workQueue"),
      oneOf("outputs", "workQueue"),
    ),
  notes:
    "You are known by your az login (or by any other way of DefaultAzureCredential), and need the role\n" +
    "Storage Queue Data Contributor on the two queues. For a local system that is kept:\n" +
    "  set -a; . DIR/operator.env; npm run requeue -- --outputs DIR/outputs.json",
};

type Options = z.output<typeof script.options>;

const queuesSchema = z.object({ workQueueUrl: z.string(), poisonQueueUrl: z.string() });

async function main(options: Options): Promise<void> {
  const { workQueueUrl, poisonQueueUrl } = await queueUrls(options);
  const credential = new DefaultAzureCredential();
  const queues = {
    work: new QueueClient(workQueueUrl, credential),
    poison: new QueueClient(poisonQueueUrl, credential),
  };
  const step = options.dryRun ? listPoisoned : requeue;
  const { listed, putBack, left } = await step(queues, report);
  process.stdout.write(
    options.dryRun
      ? `${listed} listed of about ${left} in the poison queue. Nothing was put back.\n`
      : `${putBack} of ${listed} were put back${left > 0 ? `; ${left} are none of the connector's and stay` : ""}.\n`,
  );
}

async function queueUrls({ outputs, workQueue, poisonQueue }: Options) {
  if (workQueue !== undefined && poisonQueue !== undefined) {
    return { workQueueUrl: workQueue, poisonQueueUrl: poisonQueue };
  }
  const from = { file: outputs, pulumi: createPulumi() };
  const words = { what: "queues", otherwise: "--work-queue and --poison-queue" };
  return readOutputsOf(queuesSchema, from, words);
}

function report({ reason, message }: GivenUp): void {
  process.stdout.write(`${message ?? "(none of the connector's)"}\n  ${reason}\n`);
}

if (import.meta.main) {
  await runScript(script, main);
}
