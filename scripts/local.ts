import { join } from "node:path";
import { optionsOrExit } from "./command-line.ts";
import { NAMED_FAULTS, needsNewProcess, strike, timesOf } from "./local/faults/named-faults.ts";
import { createStriker } from "./local/faults/striker.ts";
import { HELP, type Options, parseOptions } from "./local/options.ts";
import { createProgress, summary } from "./local/progress.ts";
import { archiveTimeline, exitCodeOf, type Result } from "./local/run.ts";
import { FAULTS_QUEUE_SPEED, type LocalSystem, startLocalSystem } from "./local/system.ts";

const SHOWN_PROBLEMS = 20;

/** `npm run local`: the whole product on one machine. */
async function main(): Promise<void> {
  const options = optionsOrExit(parseOptions, HELP);
  const stopped = untilStopped();
  const progress = createProgress({ stream: process.stderr });
  const fault = options.fault === undefined ? undefined : NAMED_FAULTS[options.fault];
  const striker = createStriker(fault ? strike(fault, timesOf(fault)) : () => undefined);
  const system = await startLocalSystem({
    ...options,
    progress,
    ...(fault && {
      faults: striker.faults,
      sasPermissions: () => fault.sasPermissions ?? "w",
      queueSpeed: FAULTS_QUEUE_SPEED,
    }),
  });
  striker.aimAt(() => system.site.kill());
  try {
    const archived = archiveTimeline(system, {
      windowHours: options.windowHours,
      progress,
      onSignedIn: () => {
        striker.begin();
        if (fault && needsNewProcess(fault)) {
          system.site.kill();
        }
      },
    });
    const result = await Promise.race([archived, stopped]);
    if (!result) {
      await system.close();
      // The portal may still be waiting for an answer that comes no more.
      process.exit();
    }
    if (fault) {
      process.stderr.write(`${options.fault} struck ${striker.total()} times.\n`);
    }
    report(result, system, options);
    process.exitCode = exitCodeOf(result);
    if (!options.once) {
      system.x.letClockRun();
      await stopped;
    }
  } finally {
    await system.close();
  }
}

/** Resolves at Ctrl-C or SIGTERM; what runs is then closed, and no process stays. */
function untilStopped(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        process.stderr.write("Stopping ...\n");
        process.exitCode = 130;
        resolve(undefined);
      });
    }
  });
}

function report(result: Result, system: LocalSystem, { once, json, keep }: Options): void {
  const { problems, portal, ...numbers } = result;
  const text = summary(
    problems.length === 0 ? "Every post is accounted for." : `${problems.length} problems.`,
    [
      ["Posts on X", numbers.posts],
      ["Captured", numbers.captured],
      ["Delivered", numbers.delivered],
      ["Accepted by the Import service", numbers.accepted],
      ["In the mailbox", numbers.mailbox],
      ["Duplicates", numbers.duplicates],
      ["Gaps", numbers.gaps.length],
      ["Paid reads", numbers.reads],
      ["Paid reads of others' posts", numbers.otherReads ?? "unknown"],
      ["Windows", numbers.windows],
      ["Seconds", numbers.seconds],
      ["Mailbox", system.mailboxFolder],
      ["Connector's log", system.site.logFile],
      ...(once
        ? []
        : [
            ["Status page", system.outputs.statusUrl] as const,
            ["APISecretKey for it", portal.Password] as const,
            ...(keep
              ? [["Check it", `npm run smoke -- --outputs ${join(keep, "outputs.json")}`] as const]
              : []),
          ]),
    ],
  );
  process.stderr.write(text);
  for (const { postId, what } of problems.slice(0, SHOWN_PROBLEMS)) {
    process.stderr.write(`  ${postId ? `post ${postId} ` : ""}${what}\n`);
  }
  if (!once) {
    process.stderr.write("\nPress Ctrl-C to stop.\n");
  }
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

await main();
