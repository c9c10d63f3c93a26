import type { Sealer } from "../archive/seal.ts";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Log } from "../log.ts";
import { parseAccount, type Twitter } from "../twitter/client.ts";
import { changeJob, type Job, openToken } from "./job.ts";

const FIRST_PAUSE_MS = 5 * 60_000;
const LONGEST_PAUSE_MS = 60 * 60_000;

export type ProbeDeps = {
  store: Store;
  sealer: Sealer;
  twitter: Pick<Twitter, "account">;
  log: Log;
  now: () => Date;
};

/**
 * Asks X whether it takes the token again for which it had a job marked: it has refused good tokens
 * for hours. The question is free and asked once for all work of a job, ever less often, up to once
 * an hour. A mark that the portal made is for a person to take away.
 * @returns the job, without its mark where X takes the token.
 */
export async function probeToken(deps: ProbeDeps, job: Job): Promise<Job> {
  if (!isDue(job, deps.now()) || !(await claimProbe(deps, job.jobId))) {
    return job;
  }
  if (!(await isTaken(deps, job))) {
    return job;
  }
  const { needsSignIn: reason = "", sealedToken } = job;
  let isMended = false;
  const changed = await changeJob(deps.store, job.jobId, (current) => {
    isMended = current.needsSignIn === reason && current.sealedToken === sealedToken;
    const { needsSignIn: _, ...rest } = current;
    return isMended ? rest : undefined;
  });
  if (isMended) {
    deps.log("job.token-accepted-again", { jobId: job.jobId, reason });
  }
  return changed ?? job;
}

function isDue({ needsSignIn, probes, deletedAt }: Job, now: Date): boolean {
  const isOpen = needsSignIn !== undefined && deletedAt === undefined;
  return isOpen && probes !== undefined && Date.parse(probes.due ?? "1970-01-01") <= now.getTime();
}

/** Before X is asked: of all that work for the job, one asks. */
async function claimProbe({ store, now }: ProbeDeps, jobId: string): Promise<boolean> {
  let isOurs = false;
  await changeJob(store, jobId, (job) => {
    isOurs = isDue(job, now());
    const asked = job.probes?.asked ?? 0;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** asked, LONGEST_PAUSE_MS);
    const due = new Date(now().getTime() + pauseMs).toISOString();
    return isOurs ? { ...job, probes: { asked: asked + 1, due } } : undefined;
  });
  return isOurs;
}

/** What X cannot say just now, it says the next time. */
async function isTaken({ sealer, twitter }: ProbeDeps, job: Job): Promise<boolean> {
  const { needsSignIn: _, ...unmarked } = job;
  try {
    const { body } = await twitter.account(await openToken(sealer, unmarked));
    return parseAccount(body).id === job.account.id;
  } catch (error) {
    if (error instanceof ConnectorError) {
      return false;
    }
    throw error;
  }
}
