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
  log: Log;
};

const CHECK_TIMEOUT_MS = 20_000;

/**
 * Whether the connector could do its work now.
 * @returns what stands in the way, in words that a person can act on.
 */
export async function findObstacles(checked: Checked): Promise<string[]> {
  const checks: [string, () => Promise<unknown>][] = [
    ["X", () => checked.twitter.me()],
    ["Microsoft Entra", () => checked.platform.checkToken()],
    ["Archive", () => checked.store.put("checks/writable.txt", Buffer.from("writable\n"))],
  ];
  const obstacles = await Promise.all(
    checks.map(async ([subject, check]) => {
      try {
        await within(CHECK_TIMEOUT_MS, check());
        return [];
      } catch (error) {
        checked.log("validate.failed", { detail: subject }, error);
        return [`${subject}: ${wordsFor(subject, error)}`];
      }
    }),
  );
  const worker = checked.worker.isAlive()
    ? []
    : ["Worker: it does not get through to its queue. Restart the site; then look at its log."];
  return [...obstacles.flat(), ...worker];
}

function wordsFor(subject: string, error: unknown): string {
  if (error instanceof ConnectorError) {
    return error.code === "x-token-refused"
      ? `${error.message}. The API keys or access token are not valid (any more): copy the four values from the X developer app into the stack's configuration and run \`npm run up\`.`
      : error.message;
  }
  return subject === "Archive"
    ? "it cannot be written to. The site's identity needs the role Storage Blob Data Contributor on the container; `npm run up` assigns it."
    : "it cannot be reached.";
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error("no answer in time")), ms).unref();
  });
  return Promise.race([work, late]);
}
