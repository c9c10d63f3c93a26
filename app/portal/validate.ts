import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Platform } from "../platform/platform.ts";
import type { Twitter } from "../twitter/client.ts";

export type Checked = {
  store: Store;
  twitter: Twitter;
  platform: Platform;
  worker: { isAlive(): boolean };
  /** As registered in the X developer app. */
  callbackUrl: string;
  log: Log;
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

/**
 * Whether the connector could do its work now.
 * @returns what stands in the way, in words that a person can act on.
 */
export async function findObstacles(checked: Checked): Promise<string[]> {
  const { store, twitter, platform, worker, callbackUrl, log } = checked;
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
    attempt(SUBJECTS.archive, () => store.put("checks/writable.txt", Buffer.from("writable\n"))),
  ]);
  const dead = `${SUBJECTS.worker}: it does not get through to its queue. Restart the site; then look at its log.`;
  return [...obstacles.flat(), ...(worker.isAlive() ? [] : [dead])];
}

/** The portal itself asks for it, after Validate. */
function isStillToCome(error: unknown): boolean {
  return error instanceof ConnectorError && error.code === "consent-missing";
}

function wordsFor(subject: Subject, error: unknown, callbackUrl: string): string {
  if (error instanceof ConnectorError) {
    return `${error.message}${remedyFor(subject, error, callbackUrl)}`;
  }
  return subject === SUBJECTS.archive
    ? "it cannot be written to. The site's identity needs the role Storage Blob Data Contributor on the container; `npm run up` assigns it."
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
