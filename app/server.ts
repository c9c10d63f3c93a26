import { setTimeout as sleep } from "node:timers/promises";
import { readFileSync } from "node:fs";
import { ManagedIdentityCredential } from "@azure/identity";
import { createRemoteJWKSet } from "jose";
import * as z from "zod";
import { createArchiveContainer, createAzureStore, tryToChange } from "./archive/azure-store.ts";
import { createSealer } from "./archive/seal.ts";
import { createMeter } from "./capture/budget.ts";
import { createAskAccount } from "./capture/probes.ts";
import { countRefusals } from "./count-refusals.ts";
import { createUpload } from "./delivery/upload.ts";
import { createHttpServer } from "./http/server.ts";
import { createLog } from "./log.ts";
import { answerInTime, createAppCredential } from "./import-service/credential.ts";
import { createPlatform } from "./import-service/client.ts";
import { assembleApp } from "./parts.ts";
import { readSettings, type Settings, SettingsError } from "./settings.ts";
import { createXAgent } from "./twitter/agent.ts";
import { createTwitter } from "./twitter/client.ts";
import { createAskForPosts } from "./twitter/vocabulary.ts";
import { createFetchMedia } from "./twitter/media.ts";
import { createAzureQueue } from "./worker/queue.ts";
import { startWorker } from "./worker/worker.ts";

const DEFAULT_PORT = 8080;
/** Exit status for what no restart mends (sysexits.h EX_CONFIG). */
const UNUSABLE_SETTINGS = 78;

/** The process: settings, parts, server, and an orderly end. */
function main(): void {
  const settings = readSettingsOrExit();
  const now = () => new Date();
  const { log, flush } = countRefusals(createLog(settings.LOG_LEVEL));
  // Ends the process as it would anyway, but in our words: Node's quote the error and what it holds.
  process.once("uncaughtException", (error) => {
    flush();
    log("connector.failed", {}, error);
    process.exit(1);
  });
  const { version, packageHash } = readPackage();
  const publicUrl =
    settings.CONNECTOR_URL ?? `https://${process.env["WEBSITE_HOSTNAME"] ?? "localhost"}`;
  const callbackUrl = `${publicUrl}/Views/TwitterOAuth`;

  const identity = answerInTime(
    new ManagedIdentityCredential({ clientId: settings.MANAGED_IDENTITY_CLIENT_ID }),
  );
  const containers = {
    evidence: createArchiveContainer(settings.EVIDENCE_CONTAINER_URL, identity),
    state: createArchiveContainer(settings.STATE_CONTAINER_URL, identity),
  };
  const store = createAzureStore(containers);
  const queue = createAzureQueue(
    { workUrl: settings.WORK_QUEUE_URL, poisonUrl: settings.POISON_QUEUE_URL },
    identity,
  );
  const sealer = createSealer(settings.SEALING_KEYS);
  const agent = createXAgent(settings.X_API_URL);
  const askForPosts = createAskForPosts({ store, preferred: settings.X_VOCABULARY, log, now });
  const twitter = createTwitter(settings, { agent, askForPosts, now });
  const fetchMedia = createFetchMedia(settings, agent);
  const platform = createPlatform({
    url: settings.PLATFORM_URL,
    clientId: settings.AZURE_APP_ID,
    createCredential: () => answerInTime(createAppCredential(settings, identity)),
  });
  const scheduleDeps = {
    store,
    queue,
    captureIntervalMs: settings.CAPTURE_INTERVAL_MINUTES * 60_000,
    log,
    now,
  };
  const worker = startWorker(
    {
      ...scheduleDeps,
      sealer,
      twitter,
      fetchMedia,
      platform,
      meter: createMeter({
        store,
        budget: { perDay: settings.READS_PER_DAY, perMonth: settings.READS_PER_MONTH },
        now,
      }),
      fullArchiveSearch: settings.FULL_ARCHIVE_SEARCH === "on",
      isOn: ({ isOn }) => isOn?.(settings) ?? true,
      legalBasis: settings.LEGAL_BASIS,
      askAccount: createAskAccount(twitter, now),
      wait: (ms) => sleep(ms),
      sasHosts: settings.SAS_HOSTS,
      uploadConcurrency: settings.UPLOAD_CONCURRENCY,
      createUpload,
    },
    { concurrency: settings.TASK_CONCURRENCY },
  );
  const keys = createRemoteJWKSet(
    new URL(`${settings.ENTRA_URL}/${settings.TENANT_ID}/discovery/v2.0/keys`),
  );
  const app = assembleApp({
    ...scheduleDeps,
    settings,
    sealer,
    twitter,
    fetchMedia,
    platform,
    worker,
    keys,
    callbackUrl,
    publicOrigin: new URL(publicUrl).origin,
    tryToChange:
      settings.EVIDENCE_ACCESS === "create-only"
        ? (name) => tryToChange(containers.evidence, name)
        : undefined,
    version,
    packageHash,
  });

  const port = readPort();
  const server = createHttpServer(app.fetch).listen(port, () => {
    log("connector.started", { port, version });
  });
  const stop = async () => {
    log("connector.stopping");
    server.close();
    await worker.stop();
    flush();
    log("connector.stopped");
    process.exit(0);
  };
  process.once("SIGTERM", () => void stop());
  process.once("SIGINT", () => void stop());
}

function readSettingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (error instanceof SettingsError) {
      process.stderr.write(`${error.message}\n`);
      // Alerts hear of a start that fails from the log only; LOG_LEVEL may be what is not usable.
      createLog("info")("connector.failed", { detail: error.message });
      process.exit(UNUSABLE_SETTINGS);
    }
    throw error;
  }
}

/** App Service says in PORT where it expects the app. */
function readPort(): number {
  return Number(process.env["PORT"] ?? DEFAULT_PORT);
}

/** The package says what it is: `package.json` lies beside the bundle in it. */
function readPackage(): { version: string; packageHash: string } {
  const schema = z.object({ version: z.string(), packageHash: z.string().default("not packaged") });
  const file = new URL("package.json", import.meta.url);
  return schema.parse(JSON.parse(readFileSync(file, "utf8")));
}

main();
