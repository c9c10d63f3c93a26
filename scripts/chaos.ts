import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import pMap from "p-map";
import { z } from "zod";
import { flag, option, wholeNumber } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";

const ROUND = join(import.meta.dirname, "local/chaos/play-seed.ts");
const DRAWN_SEEDS = 1_000_000;
/** What the generator of random numbers tells apart. */
const MAX_SEED = 2 ** 31 - 1;

/** `npm run chaos`: kills and failures at random, and whether anything was lost. */
export const script = {
  name: "chaos",
  about:
    "Runs rounds of random kills and failures, each in its own local system, and compares its " +
    "mailbox with X. Ends with 0 only if no post was lost, invented or delivered twice.",
  options: z.object({
    rounds: option(wholeNumber({ from: 1, to: 100_000 }).default(5), "N", "rounds to play"),
    seed: option(
      wholeNumber({ from: 0, to: MAX_SEED }).optional(),
      "N",
      "seed of the first round, the next ones count on (default: drawn); the same seed draws the same " +
        "jobs, windows and faults",
    ),
    together: option(wholeNumber({ from: 1, to: 64 }).default(2), "N", "rounds at a time"),
    json: flag("the last line of standard output is one JSON object"),
  }),
};

const resultSchema = z.looseObject({
  seed: z.number(),
  instances: z.number(),
  jobs: z.number(),
  windows: z.number(),
  posts: z.number(),
  mailbox: z.number(),
  late: z.number(),
  cameLate: z.number(),
  duplicates: z.number(),
  gaps: z.number(),
  faults: z.record(z.string(), z.number()),
  returnedAgain: z.number(),
  returnedAgainAtMost: z.number(),
  seconds: z.number(),
  problems: z.array(z.looseObject({ postId: z.string().optional(), what: z.string() })),
});

type Result = z.infer<typeof resultSchema>;

async function main(options: z.output<typeof script.options>): Promise<void> {
  const { rounds, seed: firstSeed = Date.now() % DRAWN_SEEDS, together, json } = options;
  const seeds = Array.from({ length: rounds }, (_, index) => firstSeed + index);
  const results = await pMap(seeds, playAndTell, { concurrency: together });
  const clean = results.filter((result) => result && isClean(result)).length;
  const sum = (member: "posts" | "cameLate" | "windows") =>
    results.reduce((total, result) => total + (result?.[member] ?? 0), 0);
  const faults = results.reduce(
    (total, result) => total + Object.values(result?.faults ?? {}).reduce((a, b) => a + b, 0),
    0,
  );
  console.error(
    `${clean} of ${rounds} rounds clean: ${sum("posts")} posts (${sum("cameLate")} late), ${sum("windows")} windows, ${faults} faults.`,
  );
  process.exitCode = clean === rounds ? 0 : 1;
  if (json) {
    console.log(JSON.stringify({ rounds, clean, firstSeed, faults, results }));
  }
}

async function playAndTell(seed: number): Promise<Result | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "chaos-"));
  const result = await playApart(seed, folder);
  console.error(result ? describe(result) : `seed ${seed}: the round broke off`);
  if (result && isClean(result)) {
    await rm(folder, { recursive: true });
  } else {
    console.error(`  its logs and e-mails: ${folder}`);
    console.error(`  again: npm run chaos -- --rounds 1 --seed ${seed}`);
  }
  return result;
}

function isClean(result: Result): boolean {
  return (
    result.problems.length === 0 &&
    result.duplicates === 0 &&
    result.gaps === 0 &&
    result.cameLate === result.late &&
    result.returnedAgain <= result.returnedAgainAtMost
  );
}

function describe(result: Result): string {
  const faults = Object.values(result.faults).reduce((a, b) => a + b, 0);
  return [
    `seed ${result.seed}: ${isClean(result) ? "clean" : "NOT CLEAN"}; ${result.instances} instances, ` +
      `${result.jobs} jobs, ${result.windows} windows, ${result.posts} posts, ${result.cameLate} of ` +
      `${result.late} late ones with a later task, ${faults} faults, ` +
      `${result.returnedAgain} posts returned again, ${result.seconds} s`,
    ...result.problems
      .slice(0, 10)
      .map(({ postId, what }) => `  ${postId === undefined ? "" : `post ${postId} `}${what}`),
  ].join("\n");
}

async function playApart(seed: number, folder: string): Promise<Result | undefined> {
  const child = spawn(process.execPath, [ROUND, String(seed)], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const line = output.trim().split("\n").at(-1) ?? "";
  const result = line.startsWith("{") ? resultSchema.safeParse(JSON.parse(line)) : undefined;
  if (!result?.success) {
    console.error(errors.split("\n").slice(-20).join("\n"));
  }
  return result?.data;
}

if (import.meta.main) {
  await runScript(script, main);
}
