import type { Store } from "../../app/archive/store.ts";
import { readStoredPage, type StoredPage } from "../../app/capture/pages.ts";
import { type Manifest, type ManifestEntry } from "../../app/delivery/manifest.ts";
import type { Includes } from "../../app/twitter/page.ts";
import type { Post } from "../../app/twitter/post.ts";
import { ConnectorError, describeError } from "../../app/errors.ts";
import { manifestsOf } from "../verify/manifests.ts";
import { POSTS } from "../../app/feeds/posts.ts";

/** An item that was handed over, with what it takes to make it again. */
export type Delivered = {
  /** When its post was made, ISO 8601, UTC, seconds. */
  createdAt: string;
  taskId: string;
  account: Manifest["head"]["account"];
  /** What the platform had asked for. */
  window: Manifest["head"]["window"];
  entry: ManifestEntry;
};

/** One that is on a list and cannot be exported, and why. */
export type Lost = { id: string; taskId: string; reason: string };

/**
 * Every item of a job's lists, each once: a second list that names the same version of a post brought
 * the platform nothing new.
 */
export async function* deliveredItems(
  store: Store,
  jobId: string,
  lose: (lost: Lost) => Promise<void>,
): AsyncGenerator<Delivered> {
  const pages = createPages(store);
  for await (const { manifest } of manifestsOf(store, jobId)) {
    const { account, window, taskId } = manifest.head;
    for await (const entry of manifest.entries()) {
      try {
        const { createdAt } = await pages.postOf(entry);
        yield { createdAt, taskId, account, window, entry };
      } catch (error) {
        await lose({ id: entry.id, taskId, reason: describeError(error).error });
      }
    }
  }
}

/** Entries follow each other as their posts do on their page: a few pages are enough. */
const PAGES_IN_HAND = 8;

/** A post as X gave it, with what came along and when. */
export type ArchivedPost = Post & { includes: Includes; receivedAt: string };

export type Pages = {
  postOf: (entry: Pick<ManifestEntry, "id" | "page">) => Promise<ArchivedPost>;
};

/** The posts of entries, from their stored pages. */
export function createPages(store: Store): Pages {
  const inHand = new Map<string, StoredPage>();
  const open = async (name: string) => {
    const known = inHand.get(name) ?? (await readStoredPage(store, POSTS, name));
    if (!known) {
      throw new ConnectorError("unusable-record", `${name} is not in the archive`);
    }
    inHand.delete(name);
    inHand.set(name, known);
    const [oldest] = inHand.keys();
    if (inHand.size > PAGES_IN_HAND && oldest !== undefined) {
      inHand.delete(oldest);
    }
    return known;
  };
  return {
    async postOf({ id, page: name }) {
      const { page, receivedAt } = await open(name);
      const post = page.posts.find((one) => one.id === id) ?? page.includes.posts.get(id);
      if (!post) {
        throw new ConnectorError("unusable-record", `${name} does not hold post ${id}`);
      }
      return { ...post, includes: page.includes, receivedAt };
    },
  };
}
