import { createHash } from "node:crypto";
import * as z from "zod";
import { names } from "../archive/names.ts";
import { recordType } from "../archive/records.ts";
import type { Sealer } from "../archive/seal.ts";
import { createDocument, readDocument, type Store } from "../archive/store.ts";
import type { RequestToken } from "../twitter/client.ts";

const LIFETIME_MS = 10 * 60_000;
const sealedRecord = recordType(z.object({ sealed: z.string() }));
const startedSchema = z.object({
  oauthTokenSecret: z.string(),
  jobId: z.string(),
  sessionId: z.string(),
  expires: z.number(),
});

/** A sign-in that was sent to X and may come back once, within ten minutes, to the same session. */
export type Started = z.infer<typeof startedSchema>;

type Deps = { store: Store; sealer: Sealer; now: () => Date };

export async function keepRequestToken(
  { store, sealer, now }: Deps,
  { oauthToken, oauthTokenSecret }: RequestToken,
  { jobId, sessionId }: Pick<Started, "jobId" | "sessionId">,
): Promise<void> {
  const expires = now().getTime() + LIFETIME_MS;
  const sealed = await sealer.seal({ oauthTokenSecret, jobId, sessionId, expires });
  await createDocument(store, nameOf(oauthToken), sealedRecord, { sealed });
}

/** Gives a request token's secret out once: who removes the record has it. */
export async function takeRequestToken(
  { store, sealer, now }: Deps,
  oauthToken: string,
  sessionId: string,
): Promise<Started | undefined> {
  const name = nameOf(oauthToken);
  const record = await readDocument(store, name, sealedRecord);
  if (!record) {
    return undefined;
  }
  const started = startedSchema.parse(await sealer.open(record.value.sealed));
  if (started.sessionId !== sessionId || !(await store.remove(name, record.etag))) {
    return undefined;
  }
  return started.expires > now().getTime() ? started : undefined;
}

function nameOf(oauthToken: string): string {
  return names.signIn(createHash("sha256").update(oauthToken).digest("hex"));
}
