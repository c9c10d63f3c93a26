/**
 * Hands over one large window in a process of its own, over an archive that makes its pages as they
 * are read, into a container that forgets what it gets, to a platform elsewhere:
 * `node --expose-gc flat-run.ts posts 20000 URL`. Prints how far memory grew meanwhile, in bytes.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { addToCoverage } from "../capture/coverage.ts";
import { createPlatform } from "../import-service/client.ts";
import { completeTask } from "../worker/complete-task.ts";
import { processTask, type TaskDeps } from "../worker/process-task.ts";
import { acceptTask, changeClaimed, claimTask } from "../worker/task.ts";
import { captureDepsOf } from "./captures.ts";
import { ACCOUNT, addJob, createParts } from "./harness.ts";
import { createMemoryStore } from "./memory-store.ts";
import { SAS_URI } from "./platform-calls.ts";
import { postsOf } from "../feeds/posts.ts";

const PAGE_SIZE = 100;
const WARM_UP_POSTS = 10_000;
/** How often memory is looked at over a window. */
const LOOKS = 20;
const CHUNK = Buffer.alloc(64 * 1024, 7);
const VIDEO_BYTES = { best: 10_000_000, lesser: 7_000_000 };
const FIRST_ID = 2_006_000_000_000_000_000n;
const WINDOW = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };

const [kind = "", count = "", platformUrl = ""] = process.argv.slice(2);
const directory = await mkdtemp(join(tmpdir(), "flat-run-"));
try {
  await handOver("warm-up", { kind: "posts", posts: WARM_UP_POSTS });
  const posts = Number(count);
  const memory = watchMemory(posts);
  await handOver("task", { kind, posts, uploaded: () => memory.count() });
  process.stdout.write(`${memory.grownBytes()}\n`);
} finally {
  await rm(directory, { recursive: true });
}

type Window = { kind: string; posts: number; uploaded?: () => void };

async function handOver(jobId: string, window: Window): Promise<void> {
  const { posts, uploaded } = window;
  const parts = createParts("http://127.0.0.1:1");
  const store = { ...createLargeStore(jobId, window), blobs: new Map() };
  const { sealer, settings, log, clock } = parts;
  await addJob({ ...parts, store }, jobId);
  await addToCoverage(store, postsOf(jobId), {
    intervals: [{ ...WINDOW, captureId: "large", posts }],
  });
  await acceptTask(store, {
    jobId,
    taskId: "task-1",
    window: WINDOW,
    dirtyIds: [],
    sealedSas: await sealer.seal(SAS_URI),
    acceptedAt: clock.now().toISOString(),
  });
  const deps: TaskDeps = {
    ...captureDepsOf({ ...parts, store }, { posts }),
    sealer,
    queue: parts.queue,
    fetchMedia: async (url) => ({
      bytes: bytesOf(url),
      contentType: "video/mp4",
      body: chunks(bytesOf(url)),
      cancel: () => {},
    }),
    platform: createPlatform({ url: platformUrl, clientId: "client", createCredential }),
    sasHosts: settings.SAS_HOSTS,
    uploadConcurrency: settings.UPLOAD_CONCURRENCY,
    createUpload: () => async () => {
      await new Promise(setImmediate);
      uploaded?.();
    },
    log: log.log,
    now: clock.now,
  };
  const key = { jobId, taskId: "task-1" };
  const claim = await claimTask(store, key, { runId: "run", now: clock.now(), forMs: 1e9 });
  if (claim.kind !== "ours") {
    throw new Error(`The claim is ${claim.kind}`);
  }
  const counts = await processTask(deps, claim.task);
  const owing = await changeClaimed(store, claim.task, (task) => ({
    ...task,
    ...counts,
    pendingCompletion: { status: 0, since: WINDOW.end, tries: 0, poison: false },
  }));
  await completeTask(deps, owing);
}

