import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { createSealer } from "../archive/seal.ts";
import { names } from "../archive/names.ts";
import { readCoverage } from "../capture/coverage.ts";
import { ConnectorError } from "../errors.ts";
import { forgetJob, markNeedsSignIn, readJob } from "../jobs/job.ts";
import {
  BEATEN_POSTS,
  scheduledCaptureDepsOf,
  pass,
  SIGN_IN,
  startCaptureRuns,
  workOffCaptureRuns,
} from "../testing/capture-runs.ts";
import { archivedIds, blobsUnder, watch } from "../testing/captures.ts";
import { addJob, CAPTURE_INTERVAL_MS, type Parts } from "../testing/harness.ts";
import { ensureSchedule, readSchedule } from "./capture-schedule.ts";
import { startWorker } from "./worker.ts";
import { postsOf } from "../feeds/posts.ts";

const DAY_MS = 24 * 3_600_000;

let x: LocalX;
let parts: Parts;
beforeEach(async () => {
  ({ x, parts } = await startCaptureRuns());
});
afterEach(() => x.close());

describe("A job that nobody asks for", () => {
  it("is not read before one interval has passed since its sign-in", async () => {
    parts.clock.advance(CAPTURE_INTERVAL_MS - 1);
    expect(await workOffCaptureRuns(scheduledCaptureDepsOf(parts), parts.queue)).toBe(0);
    expect(x.returned()).toBe(0);
  });

  it("is read from its sign-in to a minute ago, beat after beat", async () => {
    await pass(parts, 1);
    const first = { start: SIGN_IN, end: "2026-06-01T12:14:00Z" };
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toMatchObject([first]);
    await pass(parts, 1);
    const whole = { start: SIGN_IN, end: "2026-06-01T12:29:00Z" };
    expect((await archivedIds(parts, whole)).toSorted()).toEqual(
      BEATEN_POSTS.slice(0, 3)
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(x.reads()).toBe(3);
  });

  it("has its token sealed with the newest key, and is read on when the older one is gone", async () => {
    const [old] = parts.settings.SEALING_KEYS;
    const fresh = { kty: "oct" as const, kid: "2", k: Buffer.alloc(32, 2).toString("base64url") };
    const deps = scheduledCaptureDepsOf(parts, { posts: BEATEN_POSTS.length });
    await pass(parts, 1, { ...deps, sealer: createSealer(old ? [fresh, old] : []) });
    await pass(parts, 1, { ...deps, sealer: createSealer([fresh]) });
    const { needsSignIn } = (await readJob(parts.store, "job-1")) ?? {};
    expect(needsSignIn).toBeUndefined();
    expect((await archivedIds(parts, { start: SIGN_IN, end: "2026-06-01T12:29:00Z" })).length).toBe(
      3,
    );
  });

  it("has the media of what is read kept, too, before anybody asks for them", async () => {
    const [first] = BEATEN_POSTS.slice(1);
    const shown = { attachments: { media_keys: ["3_1"] } };
    const url = "https://pbs.twimg.com/media/A.jpg";
    const { x: showing, parts: own } = await startCaptureRuns(
      first ? [{ ...first, ...shown }] : [],
      [{ media_key: "3_1", type: "photo", url }],
    );
    await pass(own, 1);
    expect(blobsUnder(own, names.media("job-1", "3_1", "orig.record.json"))).toHaveLength(1);
    expect(own.log.of("media.not-archived")).toEqual([]);
    await showing.close();
  });

  it("is read after a pause from where the last beat stopped", async () => {
    await pass(parts, 1);
    parts.clock.advance(DAY_MS);
    const twitter = watch(parts.twitter);
    await workOffCaptureRuns(scheduledCaptureDepsOf(parts, { twitter, posts: 4 }), parts.queue);
    const end = "2026-06-02T12:14:00Z";
    // The second time for what is older than its last post: there is none.
    expect(twitter.queries).toMatchObject([
      { endTime: end },
      { endTime: end, untilId: expect.any(String) as unknown },
    ]);
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toMatchObject([
      { start: SIGN_IN, end: "2026-06-02T12:14:00Z" },
    ]);
  });

  it("keeps saying that it needs a sign-in, asks X for nothing meanwhile, and goes on after it", async () => {
    await markNeedsSignIn(parts.store, "job-1", { reason: "revoked" });
    const twitter = watch(parts.twitter);
    await pass(parts, 3, scheduledCaptureDepsOf(parts, { twitter, posts: 4 }));
    expect(twitter.queries).toEqual([]);
    expect(parts.log.of("capture.waiting")).toEqual([]);
    const told = { jobId: "job-1", reason: "revoked" };
    expect(parts.log.of("job.needs-sign-in")).toMatchObject([told, told, told]);
    expect(parts.queue.waiting()).toHaveLength(1);
    await addJob(parts, "job-1");
    await pass(parts, 1);
    expect(parts.log.of("job.needs-sign-in")).toHaveLength(3);
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toMatchObject([
      { start: SIGN_IN },
    ]);
  });

  it("is left alone once it is removed, and read again once it is signed in again", async () => {
    const job = await readJob(parts.store, "job-1");
    if (job) {
      await forgetJob(parts.store, job, parts.clock.now());
    }
    await pass(parts, 2);
    expect(parts.queue.waiting()).toEqual([]);
    expect(x.returned()).toBe(0);
    await addJob(parts, "job-1");
    await ensureSchedule(scheduledCaptureDepsOf(parts), "job-1");
    await pass(parts, 1);
    expect(x.reads()).toBe(3);
  });

  it("is left alone where the interval is 0, and read again where it is not", async () => {
    await pass(parts, 2, scheduledCaptureDepsOf(parts, { captureIntervalMs: 0 }));
    expect(parts.queue.waiting()).toEqual([]);
    await ensureSchedule(scheduledCaptureDepsOf(parts, { captureIntervalMs: 0 }), "job-1");
    expect(parts.queue.waiting()).toEqual([]);
    await ensureSchedule(scheduledCaptureDepsOf(parts), "job-1");
    expect(parts.queue.waiting()).toHaveLength(1);
  });
});

describe("A beat that fails", () => {
  it("waits until X has said, and goes on by itself", async () => {
    const retryAt = new Date("2026-06-01T12:22:00Z");
    const error = new ConnectorError("x-rate-limited", "X answered 429", { retryAt });
    await pass(
      parts,
      1,
      scheduledCaptureDepsOf(parts, { twitter: failing(parts, error), posts: 4 }),
    );
    expect(parts.queue.waiting()).toMatchObject([{ visibleAt: retryAt }]);
    expect(parts.log.of("capture.waiting")).toMatchObject([
      { jobId: "job-1", code: "x-rate-limited", retryAt: retryAt.toISOString() },
    ]);
    expect(parts.log.of("x.rate-limited")).toHaveLength(1);
    parts.clock.set(retryAt.toISOString());
    const twitter = watch(parts.twitter);
    await workOffCaptureRuns(scheduledCaptureDepsOf(parts, { twitter, posts: 4 }), parts.queue);
    expect(await readSchedule(parts.store, "job-1")).toMatchObject({ attempts: 0 });
    // What was begun: the pages of that very question may be here in part.
    expect(twitter.queries).toMatchObject([
      { endTime: "2026-06-01T12:14:00Z" },
      { endTime: "2026-06-01T12:14:00Z", untilId: expect.any(String) as unknown },
    ]);
    parts.clock.advance(30_000);
    await workOffCaptureRuns(scheduledCaptureDepsOf(parts, { twitter, posts: 4 }), parts.queue);
    expect(twitter.queries[2]).toMatchObject({ endTime: "2026-06-01T12:21:30Z" });
    expect(x.reads()).toBe(3);
  });

  it("says that the account has to be signed in again, unless it was meanwhile", async () => {
    const error = new ConnectorError("x-token-refused", "X answered 401");
    const twitter = failing(parts, error, () => addJob(parts, "job-1"));
    await pass(parts, 1, scheduledCaptureDepsOf(parts, { twitter, posts: 4 }));
    expect(await readJob(parts.store, "job-1")).not.toHaveProperty("needsSignIn");
    await pass(
      parts,
      1,
      scheduledCaptureDepsOf(parts, { twitter: failing(parts, error), posts: 4 }),
    );
    expect(await readJob(parts.store, "job-1")).toMatchObject({ needsSignIn: "X answered 401" });
  });

  it("for a token that X refused goes on by itself when X takes it again", async () => {
    const error = new ConnectorError("x-token-refused", "X answered 401");
    const twitter = { ...failing(parts, error), account: () => Promise.reject(error) };
    await pass(parts, 4, scheduledCaptureDepsOf(parts, { twitter, posts: 4 }));
    expect(await readJob(parts.store, "job-1")).toMatchObject({ needsSignIn: "X answered 401" });
    await pass(parts, 5);
    expect(await readJob(parts.store, "job-1")).not.toHaveProperty("needsSignIn");
    expect(parts.log.of("job.token-accepted-again")).toHaveLength(1);
    expect(x.reads()).toBe(3);
  });

  it("is tried again a little later each time, then told, and the chain goes on", async () => {
    const twitter = failing(parts, new ConnectorError("unusable-record", "a page cannot be read"));
    await pass(parts, 12, scheduledCaptureDepsOf(parts, { twitter, posts: 4 }));
    expect(parts.log.of("capture.waiting")).toHaveLength(11);
    expect(parts.log.of("capture.failed")).toMatchObject([{ code: "unusable-record" }]);
    expect(parts.queue.waiting()).toHaveLength(1);
    await pass(parts, 2);
    expect(x.reads()).toBe(3);
  });
});

describe("A worker", () => {
  it("does beats, and begins when it starts what chains are missing", async () => {
    await addJob(parts, "job-2", { id: "43", username: "Other", name: "Other" });
    parts.clock.advance(CAPTURE_INTERVAL_MS);
    const { platform, settings, log } = parts;
    const worker = startWorker(
      {
        ...scheduledCaptureDepsOf(parts, { posts: 4 }),
        platform,
        fetchMedia: async () => ({ refusal: "not asked for here" }),
        sasHosts: settings.SAS_HOSTS,
        uploadConcurrency: 1,
        createUpload: () => async () => undefined,
      },
      { concurrency: 1 },
    );
    await vi.waitFor(() => expect(log.of("capture.scheduled")).toHaveLength(3));
    await worker.stop();
    const waiting = parts.queue.waiting().map(({ message }) => message?.jobId);
    expect(new Set(waiting)).toEqual(new Set(["job-1", "job-2"]));
    expect((await readCoverage(parts.store, postsOf("job-1"))).intervals).toMatchObject([
      { start: SIGN_IN },
    ]);
  });
});

function failing(
  { twitter }: Parts,
  error: Error,
  before: () => Promise<unknown> = async () => undefined,
): Parts["twitter"] {
  const timeline = async () => {
    await before();
    throw error;
  };
  return { ...twitter, timeline };
}
