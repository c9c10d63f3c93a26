import * as z from "zod";
import { names } from "../archive/names.ts";
import { createDocument, readDocument, type Store } from "../archive/store.ts";
import { parseAccount } from "../twitter/client.ts";
import type { CaptureDeps, Source } from "./capture.ts";
import { DEPTH } from "./walk.ts";

const estimateSchema = z.object({
  /** Posts of the account that X can be asked for. */
  posts: z.number(),
  /** What reading them costs: where the account owns the developer app, and where it does not. */
  dollarsOwned: z.number(),
  dollarsNotOwned: z.number(),
  estimatedAt: z.string(),
});

/** What reading an account's whole history costs at most; how much of it is read, the platform decides. */
export type Estimate = z.infer<typeof estimateSchema>;

/** Dollars a post (x-api.md section 4, as of 2026-08-22). */
const OWNED_READ = 0.001;
const POST_READ = 0.005;

/** Says once for each job, before anything of it is read, what that may cost. */
export async function estimateOnce(deps: CaptureDeps, source: Source): Promise<void> {
  const { store, log, now, askAccount, fullArchiveSearch } = deps;
  const { jobId } = source;
  if (await readEstimate(store, jobId)) {
    return;
  }
  const { posts = DEPTH } = parseAccount((await askAccount(source)).body);
  const reachable = fullArchiveSearch ? posts : Math.min(posts, DEPTH);
  const estimate: Estimate = {
    posts: reachable,
    dollarsOwned: toDollars(reachable, OWNED_READ),
    dollarsNotOwned: toDollars(reachable, POST_READ),
    estimatedAt: now().toISOString(),
  };
  if (await createDocument(store, names.estimate(jobId), estimate)) {
    log("capture.estimated", { jobId, posts: reachable, detail: wordsFor(estimate) });
  }
}

export async function readEstimate(store: Store, jobId: string): Promise<Estimate | undefined> {
  return (await readDocument(store, names.estimate(jobId), estimateSchema))?.value;
}

export function wordsFor({ posts, dollarsOwned, dollarsNotOwned }: Estimate): string {
  return (
    `at most ${posts.toLocaleString("en-US")} posts: $${dollarsOwned.toFixed(2)} where the account owns the developer app, ` +
    `else $${dollarsNotOwned.toFixed(2)}; posts that they show and their authors come on top`
  );
}

function toDollars(posts: number, price: number): number {
  return Math.round(posts * price * 100) / 100;
}
