import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import type { LocalSite } from "../contracts.ts";

export type ProcessOptions = {
  /** What errors call the site. */
  name: string;
  /** `http://127.0.0.1:PORT` */
  url: string;
  healthCheckPath: string;
  /** The site's startup command: `[exec] node <file> [arguments]`. */
  commandLine: string;
  folder: string;
  env: Record<string, string>;
  logFile: string;
  /** Until the health check path must answer. Default: 30 s. */
  startLimitMs?: number;
  /** Until the process must have ended after SIGTERM. Default: what the site's settings say. */
  stopLimitMs?: number;
};

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_SETTING = "WEBSITES_CONTAINER_STOP_TIME_LIMIT";
/** Seconds before Azure kills a container that has not ended, without the setting and at most with it. */
const [STOP_SECONDS, LONGEST_STOP_SECONDS] = [5, 120];
const LOG_TAIL_LINES = 30;

// A site goes when the local system goes, however that went: the kernel closes the channel. It must
// not keep the site alive either, hence unref.
const DIE_WITH_PARENT =
  "data:text/javascript,process.on('disconnect',()=>process.kill(process.pid,'SIGKILL'));process.channel?.unref()";

/** Starts the site's process; resolves when its health check path answers, whatever it answers. */
export async function startProcess(options: ProcessOptions): Promise<LocalSite> {
  let child = spawnSite(options);
  let dying: ChildProcess | undefined;
  let closing = false;
  await answers(child, options).catch((error: unknown) => {
    killContainer(child);
    throw error;
  });
  return {
    url: options.url,
    logFile: options.logFile,
    processId: child.pid ?? 0,
    kill: () => {
      const killed = child;
      if (killed === dying || hasEnded(killed)) {
        return;
      }
      dying = killed;
      killed.once("exit", () => {
        // The port is free now.
        child = closing ? killed : spawnSite(options);
      });
      killContainer(killed);
    },
    close: async () => {
      closing = true;
      await stop(child, options);
    },
  };
}

/**
 * Starts the site as the Node image of App Service does: its start script, which Oryx writes, runs in
 * `sh` as the first process of the container. A first process without a handler gets no signal at all
 * (pid_namespaces(7)), so that a command that the shell runs as its child never hears of SIGTERM, and
 * one that takes the shell's place (`exec`) does. The trap stands for that: the shell notes the signal
 * and goes on waiting; whatever takes its place gets the signal.
 */
function spawnSite({ name, commandLine, folder, env, logFile }: ProcessOptions): ChildProcess {
  if (!/^(?:exec )?node \S/.test(commandLine.trim())) {
    throw new Error(
      `Site ${name}: appCommandLine must be "[exec] node <file>", the local App Service knows no other: "${commandLine}"`,
    );
  }
  const script = join(folder, "..", `startup-${name}-${env["PORT"]}.sh`);
  writeFileSync(script, `trap : TERM\n${commandLine}\n`);
  const log = openSync(logFile, "a");
  const child = spawn("/bin/sh", [script], {
    cwd: folder,
    env: { ...env, NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} --import "${DIE_WITH_PARENT}"` },
    stdio: ["ignore", log, log, "ipc"],
    // A group of its own: Azure ends a container with all that runs in it.
    detached: true,
  });
  closeSync(log);
  return child;
}

function killContainer(child: ChildProcess): void {
  if (child.pid !== undefined && !hasEnded(child)) {
    process.kill(-child.pid, "SIGKILL");
  }
}

/** How long Azure waits after SIGTERM for a site with these settings, ms. */
export function stopLimitOf(env: Record<string, string>): number {
  const seconds = Number(env[STOP_LIMIT_SETTING] ?? STOP_SECONDS);
  if (!(seconds >= 0 && seconds <= LONGEST_STOP_SECONDS)) {
    throw new Error(`${STOP_LIMIT_SETTING} must be 0 to ${LONGEST_STOP_SECONDS}`);
  }
  return seconds * 1000;
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
  const { stopLimitMs = stopLimitOf(options.env) } = options;
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
      killContainer(child);
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
