import { join } from "node:path";
import { z } from "zod";
import { flag, needs, option, anyText } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { shortWaits } from "./local/chaos/short-waits.ts";
import {
  NAMED_FAULTS,
  needsNewProcess,
  needsShortWaits,
  strike,
  timesOf,
} from "./local/faults/named-faults.ts";
import { createStriker } from "./local/faults/striker.ts";
import { createProgress, summary } from "./local/progress.ts";
import { archiveTimeline, exitCodeOf, type Result } from "./local/run.ts";
import { FAULTS_QUEUE_SPEED, type LocalSystem, startLocalSystem } from "./local/system.ts";

const SHOWN_PROBLEMS = 20;
/** What a shell says of a program that was ended by Ctrl-C. */
const STOPPED = 130;
/** Of the app whose waits are shortened. */
const LEASE_SECONDS = 6;

type Numbers = Omit<Result, "problems" | "portal">;

const FAULT_NAMES = Object.keys(NAMED_FAULTS);

/** A plain decimal number: not `1e3`, `0x10`, or an infinite one. */
const hours = z
  .string()
  .regex(/^\d*\.?\d+$/, "write a number of hours above 0, such as 24 or 0.5")
  .transform(Number)
  .pipe(z.number().positive("write a number of hours above 0, such as 24 or 0.5"));

/** `npm run local`: the whole product on one machine. The options are fixed: others rely on them. */
export const script = {
  name: "local",
  about:
    "Runs the whole product on this machine, with nothing to sign up for: the connector, and " +
    "stand-ins for X, Entra, Azure, the portal and a mailbox. Archives a timeline, then compares " +
    "the mailbox with X.",
  options: z
    .object({
      once: flag("exit when the timeline is in; 0 only if every post is accounted for"),
      json: flag("the last line of standard output is one JSON object with the result"),
      posts: anyText("FILE", "the timeline: posts in v2 shape, newline-delimited JSON"),
      users: anyText("FILE", "their authors: newline-delimited JSON or one JSON array"),
      user: anyText("ID", "whose timeline (default: the author of most posts)"),
      includes: anyText(
        "FILE",
        'other objects that posts refer to, newline-delimited JSON with a "kind"',
      ),
      window: option(hours.default(24), "HOURS", "length of the windows that the portal asks for"),
      history: flag("all posts exist from the start, so that X's depth limit bites"),
      x: option(
        z
          .url({
            protocol: /^https?$/,
            error: "write an http or https address, such as http://127.0.0.1:8080",
          })
          .optional(),
        "URL",
        "another X server instead of the built-in one (needs --posts)",
      ),
      config: option(
        z
          .string()
          .regex(/^\w+=[^,]+(?:,\w+=[^,]+)*$/, "write KEY=VALUE, or several with commas between")
          .transform((text) => Object.fromEntries(new URLSearchParams(text.replaceAll(",", "&"))))
          .optional(),
        "KEY=VALUE,…",
        "more stack configuration, such as evidenceAccess=create-only",
      ),
      keep: anyText(
        "DIR",
        "where state and mailbox stay, and the stack's outputs with its secrets",
      ),
      fault: option(
        z.enum(FAULT_NAMES, `cannot be played: write one of ${FAULT_NAMES.join(", ")}`).optional(),
        "NAME",
        "a fault to play once the account is signed in; a process that is killed is missed after two minutes",
      ),
    })
    .check(needs(["users", "user", "includes", "x"], "posts")),
  notes: `Faults:\n${FAULT_NAMES.map((name) => `  ${name}\n`).join("")}`,
};

type Options = z.output<typeof script.options>;

async function main(options: Options): Promise<void> {
  const stopped = untilStopped();
  try {
    await play(options, stopped);
  } catch (error) {
    // A terminal stops every process of the system at once: what fails from then on is no defect.
    if (process.exitCode !== STOPPED) {
      throw error;
    }
    process.exit();
  }
}

async function play(options: Options, stopped: Promise<undefined>): Promise<void> {
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
      ...(needsShortWaits(fault) && { rewrites: shortWaits({ leaseSeconds: LEASE_SECONDS }) }),
    }),
  });
  striker.aimAt(() => system.site.kill());
  try {
    const archived = archiveTimeline(system, {
      windowHours: options.window,
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
        process.exitCode = STOPPED;
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
      ["In the mailbox", describeMailbox(numbers)],
      ...Object.entries(numbers.records).map(
        ([type, records]) => [`Of type ${type}`, records] as const,
      ),
      ...(numbers.earlierMails > 0
        ? [["From earlier runs", describeEarlier(numbers)] as const]
        : []),
      ["Duplicates", numbers.duplicates],
      ["Gaps", numbers.gaps.length],
      ["Paid reads", numbers.reads],
      ["Paid reads of others' posts", numbers.otherReads ?? "unknown"],
      ["Billed by X, with what went along", describeBill(numbers)],
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

/** Earlier versions of edited posts are items of their own: the folder has more files than posts. */
function describeMailbox({ mailbox, earlierVersions }: Numbers): string {
  const posts = count(mailbox, "post");
  return earlierVersions > 0 ? `${posts} and ${count(earlierVersions, "earlier version")}` : posts;
}

function describeBill({ billed }: Numbers): string {
  if (billed === null) {
    return "unknown";
  }
  const { ownPosts, otherPosts, users, dollars } = billed;
  const resources = [
    count(ownPosts, "own post"),
    `${count(otherPosts, "post")} of others`,
    count(users, "user"),
  ];
  return `${resources.join(", ")}: $${dollars.toFixed(2)}`;
}

function describeEarlier({ earlierMails, alreadyThere }: Numbers): string {
  return `${count(earlierMails, "e-mail")} in the mailbox, ${alreadyThere} of them delivered again and not imported twice`;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString("en-GB")} ${what}${number === 1 ? "" : "s"}`;
}

if (import.meta.main) {
  await runScript(script, main);
}
