import type { Store } from "../../app/archive/store.ts";
import { readCoverage } from "../../app/capture/coverage.ts";
import { postsOfWindow } from "../../app/capture/posts.ts";
import { readAnswered } from "../../app/delivery/ledger.ts";
import { readOutbox } from "../../app/delivery/outbox.ts";
import { manifestsOf } from "./manifests.ts";
import type { Comparison } from "./verify.ts";

/** Looks for each archived post of an answered window in what was handed over, or waits to be. */
export async function checkHandOver(store: Store, jobId: string): Promise<Comparison> {
  const handedOver = new Set<string>();
  for await (const { manifest } of manifestsOf(store, jobId)) {
    for await (const { id } of manifest.entries()) {
      handedOver.add(id);
    }
  }
  const waiting = new Set<string>();
  for await (const { postId } of readOutbox(store, jobId)) {
    waiting.add(postId);
  }
  const coverage = await readCoverage(store, jobId);
  const wrong: string[] = [];
  let posts = 0;
  for (const window of await readAnswered(store, jobId)) {
    for await (const { post } of postsOfWindow(store, { jobId, window, coverage })) {
      posts += 1;
      if (!handedOver.has(post.id) && !waiting.has(post.id)) {
        wrong.push(`post ${post.id} of ${post.createdAt} is archived and was not handed over`);
      }
    }
  }
  return { looked: `${posts} posts of answered windows, ${waiting.size} waiting`, wrong };
}
