import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type * as z from "zod";

export type Child = AsyncDisposable & {
  send: (message: string) => void;
  /** The next message of the child. Rejects if it ends without one. */
  next: <T>(schema: z.ZodType<T>) => Promise<T>;
};

/** Starts a file of `apart/` in a process of its own, which ends with its parent. */
export function startChild(
  file: string,
  {
    parameters = [],
    execArgv = [],
    env = {},
  }: { parameters?: string[]; execArgv?: string[]; env?: Record<string, string> } = {},
): Child {
  const child = fork(fileURLToPath(new URL(`workers/${file}`, import.meta.url)), parameters, {
    execArgv,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  return {
    send: (message) => void child.send(message),
    async next(schema) {
      const failed = ended.then(([code]) => {
        throw new Error(`${file} ended without an answer (${String(code)})`);
      });
      const values: unknown[] = await Promise.race([once(child, "message"), failed]);
      return schema.parse(values[0]);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
