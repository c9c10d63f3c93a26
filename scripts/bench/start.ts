import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { buildPackage } from "../../infra/package/build-package.ts";
import { testEnvironment } from "../../app/testing/environment.ts";
import { PROCESS_ENVIRONMENT } from "../../app/settings.ts";
import { startStorage, type Storage } from "../../app/testing/storage.ts";
import { closeServer, listen } from "../local/listen.ts";
import type { Measurement } from "./measurement.ts";

const POLL_MS = 5;
const LIMIT_MS = 30_000;
/** After the first 200, until nothing is left of the start. */
const SETTLE_MS = 3_000;

export const start: Measurement<"start to the first 200" | "idle RSS"> = {
  name: "start",
  about: "the real bundle, with its queue on Azurite, to the first 200 of /healthz",
  goal: {
    "start to the first 200": { unit: "ms", goal: { atMost: 400 } },
    "idle RSS": { unit: "MB", goal: { atMost: 90 } },
  },
  async run() {
    await using running = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "bench-"));
    running.defer(() => rm(folder, { recursive: true, force: true }));
    for (const [name, bytes] of Object.entries(unzipSync((await buildPackage()).zip))) {
      await writeFile(join(folder, name), bytes);
    }
    const storage = await startStorage();
    running.defer(() => storage.close());
    const identity = createServer((_request, answer) => void answerToken(storage, answer));
    running.defer(() => closeServer(identity));
    const port = await freePort();
    const env = {
      ...testEnvironment(),
      ...PROCESS_ENVIRONMENT,
      EVIDENCE_CONTAINER_URL: (await storage.createContainer()).url,
      STATE_CONTAINER_URL: (await storage.createContainer()).url,
      WORK_QUEUE_URL: await storage.createQueue(),
      POISON_QUEUE_URL: await storage.createQueue(),
      PORT: String(port),
      IDENTITY_ENDPOINT: `http://127.0.0.1:${await listen(identity)}/msi/token`,
      IDENTITY_HEADER: "header",
      NODE_EXTRA_CA_CERTS: storage.certificate.caFile,
    };
    const started = performance.now();
    const site = spawn(process.execPath, ["server.js"], { cwd: folder, env, stdio: "ignore" });
    running.defer(() => void site.kill("SIGKILL"));
    await firstAnswer(`http://127.0.0.1:${port}/healthz`);
    const milliseconds = performance.now() - started;
    await wait(SETTLE_MS);
    const rss = await rssOf(site.pid ?? 0);
    return { "start to the first 200": milliseconds, "idle RSS": rss / 1e6 };
  },
};

/** As App Service's identity endpoint does, for anybody. */
async function answerToken(
  { credential }: Storage,
  answer: { end: (text: string) => void },
): Promise<void> {
  const token = await credential.getToken("https://storage.azure.com/.default");
  answer.end(
    JSON.stringify({
      access_token: token?.token,
      expires_on: String(Math.floor((token?.expiresOnTimestamp ?? 0) / 1000)),
      resource: "https://storage.azure.com",
      token_type: "Bearer",
    }),
  );
}

async function freePort(): Promise<number> {
  const holder = createServer();
  const port = await listen(holder);
  await closeServer(holder);
  return port;
}

async function firstAnswer(url: string): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (performance.now() < limit) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) {
      return;
    }
    await wait(POLL_MS);
  }
  throw new Error(`The site did not answer 200 within ${LIMIT_MS} ms`);
}

async function rssOf(processId: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(processId)]);
  return Number(stdout) * 1024;
}
