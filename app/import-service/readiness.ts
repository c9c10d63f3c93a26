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

/** What an obstacle's line begins with: whoever reads Validate's Message can tell them apart. */
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

/** What stands in the way, in words for the portal. */
class Obstacle extends Error {
  override name = "Obstacle" as const;
}

/**
 * Whether the connector could do its work now.
 * @returns what stands in the way, in words that a person can act on.
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
  // X's word on the callback URL means something only from an app whose keys it takes.
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
  const dead = `${SUBJECTS.worker}: it does not get through to its queue. Restart the site; then look at its log.`;
  return [...obstacles.flat(), ...(worker.isAlive() ? [] : [dead])];
}

/** The portal itself asks for it, after Validate. */
function isStillToCome(error: unknown): boolean {
  return error instanceof ConnectorError && error.code === "consent-missing";
}

/** In both containers. Evidence cannot be removed, so there is one such blob a day. */
async function writeToArchive({ store, now, tryToChange }: Checked): Promise<void> {
  const body = Buffer.from("writable\n");
  await store.put(names.writableState(), body);
  const name = names.writableEvidence(now().toISOString().slice(0, 10));
  await store.create(name, body);
  const possible = (await tryToChange?.(name)) ?? [];
  if (possible.length > 0) {
    throw new Obstacle(
      `the site's identity can ${possible.join(" and ")} evidence, although evidenceAccess is ` +
        "create-only. Has it another role on the container, or on what the container lies in?",
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
    return ". X does not take what the connector asks of it: see whether there is a newer version. Until then windows wait, and nothing is lost.";
  }
  return code === "x-token-refused"
    ? ". The API keys or access token are not valid (any more): copy the four values from the X developer app into the stack's configuration and run `npm run up`."
    : "";
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error("no answer in time")), ms).unref();
  });
  return Promise.race([work, late]);
}
