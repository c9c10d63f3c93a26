import { createHash } from "node:crypto";
import * as z from "zod";
import type { Post as XPost } from "../../scripts/local/x/timeline.ts";
import { startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { capture } from "../capture/capture.ts";
import type { Interval } from "../time/intervals.ts";
import { deliver, type Upload } from "../delivery/deliver.ts";
import type { ItemMapping } from "../delivery/item.ts";
import type { ManifestEntry } from "../delivery/manifest.ts";
import type { Provenance } from "../delivery/record.ts";
import { planDelivery } from "../delivery/plan.ts";
import { postsFeed } from "../feeds/posts.ts";
import { createXAgent } from "../twitter/agent.ts";
import { createFetchMedia, type FetchMedia } from "../twitter/media.ts";
import { captureDepsOf, SOURCE } from "./captures.ts";
import { ACCOUNT, createParts, type Parts, X_KEYS } from "./harness.ts";

export const TASK = "task-1";

/** Of items that are made without a delivery. */
export const PROVENANCE: Provenance = {
  jobId: "job-1",
  window: { start: "2020-01-23T00:00:00Z", end: "2020-01-24T00:00:00Z" },
  pageSha256: "ab".repeat(32),
};

/** The account's posts on the local X, a window of them captured, ready to be delivered. */
export type Captured = {
  parts: Parts;
  /** Addresses of media that were downloaded, in order. */
  downloads: string[];
  fetchMedia: FetchMedia;
  close: () => Promise<void>;
};

export async function captureWindow(
  window: Interval,
  { posts, otherPosts = [] }: { posts: XPost[]; otherPosts?: XPost[] },
): Promise<Captured> {
  const x = await startSmallX(posts, { keys: X_KEYS, otherPosts });
  const parts = createParts(x.url);
  await capture(captureDepsOf(parts, { posts: posts.length }), SOURCE, window);
  const downloads: string[] = [];
  const fetchFromX = createFetchMedia(parts.settings, createXAgent(x.url));
  const fetchMedia: FetchMedia = (url) => {
    downloads.push(url);
    return fetchFromX(url);
  };
  return { parts, downloads, fetchMedia, close: () => x.close() };
}

export type Delivered = {
  entries: ManifestEntry[];
  /** Bodies that reached the platform's container, by file name, in the order of their arrival. */
  uploads: Map<string, Uint8Array>;
};

/** Delivers a window of a captured account; `changes` stand in for the parts that a test is about. */
export async function deliverWindow(
  { parts, fetchMedia }: Captured,
  window: Interval,
  changes: Partial<{
    fetchMedia: FetchMedia;
    upload: Upload;
    concurrency: number;
    mapping: ItemMapping;
  }> = {},
): Promise<Delivered> {
  const { store, log, clock } = parts;
  const uploads: Delivered["uploads"] = new Map();
  const upload: Upload = async (fileName, body) => {
    await changes.upload?.(fileName, body);
    uploads.set(fileName, Buffer.from(body));
  };
  const feed = postsFeed(changes.mapping);
  const coverage = await capture(captureDepsOf(parts, { posts: 1 }), SOURCE, window);
  const plan = await planDelivery(store, {
    ...SOURCE,
    feed,
    feeds: [feed],
    taskId: TASK,
    accountId: ACCOUNT.id,
    window,
    answered: [],
    carries: true,
    coverage,
  });
  const delivery = deliver(
    {
      store,
      log: log.log,
      now: clock.now,
      fetchMedia: changes.fetchMedia ?? fetchMedia,
      concurrency: changes.concurrency ?? 4,
    },
    { jobId: SOURCE.jobId, account: ACCOUNT, window, records: plan.records(0), upload },
  );
  return { entries: await Array.fromAsync(delivery), uploads };
}

const itemSchema = z.looseObject({
  Id: z.string(),
  Content: z.string(),
  ContentAttachments: z.array(z.looseObject({ Content: z.string() })).nullable(),
});

/** The item of a post as it was uploaded. */
export function itemOf({ uploads }: Delivered, postId: string): z.infer<typeof itemSchema> {
  const body = uploads.get(`${postId}.json`);
  if (!body) {
    throw new Error(`No item of post ${postId} was uploaded`);
  }
  return itemSchema.parse(JSON.parse(Buffer.from(body).toString("utf8")));
}

export function sha256(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}
