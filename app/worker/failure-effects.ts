import type { Store } from "../archive/store.ts";
import { markTokenRefused } from "../jobs/job.ts";
import type { Log } from "../log.ts";
import type { Outcome } from "../outcomes.ts";

/** What a failure means beyond the work that failed: marks the job, and tells whoever watches. */
export async function recordFailureEffects(
  { store, log }: { store: Store; log: Log },
  {
    outcome: { needsSignIn, alert },
    sealedToken,
    reason,
    ...about
  }: {
    jobId: string;
    taskId?: string;
    code?: string;
    outcome: Outcome;
    /** The token that the work was done with: a newer one is not to blame. */
    sealedToken: string | undefined;
    reason: string;
  },
): Promise<void> {
  const { jobId } = about;
  if (needsSignIn) {
    await markTokenRefused(store, jobId, { reason, sealedToken });
    log("job.needs-sign-in", { jobId, reason });
  }
  if (alert) {
    log(alert, { ...about, reason });
  }
}
