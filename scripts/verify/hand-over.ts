import type { Store } from "../../app/archive/store.ts";
import { readCoverage } from "../../app/capture/coverage.ts";
import { postsOfWindow } from "../../app/capture/posts.ts";
import { readAnswered } from "../../app/delivery/ledger.ts";
import { readOutbox } from "../../app/delivery/outbox.ts";
import { earlierVersionsOf } from "../../app/twitter/page.ts";
import { manifestsOf } from "./manifests.ts";
import type { Comparison } from "./comparison.ts";
import { postsOf } from "../../app/feeds/posts.ts";

/** Checks that each archived post of an answered window was delivered or is queued. */
export async function checkHandOver(store: Store, jobId: string): Promise<Comparison> {
  const handedOver = new Set<string>();
  for await (const { manifest } of manifestsOf(store, jobId)) {
    for await (const entry of manifest.entries()) {
      handedOver.add(entry.id);
    }
  }
  const waiting = new Set<string>();
  for await (const { id } of readOutbox(store, jobId)) {
    waiting.add(id);
  }
  const coverage = await readCoverage(store, postsOf(jobId));
  const wrong: string[] = [];
  let posts = 0;
  for (const window of await readAnswered(store, jobId)) {
    for await (const { post, includes } of postsOfWindow(store, {
      ...postsOf(jobId),
      window,
      coverage,
    })) {
      const all = [post, ...earlierVersionsOf(post, includes)];
      posts += all.length;
      for (const { id, createdAt } of all) {
        if (!handedOver.has(id) && !waiting.has(id)) {
          wrong.push(`post ${id} of ${createdAt} is archived and was not handed over`);
        }
      }
    }
  }
  return { looked: `${posts} posts of answered windows, ${waiting.size} waiting`, wrong };
}
