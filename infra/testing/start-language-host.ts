import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What evaluates the programs of a CLI. */
export type LanguageHost = {
  /** What a command of the CLI is told of it. */
  flags(): Promise<string[]>;
  /** What programs have printed since it was asked last; Pulumi's own host prints it through the CLI. */
  takePrinted(): string;
  /** Has the next command load its program anew, which the tests' own host else does once a process. */
  forget(): void;
};

/**
 * The host for Node that lies beside the CLI, as it does in whatever Pulumi publishes; for a CLI that was built, the
 * tests' own, which is started when a command wants it.
 */
export function createLanguageHost(cli: string): LanguageHost {
  if (existsSync(join(dirname(cli), "pulumi-language-nodejs"))) {
    return { flags: async () => [], takePrinted: () => "", forget: () => undefined };
  }
  let child: ChildProcess | undefined;
  let port: Promise<string> | undefined;
  const printed: string[] = [];
  const start = async () => {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, TMPDIR: tmpdir(), NODE_COMPILE_CACHE: join(tmpdir(), "node-cache") };
    const program = fileURLToPath(new URL("language-host.ts", import.meta.url));
    const started = spawn(process.execPath, [program], { env, stdio: "pipe" });
    child = started;
    started.stderr.on("data", (chunk: Buffer) => printed.push(chunk.toString()));
    return new Promise<string>((resolve, reject) => {
      // Its first line is its port.
      createInterface(started.stdout)
        .once("line", resolve)
        .on("line", (line) => printed.push(`${line}\n`));
      started.once("error", reject);
      started.once("exit", () => reject(new Error(`no language host: ${printed.join("")}`)));
    });
  };
  return {
    flags: async () => [`--client=127.0.0.1:${await (port ??= start())}`],
    takePrinted: () => printed.splice(0).join(""),
    forget: () => {
      child?.kill();
      port = undefined;
    },
  };
}
