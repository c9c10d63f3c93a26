import { names } from "../../app/archive/names.ts";
import { readDocument, type Store } from "../../app/archive/store.ts";
import { jobRecord } from "../../app/jobs/job.ts";

export type Found = { jobId: string; accountId: string; title: string };

/** Every job that ever existed: the archive of a removed one stays. */
export async function jobsIn(store: Store): Promise<Found[]> {
  const found: Found[] = [];
  for await (const name of store.list(names.jobs())) {
    const job = await readDocument(store, name, jobRecord);
    if (job) {
      const { jobId, account } = job.value;
      found.push({ jobId, accountId: account.id, title: `@${account.username}` });
    }
  }
  return found;
}
