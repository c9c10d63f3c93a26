import { execFile } from "node:child_process";

export type Ran = { exitCode: number; stdout: string; stderr: string };

/** Runs one program with arguments; undefined where there is no such program. */
export type Run = (args: readonly string[]) => Promise<Ran | undefined>;

export type RunOptions = {
  file: string;
  /** Arguments before those of every run. */
  before?: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  timeoutMs: number;
  /** For programs that are .cmd files on Windows. */
  shell?: boolean;
};

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
/** Exit code of coreutils' `timeout`. */
const TIMED_OUT = 124;

export function createRun(options: RunOptions): Run {
  const { file, before = [], cwd, env = process.env, timeoutMs, shell = false } = options;
  return (args) =>
    new Promise((resolve, reject) => {
      const how = { cwd, env, shell, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES };
      execFile(file, [...before, ...args], how, (error, stdout, stderr) => {
        if (error === null) {
          resolve({ exitCode: 0, stdout, stderr });
        } else if (error.code === "ENOENT") {
          resolve(undefined);
        } else if (error.killed === true) {
          const late = `no answer in ${timeoutMs / 1000} s`;
          resolve({ exitCode: TIMED_OUT, stdout, stderr: `${stderr}\n${late}` });
        } else if (typeof error.code === "number") {
          resolve({ exitCode: error.code, stdout, stderr });
        } else {
          reject(error);
        }
      });
    });
}
