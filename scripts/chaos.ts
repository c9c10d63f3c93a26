import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { text } from "node:stream/consumers";
import pLimit from "p-limit";
import { z } from "zod";
import { playRound } from "./local/chaos/round.ts";

const HELP = `Usage: npm run chaos -- [options]

  --rounds N   rounds to play (default 5); each is a local system of its own
  --seed N     seed of the first round, the next ones count on (default: drawn); the same seed draws
               the same jobs, windows and faults
  --together N rounds at a time (default 2)
  --json       the last line of standard output is one JSON object
`;

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

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seed: { type: "string" },
    together: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    round: { type: "string" },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else if (values.round !== undefined) {
  // One process a round: the Pulumi program can be evaluated once in each.
  process.stdout.write(`${JSON.stringify(await playRound({ seed: Number(values.round) }))}\n`);
} else {
  await playAll(Number(values.rounds), Number(values.seed ?? Date.now() % 1_000_000));
}

async function playAll(rounds: number, firstSeed: number): Promise<void> {
  const limit = pLimit(Number(values.together));
  const play = async (seed: number) => {
    const folder = await mkdtemp(join(tmpdir(), "chaos-"));
    const result = await playApart(seed, folder);
    console.error(result ? describe(result) : `seed ${seed}: the round broke off`);
    if (result && isClean(result)) {
      await rm(folder, { recursive: true });
    } else {
      console.error(`  its logs and e-mails: ${folder}`);
      console.error(`  again: npm run chaos -- --rounds 1 --seed ${seed}`);
      process.exitCode = 1;
    }
    return result;
  };
  const seeds = Array.from({ length: rounds }, (_, index) => firstSeed + index);
  const results = await limit.map(seeds, play);
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
  if (values.json) {
    console.log(JSON.stringify({ rounds, clean, firstSeed, faults, results }));
  }
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
  const script = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [script, "--round", String(seed)], {
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
