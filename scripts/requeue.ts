import { DefaultAzureCredential } from "@azure/identity";
import { QueueClient } from "@azure/storage-queue";
import { z } from "zod";
import { runMendable } from "./checks/mendable-script.ts";
import { optionsOrExit } from "./command-line.ts";
import { HELP, parseOptions, type RequeueOptions } from "./requeue/options.ts";
import { type GivenUp, listPoisoned, requeue } from "./requeue/requeue.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { readOutputsOf } from "./stack/read-outputs.ts";

const queuesSchema = z.object({ workQueueUrl: z.string(), poisonQueueUrl: z.string() });

/** `npm run requeue`: lists the work that was given up, and puts it back. */
async function main(): Promise<void> {
  const options = optionsOrExit(parseOptions, HELP);
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

async function queueUrls({ outputs, workQueue, poisonQueue }: RequeueOptions) {
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

await runMendable(main);
