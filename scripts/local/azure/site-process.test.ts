import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { closeServer, listen } from "../listen.ts";
import { startProcess, stopLimitOf } from "./site-process.ts";

let folder: string;
let port: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "site-"));
  const holder = createServer();
  port = await listen(holder);
  await closeServer(holder);
});

afterEach(async () => rm(folder, { recursive: true, force: true }));

const SERVES = `require("node:http").createServer((_, a) => a.end()).listen(process.env.PORT, "127.0.0.1");`;

test("a site that ends by itself closes", async () => {
  const site = await start(`${SERVES} process.on("SIGTERM", () => process.exit(0));`);
  await expect(site.close()).resolves.toBeUndefined();
  expect(existsSync(`/proc/${site.processId}`)).toBe(false);
});

test("a site that does not drain is ended, and that is an error", async () => {
  const site = await start(`${SERVES} process.on("SIGTERM", () => {});`, { stopLimitMs: 200 });
  await expect(site.close()).rejects.toThrow("did not drain");
  expect(existsSync(`/proc/${site.processId}`)).toBe(false);
});

test("a site that its start script runs as a child never hears of SIGTERM", async () => {
  const told = `${SERVES} process.on("SIGTERM", () => process.exit(0));`;
  const site = await start(told, { commandLine: "node server.cjs", stopLimitMs: 200 });
  await expect(site.close()).rejects.toThrow("did not drain");
  await vi.waitFor(() => expect(existsSync(`/proc/${site.processId}`)).toBe(false));
});

test("a site's settings say how long it may drain", async () => {
  const env = { WEBSITES_CONTAINER_STOP_TIME_LIMIT: "1" };
  const site = await start(`${SERVES} process.on("SIGTERM", () => {});`, { env });
  await expect(site.close()).rejects.toThrow("did not drain 1 s after SIGTERM");
});

test("without the setting Azure waits 5 s, and 120 s at most with it", () => {
  const limitOf = (seconds: string) => stopLimitOf({ WEBSITES_CONTAINER_STOP_TIME_LIMIT: seconds });
  expect(stopLimitOf({})).toBe(5_000);
  expect(limitOf("120")).toBe(120_000);
  expect(() => limitOf("121")).toThrow("0 to 120");
});

test("a site that ends with an error code says so when it is closed", async () => {
  const site = await start(`${SERVES} process.on("SIGTERM", () => process.exit(3));`);
  await expect(site.close()).rejects.toThrow("ended badly (exit code 3)");
});

test("a site that cannot start shows the end of its log", async () => {
  await expect(start(`throw new Error("no setting X")`)).rejects.toThrow("no setting X");
});

test("a site that never answers is ended", async () => {
  await expect(start(`setInterval(() => {}, 1000);`, { startLimitMs: 300 })).rejects.toThrow(
    "does not answer",
  );
});

test.each(["", "npm start", "node", "exec npm start"])(
  "the command line '%s' is refused",
  async (commandLine) => {
    await expect(start(SERVES, { commandLine })).rejects.toThrow("appCommandLine");
  },
);

test("a site goes with the process that started it, even when that is killed", async () => {
  await writeFile(join(folder, "server.cjs"), SERVES);
  const program = `
    const { startProcess } = await import(${JSON.stringify(join(import.meta.dirname, "site-process.ts"))});
    const site = await startProcess(${JSON.stringify(options({}))});
    process.stdout.write(String(site.processId));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program]);
  const output: unknown = await once(parent.stdout, "data");
  const child = `/proc/${String(output)}`;
  expect(existsSync(child)).toBe(true);
  parent.kill("SIGKILL");
  await vi.waitFor(() => expect(existsSync(child)).toBe(false), { timeout: 5000 });
});

type Changes = {
  commandLine?: string;
  env?: Record<string, string>;
  startLimitMs?: number;
  stopLimitMs?: number;
};

async function start(code: string, changes: Changes = {}) {
  await writeFile(join(folder, "server.cjs"), code);
  return startProcess(options(changes));
}

function options({ env = {}, ...changes }: Changes) {
  return {
    name: "site",
    url: `http://127.0.0.1:${port}`,
    healthCheckPath: "/healthz",
    commandLine: "exec node server.cjs",
    folder,
    env: { PATH: process.env["PATH"] ?? "", PORT: `${port}`, ...env },
    logFile: join(folder, "console.log"),
    ...changes,
  };
}
