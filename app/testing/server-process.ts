import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { unzipSync } from "fflate";
import { buildPackage } from "../../infra/package/build-package.ts";
import { closeServer, listen } from "../../scripts/local/listen.ts";
import { startEntra } from "../../scripts/local/entra/entra.ts";
import { createAzureStore } from "../archive/azure-store.ts";
import { createSealer } from "../archive/seal.ts";
import type { Store } from "../archive/store.ts";
import { signInJob } from "../jobs/job.ts";
import { PLATFORM_APP_ID } from "../import-service/authenticate.ts";
import { TEST_SECRETS, testEnvironment, testSettings } from "./environment.ts";
import { ACCOUNT, OWN_TOKEN } from "./harness.ts";
import { startStorage, type Storage } from "./storage.ts";

export type ServerProcess = {
  /** What it has written so far. */
  output: () => { stdout: string; stderr: string };
  /** Names of the events that it has logged, in order. */
  events: () => string[];
  signal: (signal: NodeJS.Signals) => void;
  /** Resolves when the process has ended. */
  ended: Promise<{ code: number | null; ms: number }>;
};

// The process goes with the test, however that went: the kernel closes the channel.
const DIE_WITH_PARENT =
  "data:text/javascript,process.on('disconnect',()=>process.kill(process.pid,'SIGKILL'));process.channel.unref()";

/** The very package that is deployed, in a folder of its own. */
export async function unpackServer(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "server-"));
  for (const [name, body] of Object.entries(unzipSync((await buildPackage()).zip))) {
    await writeFile(join(folder, name), body);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Starts the package with this environment and nothing else. */
export function startServer(folder: string, env: NodeJS.ProcessEnv): ServerProcess {
  const child = spawn(process.execPath, ["--import", DIE_WITH_PARENT, "server.js"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk) => void (said.stdout += String(chunk)));
  child.stderr?.on("data", (chunk) => void (said.stderr += String(chunk)));
  let signalled = performance.now();
  const ended = once(child, "close").then(() => ({
    code: child.exitCode,
    ms: performance.now() - signalled,
  }));
  return {
    output: () => said,
    events: () => [...said.stdout.matchAll(/"event":"([\w.-]+)"/g)].map(([, event = ""]) => event),
    signal(signal) {
      signalled = performance.now();
      child.kill(signal);
    },
    ended,
  };
}

export type Surroundings = {
  /** An environment for a process of its own: archive, queues and port; X is at that address. */
  createSite: (xUrl: string) => Promise<Site>;
  /** Bodies that the Import service was sent. */
  completions: () => string[];
  close: () => Promise<void>;
};

export type Site = {
  env: NodeJS.ProcessEnv;
  url: string;
  store: Store;
};

/** Azure Storage, Entra, identity endpoint and Import service: all that the process talks to but X. */
export async function startSurroundings(): Promise<Surroundings> {
  const storage = await startStorage();
  const { TENANT_ID = "", AZURE_APP_ID = "" } = testEnvironment();
  const entra = await startEntra({ certificate: storage.certificate, tenantId: TENANT_ID });
  entra.registerClient(AZURE_APP_ID, TEST_SECRETS.AZURE_APP_SECRET);
  entra.consent(PLATFORM_APP_ID);
  const completions: string[] = [];
  const platform = createHttps(storage.certificate, (request, response) => {
    void text(request).then((body) => {
      completions.push(body);
      response.end();
    });
  });
  const platformUrl = `https://127.0.0.1:${await listen(platform)}`;
  const identity = createHttp(answerToken(storage));
  const identityUrl = `http://127.0.0.1:${await listen(identity)}/msi/token`;
  return {
    completions: () => completions,
    async createSite(xUrl) {
      const [containers, workUrl, poisonUrl] = await Promise.all([
        storage.createContainers(),
        storage.createQueue(),
        storage.createQueue(),
      ]);
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const store = createAzureStore(containers);
      const sealer = createSealer(testSettings().SEALING_KEYS);
      const bound = { jobId: "job-1", account: ACCOUNT, token: OWN_TOKEN };
      await signInJob({ store, sealer, now: () => new Date() }, bound);
      return {
        url,
        store,
        env: {
          ...testEnvironment(),
          PORT: String(port),
          CONNECTOR_URL: url,
          EVIDENCE_CONTAINER_URL: containers.evidence.url,
          STATE_CONTAINER_URL: containers.state.url,
          WORK_QUEUE_URL: workUrl,
          POISON_QUEUE_URL: poisonUrl,
          CAPTURE_INTERVAL_MINUTES: "0",
          X_API_URL: xUrl,
          ENTRA_URL: entra.url,
          PLATFORM_URL: platformUrl,
          IDENTITY_ENDPOINT: identityUrl,
          IDENTITY_HEADER: "test",
          NODE_EXTRA_CA_CERTS: storage.certificate.caFile,
        },
      };
    },
    async close() {
      await Promise.all([closeServer(platform), closeServer(identity)]);
      await Promise.all([entra.close(), storage.close()]);
    },
  };
}

/** The App Service protocol, as far as the identity library asks. */
function answerToken(storage: Storage): RequestListener {
  return (_request, response) => {
    void storage.credential.getToken("https://storage.azure.com/.default").then((given) => {
      const expires_on = String(Math.floor((given?.expiresOnTimestamp ?? 0) / 1000));
      const body = { access_token: given?.token, expires_on, token_type: "Bearer" };
      response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
  };
}

async function freePort(): Promise<number> {
  const holder = createHttp();
  const port = await listen(holder);
  await closeServer(holder);
  return port;
}
