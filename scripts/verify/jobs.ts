import { z } from "zod";
import { names } from "../../app/archive/names.ts";
import { readDocument, type Store } from "../../app/archive/store.ts";

export type Found = { jobId: string; title: string };

const jobSchema = z.looseObject({
  jobId: z.string(),
  account: z.looseObject({ username: z.string() }),
});

/** Every job that has ever been there: what was archived of a removed one stays. */
export async function jobsIn(store: Store): Promise<Found[]> {
  const found: Found[] = [];
  for await (const name of store.list(names.jobs())) {
    const job = await readDocument(store, name, jobSchema);
    if (job) {
      found.push({ jobId: job.value.jobId, title: `@${job.value.account.username}` });
    }
  }
  return found;
}
