import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Platform } from "./client.ts";
import type { Twitter } from "../twitter/client.ts";

export type Checked = {
  store: Store;
  twitter: Twitter;
  platform: Platform;
  worker: { isAlive(): boolean };
  /** As registered in the X developer app. */
  callbackUrl: string;
  log: Log;
  now: () => Date;
  /** Where the site may only create evidence: what of it it can change all the same. */
  tryToChange?: ((name: string) => Promise<string[]>) | undefined;
};

/** First word of each line in Validate's Message. */
export const SUBJECTS = {
  x: "X",
  callback: "X callback URL",
  entra: "Microsoft Entra",
  platform: "Import service",
  archive: "Archive",
  worker: "Worker",
} as const;

type Subject = (typeof SUBJECTS)[keyof typeof SUBJECTS];

const CHECK_TIMEOUT_MS = 20_000;

/** A problem whose message is written for the portal. */
class Obstacle extends Error {
  override name = "Obstacle" as const;
}

/**
 * Checks everything that the connector needs for its work.
 * @returns problems, each with its remedy; empty if there is none.
 */
export async function checkReadiness(checked: Checked): Promise<string[]> {
  const { twitter, platform, worker, callbackUrl, log } = checked;
  const attempt = async (subject: Subject, work: () => Promise<unknown>): Promise<string[]> => {
    try {
      await within(CHECK_TIMEOUT_MS, work());
      return [];
    } catch (error) {
      if (isStillToCome(error)) {
        log("validate.consent-missing", { detail: subject }, error);
        return [];
      }
      log("validate.failed", { detail: subject }, error);
      return [`${subject}: ${wordsFor(subject, error, callbackUrl)}`];
    }
  };
  // X judges the callback URL only after it has accepted the app's keys.
  const attemptX = async (): Promise<string[]> => {
    const refused = await attempt(SUBJECTS.x, () => twitter.probe());
    return refused.length > 0
      ? refused
      : attempt(SUBJECTS.callback, () => twitter.requestToken(callbackUrl));
  };
  const obstacles = await Promise.all([
    attemptX(),
    attempt(SUBJECTS.entra, () => platform.checkToken()),
    attempt(SUBJECTS.platform, () => platform.checkReachable()),
    attempt(SUBJECTS.archive, () => writeToArchive(checked)),
  ]);
  const dead = `${SUBJECTS.worker}: it cannot reach its queue. Restart the site; then read its log.`;
  return [...obstacles.flat(), ...(worker.isAlive() ? [] : [dead])];
}

/** The portal asks for consent after Validate, so its absence is no problem yet. */
function isStillToCome(error: unknown): boolean {
  return error instanceof ConnectorError && error.code === "consent-missing";
}

/** Writes to both containers. Evidence cannot be deleted, so one blob a day is enough. */
async function writeToArchive({ store, now, tryToChange }: Checked): Promise<void> {
  const body = Buffer.from("writable\n");
  await store.put(names.writableState(), body);
  const name = names.writableEvidence(now().toISOString().slice(0, 10));
  await store.create(name, body);
  const possible = (await tryToChange?.(name)) ?? [];
  if (possible.length > 0) {
    throw new Obstacle(
      `the site's identity can ${possible.join(" and ")} evidence, although evidenceAccess is ` +
        "create-only. Remove its other roles on the container, storage account, resource group or subscription.",
    );
  }
}

function wordsFor(subject: Subject, error: unknown, callbackUrl: string): string {
  if (error instanceof Obstacle) {
    return error.message;
  }
  if (error instanceof ConnectorError) {
    return `${error.message}${remedyFor(subject, error, callbackUrl)}`;
  }
  return subject === SUBJECTS.archive
    ? "it cannot be written to. The site's identity needs the role Storage Blob Data Contributor on the containers evidence and state; `npm run up` assigns it."
    : "it cannot be reached.";
}

function remedyFor(subject: Subject, { code }: ConnectorError, callbackUrl: string): string {
  if (subject === SUBJECTS.callback && code !== "x-unavailable" && code !== "x-rate-limited") {
    return `. In the X developer portal, the app's user authentication settings must list exactly this Callback URI / Redirect URL: ${callbackUrl}`;
  }
  if (code === "x-bad-request") {
    return ". X rejects the connector's requests: check whether there is a newer version of the connector. Until then, windows wait; no post is lost.";
  }
  return code === "x-token-refused"
    ? ". The API keys or the access token are not valid: copy the four values from the X developer app into the stack's configuration and run `npm run up`."
    : "";
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error("no answer in time")), ms).unref();
  });
  return Promise.race([work, late]);
}
