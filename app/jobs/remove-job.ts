import pRetry from "p-retry";
import type { Sealer } from "../archive/seal.ts";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Twitter } from "../twitter/client.ts";
import { forgetJob, type Job, openToken, readJob } from "./job.ts";

export type RemovalDeps = {
  store: Store;
  sealer: Sealer;
  twitter: Twitter;
  log: Log;
  now: () => Date;
};

const REVOKE_RETRIES = 2;

/**
 * Ends a job: X revokes its token, the connector forgets it, and its account is free for another job.
 * What was captured stays in the archive. A job that is not there is removed already.
 * @param about said in the log, where the platform is not who asked
 * @returns whether X has revoked the token; undefined where there was nothing to remove.
 */
export async function removeJob(
  deps: RemovalDeps,
  jobId: string,
  about: { detail?: string } = {},
): Promise<{ isRevoked: boolean } | undefined> {
  const job = await readJob(deps.store, jobId);
  if (!job) {
    return undefined;
  }
  const isRevoked = await revokeToken(deps, job);
  await forgetJob(deps.store, job, deps.now());
  deps.log("job.deleted", { jobId, accountId: job.account.id, ...about });
  return { isRevoked };
}

/** A token that cannot be revoked is forgotten all the same; a person is told to do it at X. */
async function revokeToken({ sealer, twitter, log }: RemovalDeps, job: Job): Promise<boolean> {
  const about = { jobId: job.jobId, accountId: job.account.id };
  try {
    const token = await openToken(sealer, { ...job, needsSignIn: undefined });
    await pRetry(() => twitter.revoke(token), { retries: REVOKE_RETRIES, minTimeout: 200 });
    log("token.revoked", about);
  } catch (error) {
    if (error instanceof ConnectorError && error.code === "x-token-refused") {
      log("token.revoked", { ...about, detail: "X had revoked it before" });
      return true;
    }
    const detail = "revoke it by hand: X > Settings > Security > Apps and sessions";
    log("token.not-revoked", { ...about, detail }, error);
    return false;
  }
  return true;
}
