import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import type { Includes, Post } from "../twitter/page.ts";
import { capturesOf, type Coverage } from "./coverage.ts";
import { contains, type Interval } from "./interval.ts";
import { storedPages } from "./pages.ts";

/** A post out of the archive, with what X said along with it and when. */
export type CapturedPost = { post: Post; includes: Includes; receivedAt: string };

/** The posts of a window, each once, read from the archived pages one page at a time. */
export async function* postsOfWindow(
  store: Store,
  { jobId, window, coverage }: { jobId: string; window: Interval; coverage: Coverage },
): AsyncGenerator<CapturedPost> {
  const seen = new Set<string>();
  for (const captureId of capturesOf(window, coverage)) {
    for await (const captured of postsOfPages(store, names.captures(jobId, captureId))) {
      const { id, createdAt } = captured.post;
      if (contains(window, createdAt) && !seen.has(id)) {
        seen.add(id);
        yield captured;
      }
    }
  }
}

/** All posts of the stored pages of a folder and of those in it, as they came. */
export async function* postsOfPages(store: Store, folder: string): AsyncGenerator<CapturedPost> {
  for await (const { page, receivedAt } of storedPages(store, folder)) {
    for (const post of page.posts) {
      yield { post, includes: page.includes, receivedAt };
    }
  }
}
