import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

/** esbuild works in one of its own, which ends with the worker that asked for it. */
const IS_ESBUILD = /[/\\]@?esbuild[/\\]/;

const STARTS = [
  "spawn",
  "spawnSync",
  "fork",
  "exec",
  "execSync",
  "execFile",
  "execFileSync",
] as const;

/** In the project `unit`, a test that starts a process is told where it belongs. */
for (const name of STARTS) {
  const start: (...parameters: never[]) => unknown = childProcess[name];
  Object.assign(childProcess, {
    [name](command: unknown, ...rest: never[]) {
      if (!IS_ESBUILD.test(String(command))) {
        throw new Error(
          `A unit test starts a process (${String(command)}): name the test in SYSTEM of vitest.config.ts`,
        );
      }
      const started: unknown = Reflect.apply(start, childProcess, [command, ...rest]);
      return started;
    },
  });
}
syncBuiltinESMExports();
