import type { Hono } from "hono";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { CALLBACK, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import type { XOptions } from "../../scripts/local/x/server.ts";
import { createSealer, type Sealer } from "../archive/seal.ts";
import type { Store } from "../archive/store.ts";
import { type Job, signInJob } from "../jobs/job.ts";
import { assembleApp } from "../parts.ts";
import type { Checked } from "../import-service/readiness.ts";
import type { SettingName, Settings } from "../settings.ts";
import { createXAgent } from "../twitter/agent.ts";
import { createTwitter, type Twitter } from "../twitter/client.ts";
import { createFetchMedia } from "../twitter/media.ts";
import { createAskForPosts } from "../twitter/vocabulary.ts";
import { type Clock, createClock } from "./clock.ts";
import { createIssuer, type Issuer } from "./entra-tokens.ts";
import { TEST_SECRETS, testSettings } from "./environment.ts";
import { createFakePlatform, type FakePlatform } from "./fake-platform.ts";
import { createMemoryQueue, type MemoryQueue } from "./memory-queue.ts";
import { createMemoryStore } from "./memory-store.ts";
import { createTestLog, type TestLog } from "./test-log.ts";

/** The developer app's four values, as the test settings have them. */
export const X_KEYS = {
  twitterApiKey: TEST_SECRETS.TWITTER_API_KEY,
  twitterApiSecretKey: TEST_SECRETS.TWITTER_API_SECRET_KEY,
  twitterAccessToken: TEST_SECRETS.TWITTER_ACCESS_TOKEN,
  twitterAccessTokenSecret: TEST_SECRETS.TWITTER_ACCESS_TOKEN_SECRET,
};
export const OWN_TOKEN = {
  accessToken: TEST_SECRETS.TWITTER_ACCESS_TOKEN,
  accessSecret: TEST_SECRETS.TWITTER_ACCESS_TOKEN_SECRET,
};
/** The account of the small timeline, whose own access token the settings hold. */
export const ACCOUNT = { id: "42", username: "small", name: "Small" };
export const ORIGIN = "https://connector.example";

export const CAPTURE_INTERVAL_MS = 15 * 60_000;

export type Parts = {
  store: Store & { blobs: ReturnType<typeof createMemoryStore>["blobs"] };
  queue: MemoryQueue;
  platform: FakePlatform;
  settings: Settings;
  sealer: Sealer;
  twitter: Twitter;
  clock: Clock;
  log: TestLog;
  tryToChange?: Checked["tryToChange"];
};
export type Harness = Parts & {
  app: Hono;
  x: LocalX;
  issuer: Issuer;
  /** Whether the worker seems to get through to its queue, and how often it was woken. */
  worker: { alive: boolean; woken: number };
  /** A job that archives the small account with the settings' own token. */
  addJob: (jobId: string) => Promise<Job>;
  close: () => Promise<void>;
};

/** The parts that the app is made of, over memory and an X at that address. */
export function createParts(
  xUrl: string,
  changes: Partial<Record<SettingName, string>> = {},
): Parts {
  const settings = testSettings({ X_API_URL: xUrl, ...changes });
  const clock = createClock();
  const store = createMemoryStore();
  const log = createTestLog();
  const { now } = clock;
  const askForPosts = createAskForPosts({ store, preferred: settings.X_VOCABULARY, ...log, now });
  return {
    store,
    queue: createMemoryQueue(clock.now),
    platform: createFakePlatform(),
    settings,
    sealer: createSealer(settings.SEALING_KEYS),
    twitter: createTwitter(settings, {
      agent: createXAgent(xUrl),
      askForPosts,
      now,
      searchPaceMs: 0,
    }),
    clock,
    log,
  };
}

/** The whole app over memory and the X stand-in; `x` changes the stand-in, `settings` the settings. */
export async function startHarness({
  x: xOptions = {},
  settings: changes = {},
}: {
  x?: Partial<XOptions>;
  settings?: Partial<Record<SettingName, string>>;
} = {}): Promise<Harness> {
  const x = await startSmallX([], { keys: X_KEYS, callbackUrl: CALLBACK, ...xOptions });
  const parts = createParts(x.url, changes);
  const issuer = await createIssuer();
  const worker = { alive: true, woken: 0 };
  return {
    ...parts,
    x,
    issuer,
    worker,
    app: createAppOf(parts, { issuer, worker }),
    addJob: (jobId) => addJob(parts, jobId),
    close: () => x.close(),
  };
}

/** The app over parts in memory. */
export function createAppOf(
  parts: Parts,
  { issuer, worker }: Pick<Harness, "issuer" | "worker">,
): Hono {
  const { settings, clock, log } = parts;
  return assembleApp({
    ...parts,
    log: log.log,
    now: clock.now,
    fetchMedia: createFetchMedia(settings, createXAgent(settings.X_API_URL)),
    captureIntervalMs: CAPTURE_INTERVAL_MS,
    keys: issuer.keys,
    worker: {
      isAlive: () => worker.alive,
      troubles: () => (worker.alive ? [] : ["The worker cannot reach its queue."]),
      wake: () => void (worker.woken += 1),
    },
    callbackUrl: CALLBACK,
    publicOrigin: ORIGIN,
    version: "1.2.3",
    packageHash: "abc",
  });
}

export async function addJob(
  { store, sealer, clock: { now } }: Parts,
  jobId: string,
  account = ACCOUNT,
): Promise<Job> {
  const bound = { jobId, account, token: OWN_TOKEN };
  const result = await signInJob({ store, sealer, now }, bound);
  if ("refusal" in result) {
    throw new Error(result.refusal);
  }
  return result.job;
}
