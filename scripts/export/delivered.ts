import type { Store } from "../../app/archive/store.ts";
import { readStoredPage, type StoredPage } from "../../app/capture/pages.ts";
import { type Manifest, type ManifestEntry } from "../../app/delivery/manifest.ts";
import type { Includes } from "../../app/twitter/page.ts";
import type { Post } from "../../app/twitter/post.ts";
import { ConnectorError, describeError } from "../../app/errors.ts";
import type { Missing } from "./missing.ts";
import { manifestsOf } from "../verify/manifests.ts";
import type { Feed } from "../../app/feeds/feed.ts";
import { feedNamed } from "../../app/feeds/index.ts";

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

/**
 * Every item of a job's lists, each once: a second list that names the same version of a post brought
 * the platform nothing new.
 */
export async function* deliveredItems(
  store: Store,
  jobId: string,
  lose: (lost: Missing) => void,
): AsyncGenerator<Delivered> {
  const records = createRecords(store);
  for await (const { manifest } of manifestsOf(store, jobId)) {
    const { account, window, taskId } = manifest.head;
    for await (const entry of manifest.entries()) {
      try {
        const { createdAt } = await records.recordOf(entry);
        yield { createdAt, taskId, account, window, entry };
      } catch (error) {
        lose({ id: entry.id, taskId, reason: describeError(error).error });
      }
    }
  }
}

/** Entries follow each other as their records do on their page: a few pages are enough. */
const PAGES_IN_HAND = 8;

/** What the archive has of a record, besides its item. */
export type ArchivedRecord = {
  createdAt: string;
  /** When X answered with it. */
  receivedAt: string;
  /** Of a record that is a post: how X gave it, and what came along. */
  post?: Post;
  includes?: Includes;
};

type Where = Pick<ManifestEntry, "feed" | "id" | "page">;
export type Records = { recordOf: (where: Where) => Promise<ArchivedRecord> };

/** The records of entries, from their stored pages. */
export function createRecords(store: Store): Records {
  const inHand = new Map<string, (id: string) => Promise<ArchivedRecord | undefined>>();
  const open = async ({ feed, page }: Where) => {
    const find = inHand.get(page) ?? (await openPage(store, feedNamed(feed), page));
    if (!find) {
      throw new ConnectorError("unusable-record", `${page} is not in the archive`);
    }
    inHand.delete(page);
    inHand.set(page, find);
    const [oldest] = inHand.keys();
    if (inHand.size > PAGES_IN_HAND && oldest !== undefined) {
      inHand.delete(oldest);
    }
    return find;
  };
  return {
    async recordOf(where) {
      const found = await (await open(where))(where.id);
      if (!found) {
        throw new ConnectorError("unusable-record", `${where.page} does not hold ${where.id}`);
      }
      return found;
    },
  };
}

async function openPage(store: Store, feed: Feed, name: string) {
  if (feed.kind === "timeline") {
    const stored = await readStoredPage(store, feed, name);
    return stored && (async (id: string) => postOn(stored, id));
  }
  const opened = await feed.openPage(store, name);
  return (
    opened &&
    (async (id: string) => {
      const record = await opened.find(id);
      return record && { createdAt: record.createdAt, receivedAt: opened.receivedAt };
    })
  );
}

function postOn({ page, receivedAt }: StoredPage, id: string): ArchivedRecord | undefined {
  const post = page.posts.find((one) => one.id === id) ?? page.includes.posts.get(id);
  return post && { createdAt: post.createdAt, receivedAt, post, includes: page.includes };
}