/** Pages are made as they are read; media have a size and no bytes; a list lies on the disk. */
function createLargeStore(jobId: string, window: Window): Store {
  const { posts } = window;
  const small = createMemoryStore();
  const pages = names.capturePages(postsOf(jobId), "large");
  const fileOf = (name: string) => join(directory, encodeURIComponent(name));
  return {
    ...small,
    async read(name) {
      const number = name.startsWith(pages) ? Number(/(\d+)\.json$/.exec(name)?.[1]) : undefined;
      if (number !== undefined) {
        // As no storage does, pages that came at once would keep the garbage collector from its tasks.
        await new Promise(setImmediate);
        return pageBlob(number, window);
      }
      const bytes = /\/(\d+)-[\w-]+$/.exec(name)?.[1];
      return bytes === undefined
        ? small.read(name)
        : { body: Buffer.alloc(Number(bytes), 7), etag: "", metadata: {} };
    },
    async createStream(name, body) {
      if (typeof name === "string") {
        await pipeline(body, createWriteStream(fileOf(name)));
        return true;
      }
      for await (const _ of body) {
        // A medium: forgotten.
      }
      return true;
    },
    async readStream(name) {
      return access(fileOf(name)).then(
        () => createReadStream(fileOf(name)),
        () => undefined,
      );
    },
    async *list(prefix) {
      if (names.captures(postsOf(jobId), "large").startsWith(prefix)) {
        for (let number = 1; number <= Math.ceil(posts / PAGE_SIZE); number += 1) {
          yield names.page(pages, number);
        }
      } else {
        yield* small.list(prefix);
      }
    },
  };
}

/** Newest first, as X gives them. */
function pageBlob(number: number, { kind: shown, posts }: Window) {
  const newest = posts - (number - 1) * PAGE_SIZE;
  const data = Array.from({ length: Math.min(PAGE_SIZE, newest) }, (_, index) => {
    const id = String(FIRST_ID + BigInt(newest - index) * 1_000_000_000n);
    const video = shown === "videos" ? { attachments: { media_keys: [`7_${id}`] } } : {};
    const time = { created_at: "2026-01-01T12:00:00.000Z", author_id: ACCOUNT.id };
    return { id, text: `Post ${id}`, ...time, ...video };
  });
  const media =
    shown === "videos"
      ? data.map(({ id }) => ({
          media_key: `7_${id}`,
          type: "video",
          variants: Object.values(VIDEO_BYTES).map((bytes) => ({
            content_type: "video/mp4",
            bit_rate: bytes,
            url: `https://video.twimg.com/${id}/video-${bytes}.mp4`,
          })),
        }))
      : [];
  const page = { data, includes: { users: [ACCOUNT], media }, meta: { result_count: data.length } };
  return {
    body: Buffer.from(JSON.stringify(page)),
    etag: "",
    metadata: { receivedat: "2026-01-02T00:00:00.000Z" },
  };
}

function bytesOf(url: string): number {
  return Number(/video-(\d+)/.exec(url)?.[1] ?? 0);
}

async function* chunks(bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; left -= CHUNK.byteLength) {
    yield CHUNK.subarray(0, Math.min(left, CHUNK.byteLength));
  }
}

function createCredential() {
  return { getToken: async () => ({ token: "token", expiresOnTimestamp: 0 }) };
}

/**
 * How far the memory that the process holds has grown, in bytes. Looks by the count of uploads, so that a
 * slow machine looks no more often than a fast one.
 */
function watchMemory(posts: number) {
  const before = heldBytes();
  const every = Math.ceil(posts / LOOKS);
  let most = before;
  let uploads = 0;
  const look = () => {
    most = Math.max(most, heldBytes());
  };
  return {
    count() {
      uploads += 1;
      if (uploads % every === 0) {
        look();
      }
    },
    grownBytes() {
      look();
      return most - before;
    },
  };
}

/** Once what the process no longer needs is gone. */
function heldBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
