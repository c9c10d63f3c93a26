import { readCommandLine } from "../command-line.ts";

export type RequeueOptions = {
  help: boolean;
  dryRun: boolean;
  outputs: string | undefined;
  workQueue: string | undefined;
  poisonQueue: string | undefined;
};

export const HELP = `Usage: npm run requeue -- [options]

Lists the messages of work that was given up, each with the reason, and puts them back: what they
ask for is tried again, with as many tries as at first. Mend the reason before.

  --dry-run            lists them and puts nothing back
  --work-queue URL     the two queues' addresses (default: the stack's outputs workQueueUrl and
  --poison-queue URL   poisonQueueUrl)
  --outputs FILE       the stack's outputs, as "pulumi stack output --json" or
                       "npm run local -- --keep DIR" (DIR/outputs.json) wrote them
                       (default: asks the Pulumi CLI for those of the selected stack)
  --help               this text

You are known by your az login (or by any other way of DefaultAzureCredential), and need the role
Storage Queue Data Contributor on the two queues. For a local system that is kept:
  set -a; . DIR/operator.env; npm run requeue -- --outputs DIR/outputs.json
`;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): RequeueOptions {
  const given = readCommandLine(
    argv,
    {
      command: "npm run requeue",
      flags: ["dry-run"],
      texts: {
        outputs: "outputs.json",
        "work-queue": "https://ACCOUNT.queue.core.windows.net/work",
        "poison-queue": "https://ACCOUNT.queue.core.windows.net/poison",
      },
    },
    (line) => queueProblems([line.text("work-queue"), line.text("poison-queue")]),
  );
  return {
    help: given.has("help"),
    dryRun: given.has("dry-run"),
    outputs: given.text("outputs"),
    workQueue: given.text("work-queue"),
    poisonQueue: given.text("poison-queue"),
  };
}

function queueProblems(queues: (string | undefined)[]): string[] {
  const given = queues.filter((queue) => queue !== undefined);
  const noAddress = given.filter((queue) => URL.parse(queue)?.protocol !== "https:");
  return [
    ...(given.length === 1 ? ["Give both --work-queue and --poison-queue, or none."] : []),
    ...noAddress.map((queue) => `"${queue}" is no https address of a queue.`),
  ];
}
