import * as z from "zod";
import { idOf, names } from "../archive/names.ts";
import { type RecordOf, recordType, toRecord } from "../archive/records.ts";
import type { Sealer } from "../archive/seal.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Account, UserToken } from "../twitter/client.ts";

const accountSchema = z.object({ id: z.string(), username: z.string(), name: z.string() });
const tokenSchema = z.object({ accessToken: z.string(), accessSecret: z.string() });

export const jobRecord = recordType(
  z.object({
    jobId: z.string(),
    account: accountSchema,
    createdAt: z.string(),
    signedInAt: z.string(),
    /** The X user token, sealed. Absent after removal. */
    sealedToken: z.string().optional(),
    /** Why the account has to be signed in again; absent while its token works. */
    needsSignIn: z.string().optional(),
    /** How often X was asked since whether it takes the token again, and when it is asked next. */
    probes: z.object({ asked: z.number(), due: z.string().optional() }).optional(),
    deletedAt: z.string().optional(),
  }),
);
const claimRecord = recordType(z.object({ jobId: z.string() }));

export type Job = RecordOf<typeof jobRecord>;

/** A job of the platform that is there and not removed. */
export async function readJob(store: Store, jobId: string): Promise<Job | undefined> {
  const document = await readDocument(store, names.job(jobId), jobRecord);
  return document?.value.deletedAt === undefined ? document?.value : undefined;
}

/** The ids of all jobs that have ever been there. */
export async function* listJobIds(store: Store): AsyncGenerator<string> {
  for await (const name of store.list(names.jobs())) {
    yield idOf(name, names.jobs());
  }
}

/** Why an account cannot be signed in for a job: said to the administrator in these words. */
export type Refusal = { refusal: string };

/**
 * Whether an account may serve a job: one account serves one job, and a job keeps its account, also
 * when it was removed: what it has archived and what waits to go out are that account's.
 */
export async function checkAccount(
  store: Store,
  jobId: string,
  { id, username }: Account,
): Promise<Refusal | undefined> {
  const job = (await readDocument(store, names.job(jobId), jobRecord))?.value;
  if (job && job.account.id !== id) {
    return otherAccount(job, username);
  }
  const holder = await jobOfAccount(store, id);
  if (holder !== undefined && holder !== jobId) {
    return {
      refusal:
        `@${username} is archived by another connector job already. Remove that job first, or ` +
        "sign in to another account.",
    };
  }
  return undefined;
}

/** The job that archives an account. A claim of a job that is gone, or has another account, is void. */
export async function jobOfAccount(store: Store, accountId: string): Promise<string | undefined> {
  const claim = await readDocument(store, names.account(accountId), claimRecord);
  const job = claim && (await readJob(store, claim.value.jobId));
  return job?.account.id === accountId ? job.jobId : undefined;
}

/** Binds an account to a job, new or again. @returns a refusal if someone else was faster. */
export async function signInJob(
  { store, sealer, now }: { store: Store; sealer: Sealer; now: () => Date },
  { jobId, account, token }: { jobId: string; account: Account; token: UserToken },
): Promise<Refusal | { job: Job; isNew: boolean }> {
  const refused = await checkAccount(store, jobId, account);
  if (refused) {
    return refused;
  }
  if (!(await claimAccount(store, account.id, jobId))) {
    return { refusal: `@${account.username} was taken by another connector job just now.` };
  }
  const at = now().toISOString();
  const job: Job = {
    jobId,
    account: { id: account.id, username: account.username, name: account.name },
    createdAt: at,
    signedInAt: at,
    sealedToken: await sealer.seal(token),
  };
  const isNew = await createDocument(store, names.job(jobId), jobRecord, job);
  if (!isNew) {
    const current = await changeDocument(store, {
      name: names.job(jobId),
      type: jobRecord,
      change: (known) =>
        known.account.id === account.id ? { ...job, createdAt: known.createdAt } : undefined,
    });
    if (current && current.account.id !== account.id) {
      return otherAccount(current, account.username);
    }
  }
  // Another sign-in may have taken the claim before our job could be seen to hold it. Written again,
  // the claim has a new ETag, and who has read it meanwhile cannot take it any more.
  const claim = await changeDocument(store, {
    name: names.account(account.id),
    type: claimRecord,
    change: (current) => (current.jobId === jobId ? current : undefined),
  });
  if (claim?.jobId !== jobId) {
    await forgetJob(store, job, now());
    return { refusal: `@${account.username} was taken by another connector job just now.` };
  }
  return { job, isNew };
}

