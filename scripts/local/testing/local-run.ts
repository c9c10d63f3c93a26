import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";

const resultSchema = z.looseObject({
  posts: z.number(),
  captured: z.number(),
  delivered: z.number(),
  accepted: z.number(),
  mailbox: z.number(),
  gaps: z.array(z.object({ start: z.string(), end: z.string(), reason: z.string() })),
  reads: z.number(),
  duplicates: z.number(),
  earlierVersions: z.number(),
  earlierMails: z.number(),
  alreadyThere: z.number(),
  seconds: z.number(),
  connectorUrl: z.url(),
  portal: z.record(z.string(), z.string()),
  windows: z.number(),
  problems: z.array(z.object({ postId: z.string().optional(), what: z.string() })),
});

/** The members of the --json line that are fixed, and those that the tests go by. */
export type RunResult = z.infer<typeof resultSchema>;

/** A run in a process group and a temporary folder of its own, as one process runs the program once. */
export type LocalRun = AsyncDisposable & {
  process: ChildProcess;
  /** Resolves when standard error has said it; rejects if the run ends before. */
  says(words: string): Promise<void>;
  ended: Promise<Ended>;
  /** Whether any process of the run, or of its children, is still there. */
  isAlive(): boolean;
};

export type Ended = { exitCode: number | null; stdout: string; stderr: string };

/** Starts a script with this Node; disposing it kills what is left and removes what it wrote. */
export async function startScript(script: string, parameters: string[]): Promise<LocalRun> {
  const folder = await mkdtemp(join(tmpdir(), "local-run-"));
  const child = spawn(process.execPath, [script, ...parameters], {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = waitForEnd(child);
  const group = -(child.pid ?? 0);
  const signalGroup = (signal: NodeJS.Signals | 0) => {
    try {
      return process.kill(group, signal);
    } catch {
      return false;
    }
  };
  return {
    process: child,
    ended,
    says: (words) => Promise.race([hear(child, words), ended.then(endedBefore(words))]),
    isAlive: () => signalGroup(0),
    async [Symbol.asyncDispose]() {
      signalGroup("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true, maxRetries: RETRIES });
    },
  };
}

/** `npm run local -- …` to its end; its temporary folder is gone then. */
export async function runLocal(...parameters: string[]): Promise<Ended> {
  await using run = await startLocal(...parameters);
  return await run.ended;
}

export function startLocal(...parameters: string[]): Promise<LocalRun> {
  return startScript(join(ROOT, "scripts/local.ts"), parameters);
}

export function resultOf(ended: Ended): RunResult {
  return resultSchema.parse(lastLineOf(ended));
}

/** The JSON of standard output's last line; a run that printed none shows what it said instead. */
export function lastLineOf({ exitCode, stdout, stderr }: Ended): unknown {
  const last = stdout.trimEnd().split("\n").at(-1);
  if (!last) {
    throw new Error(`The run ended with ${exitCode} and printed no result:\n${stderr}`);
  }
  return JSON.parse(last);
}

/** Resolves to whether all processes of a run are gone within a moment after it ended. */
export async function isGone(run: LocalRun): Promise<boolean> {
  const limit = Date.now() + GONE_LIMIT_MS;
  while (run.isAlive() && Date.now() < limit) {
    await wait(50);
  }
  return !run.isAlive();
}

const ROOT = join(import.meta.dirname, "../../..");
const GONE_LIMIT_MS = 3000;
/** A killed process may still be writing while its folder is removed. */
const RETRIES = 5;

async function waitForEnd(child: ChildProcess): Promise<Ended> {
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve).once("error", reject);
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream && text(stream));
  return {
    exitCode: await exited,
    stdout: (await stdout) ?? "",
    stderr: (await stderr) ?? "",
  };
}

function hear({ stderr }: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve) => {
    let heard = "";
    stderr?.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes(words)) {
        resolve();
      }
    });
  });
}

function endedBefore(words: string) {
  return ({ exitCode, stderr }: Ended) => {
    throw new Error(`The run ended with ${exitCode} and never said "${words}":\n${stderr}`);
  };
}
