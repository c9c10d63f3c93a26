import * as z from "zod";
import { names } from "../archive/names.ts";
import { type RecordOf, recordType } from "../archive/records.ts";
import { createDocument, readDocument, type Store } from "../archive/store.ts";
import { parseAccount } from "../twitter/client.ts";
import type { Source } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { BILLED } from "./prices.ts";
import { DEPTH } from "./scan.ts";

const estimateRecord = recordType(
  z.object({
    /** Posts of the account that X can be asked for. */
    posts: z.number(),
    /** What reading them costs: where the account owns the developer app, and where it does not. */
    dollarsOwned: z.number(),
    dollarsNotOwned: z.number(),
    estimatedAt: z.string(),
  }),
);

/** What reading an account's whole history costs at most; how much of it is read, the platform decides. */
export type Estimate = RecordOf<typeof estimateRecord>;

/** Says once for each job, before anything of it is read, what that may cost. */
export async function estimateOnce(deps: CaptureDeps, source: Source): Promise<void> {
  const { store, log, now, askAccount, fullArchiveSearch } = deps;
  const { jobId } = source;
  const { countOf } = source.feed;
  if (!countOf || (await readEstimate(store, jobId))) {
    return;
  }
  const posts = countOf(parseAccount((await askAccount(source)).body)) ?? DEPTH;
  const reachable = fullArchiveSearch ? posts : Math.min(posts, DEPTH);
  const estimate: Estimate = {
    posts: reachable,
    dollarsOwned: toDollars(reachable, BILLED.owned.owner),
    dollarsNotOwned: toDollars(reachable, BILLED.owned.other),
    estimatedAt: now().toISOString(),
  };
  if (await createDocument(store, names.estimate(jobId), estimateRecord, estimate)) {
    log("capture.estimated", { jobId, posts: reachable, detail: wordsFor(estimate) });
  }
}

export async function readEstimate(store: Store, jobId: string): Promise<Estimate | undefined> {
  return (await readDocument(store, names.estimate(jobId), estimateRecord))?.value;
}

export function wordsFor({ posts, dollarsOwned, dollarsNotOwned }: Estimate): string {
  return (
    `at most ${posts.toLocaleString("en-US")} ${BILLED.owned.words}: $${dollarsOwned.toFixed(2)} where the account owns the developer app, ` +
    `else $${dollarsNotOwned.toFixed(2)}; plus ${BILLED.others.words} that they refer to, $${BILLED.others.other} each, and ${BILLED.users.words}, $${BILLED.users.other} each`
  );
}

function toDollars(posts: number, price: number): number {
  return Math.round(posts * price * 100) / 100;
}
