import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { Certificate, Closable } from "../contracts.ts";

/** A storage account of Azurite. `key` is base64, as the portal shows it. */
export type AzuriteAccount = { name: string; key: string };

export type Azurite = Closable & {
  /** `https://127.0.0.1:PORT`, without a slash at the end. */
  blobUrl: string;
  queueUrl: string;
  accounts: readonly AzuriteAccount[];
};

export type AzuriteOptions = {
  certificate: Certificate;
  /** For the certificate's files, and for the data if it is kept. */
  directory: string;
  /** How many accounts there are, with random names and keys; or those that are wanted. */
  accounts: number | readonly AzuriteAccount[];
  /** True: data goes to `directory` and outlives the process. Default: memory only. */
  keep?: boolean;
};

/** It takes a second; on a machine that is busy with other tests, many. */
const START_LIMIT_MS = 60_000;

// Azurite goes when its parent goes, however it went: the kernel closes the channel. It must not
// keep Azurite alive either, hence unref: Azurite ends by having nothing left to wait for.
const DIE_WITH_PARENT =
  "data:text/javascript,process.on('disconnect',()=>process.kill(process.pid,'SIGKILL'));process.channel.unref()";

/** Starts Azurite (blob and queue, HTTPS, OAuth on); resolves when it answers. */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const accounts =
    typeof options.accounts === "number"
      ? Array.from({ length: options.accounts }, createAccount)
      : options.accounts;
  const child = fork(
    createRequire(import.meta.url).resolve("azurite/dist/src/azurite.js"),
    await azuriteArguments(options),
    {
      cwd: options.directory,
      env: { ...process.env, AZURITE_ACCOUNTS: accounts.map(accountToText).join(";") },
      execArgv: ["--import", DIE_WITH_PARENT],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    },
  );
  const [blobUrl, queueUrl] = await addressesOf(child);
  return { blobUrl, queueUrl, accounts, close: async () => stop(child, options.keep) };
}

function createAccount(): AzuriteAccount {
  return { name: `st${randomBytes(6).toString("hex")}`, key: randomBytes(64).toString("base64") };
}

function accountToText({ name, key }: AzuriteAccount): string {
  return `${name}:${key}`;
}

async function azuriteArguments({ certificate, directory, keep }: AzuriteOptions) {
  const files = { cert: join(directory, "azurite.crt"), key: join(directory, "azurite.key") };
  await mkdir(directory, { recursive: true });
  await writeFile(files.cert, certificate.cert);
  await writeFile(files.key, certificate.key, { mode: 0o600 });
  const free = ["--blobPort", "0", "--queuePort", "0", "--tablePort", "0"];
  // Node's 5 s would close connections that clients are about to use again.
  const patient = ["--blobKeepAliveTimeout", "120", "--queueKeepAliveTimeout", "120"];
  const trust = ["--oauth", "basic", "--cert", files.cert, "--key", files.key];
  const quiet = ["--silent", "--disableTelemetry", "--disableProductStyleUrl"];
  // The clients speak an API version that is newer than Azurite knows.
  const lenient = ["--skipApiVersionCheck"];
  return [
    ...free,
    ...patient,
    ...trust,
    ...quiet,
    ...lenient,
    ...(keep ? ["--location", directory] : IN_MEMORY),
  ];
}

const IN_MEMORY = ["--inMemoryPersistence"];

async function addressesOf(child: ChildProcess): Promise<[string, string]> {
  let output = "";
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`Azurite ${reason}. Its output:\n${output}`));
    };
    const timer = setTimeout(() => fail(`did not start in ${START_LIMIT_MS} ms`), START_LIMIT_MS);
    const onExit = (code: number | null) => fail(`ended at once (${code})`);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const urls = listeningUrls(output);
      if (urls) {
        clearTimeout(timer);
        child.off("exit", onExit);
        resolve(urls);
      }
    };
    child.once("exit", onExit);
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
  });
}

/** Addresses of the blob and the queue service, once both are in Azurite's output. */
function listeningUrls(output: string): [string, string] | undefined {
  const blob = /Blob service is successfully listening at (\S+)/.exec(output)?.[1];
  const queue = /Queue service is successfully listening at (\S+)/.exec(output)?.[1];
  return blob && queue ? [blob, queue] : undefined;
}

async function stop(child: ChildProcess, keep = false): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = new Promise((resolve) => {
    child.once("exit", resolve);
  });
  // Only data that outlives the process needs the time to be written.
  child.kill(keep ? "SIGTERM" : "SIGKILL");
  await ended;
}