function otherAccount({ account }: Job, username: string): Refusal {
  return {
    refusal:
      `This job archives @${account.username}. Sign in to that account: @${username} needs ` +
      "a connector job of its own.",
  };
}

/**
 * The token to read the job's account with.
 * @throws ConnectorError `job-needs-sign-in`; `x-token-refused` for one that no key of ours opens:
 * trying again does not bring the key back, and a new sign-in mends it.
 */
export async function openToken(sealer: Sealer, job: Job): Promise<UserToken> {
  if (job.sealedToken === undefined || job.needsSignIn !== undefined) {
    throw new ConnectorError(
      "job-needs-sign-in",
      `@${job.account.username} has to be signed in again (${job.needsSignIn ?? "no token"})`,
    );
  }
  try {
    return tokenSchema.parse(await sealer.open(job.sealedToken));
  } catch (cause) {
    const message = `The token of @${job.account.username} cannot be opened with our sealing keys`;
    throw new ConnectorError("x-token-refused", message, { cause });
  }
}

/**
 * Seals a job's token with the newest key where an older one sealed it, so that the older one can be
 * given up. Leaves a token alone that came meanwhile.
 * @throws ConnectorError `unusable-record` where none of our keys opens it.
 */
export async function resealToken(
  { store, sealer }: { store: Store; sealer: Sealer },
  { jobId, sealedToken: known }: Job,
): Promise<void> {
  if (known === undefined || sealer.isNewest(known)) {
    return;
  }
  const sealedToken = await sealer.seal(await sealer.open(known));
  await changeDocument(store, {
    name: names.job(jobId),
    type: jobRecord,
    change: (job) => (job.sealedToken === known ? { ...job, sealedToken } : undefined),
  });
}

/**
 * Marks a job as needing the sign-in that a person has asked for: X is not asked whether it takes
 * the token.
 */
export async function markNeedsSignIn(
  store: Store,
  jobId: string,
  { reason }: { reason: string },
): Promise<void> {
  await changeJob(store, jobId, ({ probes, ...job }) =>
    job.needsSignIn === undefined || probes !== undefined
      ? { ...job, needsSignIn: reason }
      : undefined,
  );
}

/**
 * Marks a job whose token X refuses, unless it was signed in again since `sealedToken` was read. It
 * is asked again whether it takes it (`probeToken`), no more often than before where it did once.
 */
export async function markTokenRefused(
  store: Store,
  jobId: string,
  { reason, sealedToken }: { reason: string; sealedToken: string | undefined },
): Promise<void> {
  await changeJob(store, jobId, (job) =>
    job.needsSignIn !== undefined || (sealedToken !== undefined && job.sealedToken !== sealedToken)
      ? undefined
      : { ...job, needsSignIn: reason, probes: job.probes ?? { asked: 0 } },
  );
}

/** @returns the job's record as it is now. */
export function changeJob(
  store: Store,
  jobId: string,
  change: (job: Job) => Job | undefined,
): Promise<Job | undefined> {
  return changeDocument(store, { name: names.job(jobId), type: jobRecord, change });
}

/** Forgets the job's token and frees its account. The archive stays. */
export async function forgetJob(store: Store, job: Job, at: Date): Promise<void> {
  // Read first: a new sign-in of this job that comes in between keeps its claim.
  const claim = await readDocument(store, names.account(job.account.id), claimRecord);
  await changeDocument(store, {
    name: names.job(job.jobId),
    type: jobRecord,
    change: ({ sealedToken: _, ...rest }) => ({ ...rest, deletedAt: at.toISOString() }),
  });
  if (claim?.value.jobId === job.jobId) {
    await store.remove(names.account(job.account.id), claim.etag);
  }
}

/** An account is claimed by one blob that only one job can create; a removed job's claim is void. */
async function claimAccount(store: Store, accountId: string, jobId: string): Promise<boolean> {
  const name = names.account(accountId);
  if (await createDocument(store, name, claimRecord, { jobId })) {
    return true;
  }
  const claim = await readDocument(store, name, claimRecord);
  if (!claim || claim.value.jobId === jobId) {
    return claim !== undefined;
  }
  const holder = await readJob(store, claim.value.jobId);
  if (holder?.account.id === accountId) {
    return false;
  }
  return (await store.replace(name, toRecord(claimRecord, { jobId }), claim.etag)) !== undefined;
}
