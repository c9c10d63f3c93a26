import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

import type { LocalSite } from "../contracts.ts";

export type ProcessOptions = {
  /** What errors call the site. */
  name: string;
  /** `http://127.0.0.1:PORT` */
  url: string;
  healthCheckPath: string;
  /** The site's startup command: `node <file> [arguments]`. */
  commandLine: string;
  folder: string;
  env: Record<string, string>;
  logFile: string;
  /** Until the health check path must answer. Default: 30 s. */
  startLimitMs?: number;
  /** Until the process must have ended after SIGTERM. Default: 30 s. */
  stopLimitMs?: number;
};

const START_LIMIT_MS = 30_000;
/** Azure kills a container that has not ended by then (WEBSITES_CONTAINER_STOP_TIME_LIMIT is longer). */
const STOP_LIMIT_MS = 30_000;
const LOG_TAIL_LINES = 30;

// A site goes when the local system goes, however that went: the kernel closes the channel. It must
// not keep the site alive either, hence unref.
const DIE_WITH_PARENT =
  "data:text/javascript,process.on('disconnect',()=>process.kill(process.pid,'SIGKILL'));process.channel.unref()";

/** Starts the site's process; resolves when its health check path answers, whatever it answers. */
export async function startProcess(options: ProcessOptions): Promise<LocalSite> {
  let child = spawnNode(options);
  let closing = false;
  await answers(child, options).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return {
    url: options.url,
    logFile: options.logFile,
    processId: child.pid ?? 0,
    kill: () => {
      const dying = child;
      if (dying.killed || hasEnded(dying)) {
        return;
      }
      dying.once("exit", () => {
        // The port is free now.
        child = closing ? dying : spawnNode(options);
      });
      dying.kill("SIGKILL");
    },
    close: async () => {
      closing = true;
      await stop(child, options);
    },
  };
}

function spawnNode({ name, commandLine, folder, env, logFile }: ProcessOptions): ChildProcess {
  const [command, ...parameters] = commandLine.trim().split(/\s+/);
  if (command !== "node" || parameters.length === 0) {
    throw new Error(
      `Site ${name}: appCommandLine must be "node <file>", the local App Service knows no other: "${commandLine}"`,
    );
  }
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, ["--import", DIE_WITH_PARENT, ...parameters], {
    cwd: folder,
    env,
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  return child;
}

async function answers(child: ChildProcess, options: ProcessOptions): Promise<void> {
  const { startLimitMs = START_LIMIT_MS } = options;
  const limit = Date.now() + startLimitMs;
  const address = new URL(options.healthCheckPath, options.url);
  while (Date.now() < limit) {
    if (hasEnded(child)) {
      throw new Error(`Site ${options.name} ended at once (${endOf(child)}).\n${tail(options)}`);
    }
    const left = AbortSignal.timeout(limit - Date.now());
    const answer = await fetch(address, { signal: left, redirect: "manual" }).catch(() => null);
    if (answer) {
      await answer.body?.cancel();
      return;
    }
    await wait(50);
  }
  const seconds = startLimitMs / 1000;
  throw new Error(`Site ${options.name} does not answer after ${seconds} s.\n${tail(options)}`);
}

/** Ends the process as App Service does; a process that does not end by itself is an error. */
async function stop(child: ChildProcess, options: ProcessOptions): Promise<void> {
  const { stopLimitMs = STOP_LIMIT_MS } = options;
  const ended = new Promise<boolean>((resolve) => {
    child.once("exit", () => resolve(true));
  });
  if (!hasEnded(child)) {
    child.kill("SIGTERM");
    const limit = new AbortController();
    const late = wait(stopLimitMs, false, { signal: limit.signal }).catch(() => false);
    const inTime = await Promise.race([ended, late]);
    limit.abort();
    if (!inTime) {
      child.kill("SIGKILL");
      await ended;
      const seconds = stopLimitMs / 1000;
      throw new Error(
        `Site ${options.name} did not drain ${seconds} s after SIGTERM.\n${tail(options)}`,
      );
    }
  }
  if (child.exitCode) {
    throw new Error(`Site ${options.name} ended badly (${endOf(child)}).\n${tail(options)}`);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function endOf({ exitCode, signalCode }: ChildProcess): string {
  return signalCode ?? `exit code ${exitCode}`;
}

function tail({ logFile }: ProcessOptions): string {
  return readFileSync(logFile, "utf8").split("\n").slice(-LOG_TAIL_LINES).join("\n");
}
