import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createSealer, type Sealer } from "../archive/seal.ts";
import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { type Clock, createClock } from "../testing/clock.ts";
import { testSettings } from "../testing/environment.ts";
import { inTurnsOf } from "../testing/in-turns.ts";
import { createMemoryStore } from "../testing/memory-store.ts";
import { PLAIN_SEALER } from "../testing/plain-sealer.ts";
import {
  checkAccount,
  forgetJob,
  listJobIds,
  markNeedsSignIn,
  markTokenRefused,
  openToken,
  readJob,
  resealToken,
  signInJob,
} from "./job.ts";

const SMALL = { id: "42", username: "small", name: "Small" };
const OTHER = { id: "43", username: "Other", name: "Other" };
const TOKEN = { accessToken: "42-token", accessSecret: "secret" };

let store: ReturnType<typeof createMemoryStore>;
let sealer: Sealer;
let clock: Clock;
beforeEach(() => {
  store = createMemoryStore();
  sealer = createSealer(testSettings().SEALING_KEYS);
  clock = createClock();
});

describe("A token that an older key sealed", () => {
  const key = (kid: string, byte: number) => ({
    kty: "oct" as const,
    kid,
    k: Buffer.alloc(32, byte).toString("base64url"),
  });
  const [OLD, NEW] = [key("1", 1), key("2", 2)];
  const rotated = createSealer([NEW, OLD]);
  beforeEach(async () => {
    sealer = createSealer([OLD]);
    await signIn("job-1");
  });

  it("is sealed with the newest one, and then opens without the older", async () => {
    await resealToken({ store, sealer: rotated }, await existing("job-1"));
    expect(await openToken(createSealer([NEW]), await existing("job-1"))).toEqual(TOKEN);
  });

  it("is not written again once that is done", async () => {
    await resealToken({ store, sealer: rotated }, await existing("job-1"));
    const { etag } = (await store.read(names.job("job-1"))) ?? {};
    await resealToken({ store, sealer: rotated }, await existing("job-1"));
    expect((await store.read(names.job("job-1")))?.etag).toBe(etag);
  });

  it("does not take the place of a newer one, nor of a removal", async () => {
    const before = await existing("job-1");
    const newer = { accessToken: "42-newer", accessSecret: "secret" };
    await signInJob(
      { store, sealer: rotated, now: clock.now },
      { jobId: "job-1", account: SMALL, token: newer },
    );
    await resealToken({ store, sealer: rotated }, before);
    expect(await openToken(rotated, await existing("job-1"))).toEqual(newer);
    await forgetJob(store, before, clock.now());
    await resealToken({ store, sealer: rotated }, before);
    expect(text((await store.read(names.job("job-1")))?.body ?? Buffer.of())).not.toContain(
      "sealedToken",
    );
  });
});

describe("A sign-in", () => {
  it("makes a job that keeps its token sealed", async () => {
    const result = await signIn("job-1");
    expect(result).toMatchObject({ isNew: true });
    const job = await existing("job-1");
    expect(job).toMatchObject({
      jobId: "job-1",
      account: SMALL,
      createdAt: "2026-06-01T12:00:00.000Z",
      signedInAt: "2026-06-01T12:00:00.000Z",
    });
    expect(await openToken(sealer, job)).toEqual(TOKEN);
    expect([...store.blobs.values()].map(({ body }) => text(body)).join("\n")).not.toMatch(
      /42-token|"secret"/,
    );
  });

  it("keeps of an account what the archive needs, and no more", async () => {
    const account = { ...SMALL, pictureUrl: "https://pbs.twimg.com/x.png", posts: 7 };
    await signInJob({ store, sealer, now: clock.now }, { jobId: "job-1", account, token: TOKEN });
    expect((await existing("job-1")).account).toEqual(SMALL);
  });

  it("of the same account again brings a new token, and ends the need for it", async () => {
    await signIn("job-1");
    await markNeedsSignIn(store, "job-1", { reason: "X refused the token" });
    clock.advance(60_000);
    const fresh = { accessToken: "42-fresh", accessSecret: "fresh" };
    expect(await signIn("job-1", SMALL, fresh)).toMatchObject({ isNew: false });
    const job = await existing("job-1");
    expect(job.needsSignIn).toBeUndefined();
    expect(job.createdAt).toBe("2026-06-01T12:00:00.000Z");
    expect(job.signedInAt).toBe("2026-06-01T12:01:00.000Z");
    expect(await openToken(sealer, job)).toEqual(fresh);
  });

  it("takes over what the account is called now", async () => {
    await signIn("job-1");
    await signIn("job-1", { id: "42", username: "renamed", name: "Renamed" });
    expect((await existing("job-1")).account.username).toBe("renamed");
  });

  it("of another account is refused, and changes nothing", async () => {
    await signIn("job-1");
    const before = new Map(store.blobs);
    expect(await signIn("job-1", OTHER)).toEqual({
      refusal: expect.stringMatching(/^This job archives @small\. .*@Other needs/) as unknown,
    });
    expect(store.blobs).toEqual(before);
  });

  it("of an account that serves another job is refused, and changes nothing", async () => {
    await signIn("job-1");
    const before = new Map(store.blobs);
    expect(await signIn("job-2")).toEqual({
      refusal: expect.stringMatching(/^@small is archived by another connector job/) as unknown,
    });
    expect(store.blobs).toEqual(before);
  });

  it("of two accounts makes two jobs", async () => {
    await signIn("job-1");
    expect(await signIn("job-2", OTHER)).toMatchObject({ isNew: true });
    expect(await jobIds()).toEqual(["job-1", "job-2"]);
  });
});

describe("A removed job", () => {
  it("is gone, with its token, and frees its account for another", async () => {
    await signIn("job-1");
    await remove("job-1");
    expect(await readJob(store, "job-1")).toBeUndefined();
    expect(await jobIds()).toEqual([]);
    expect(text(store.blobs.get(names.job("job-1"))?.body)).not.toMatch(/sealedToken|eyJ/);
    expect(await signIn("job-2")).toMatchObject({ isNew: true });
  });

  it("leaves the claim of the job that has the account now", async () => {
    await signIn("job-1");
    const removed = await existing("job-1");
    await remove("job-1");
    await signIn("job-2");
    await forgetJob(store, removed, clock.now());
    expect(await checkAccount(store, "job-3", SMALL)).toHaveProperty("refusal");
  });

  it("comes back with a new sign-in of its account", async () => {
    await signIn("job-1");
    await remove("job-1");
    expect(await signIn("job-1")).not.toHaveProperty("refusal");
    expect((await existing("job-1")).account).toEqual(SMALL);
  });

  it("does not come back with another account, whose posts would pass for known", async () => {
    await signIn("job-1");
    await remove("job-1");
    expect(await signIn("job-1", OTHER)).toHaveProperty("refusal");
    expect(await readJob(store, "job-1")).toBeUndefined();
    expect(await signIn("job-2", OTHER)).toMatchObject({ isNew: true });
  });

  it("does not hold its account by a claim that was left behind", async () => {
    await signIn("job-1");
    const claim = store.blobs.get(names.account("42"));
    await remove("job-1");
    await store.put(names.account("42"), claim?.body ?? Buffer.alloc(0));
    expect(await signIn("job-2")).toMatchObject({ isNew: true });
  });

  it("is not marked as needing a sign-in", async () => {
    await signIn("job-1");
    await remove("job-1");
    await markNeedsSignIn(store, "job-1", { reason: "late" });
    expect(await readJob(store, "job-1")).toBeUndefined();
  });
});

describe("A job that needs a sign-in", () => {
  it("hands out no token, and says why", async () => {
    await signIn("job-1");
    await markNeedsSignIn(store, "job-1", { reason: "X answered 401" });
    await expect(openToken(sealer, await existing("job-1"))).rejects.toMatchObject({
      code: "job-needs-sign-in",
      message: "@small has to be signed in again (X answered 401)",
    });
  });

  it("is one whose token no key of ours opens", async () => {
    await signIn("job-1");
    const other = createSealer([
      { kty: "oct", kid: "other", k: Buffer.alloc(32, 9).toString("base64url") },
    ]);
    await expect(openToken(other, await existing("job-1"))).rejects.toMatchObject({
      code: "x-token-refused",
      message: "The token of @small cannot be opened with our sealing keys",
    });
  });

  it("keeps the first reason", async () => {
    await signIn("job-1");
    await markNeedsSignIn(store, "job-1", { reason: "first" });
    await markNeedsSignIn(store, "job-1", { reason: "second" });
    expect((await existing("job-1")).needsSignIn).toBe("first");
  });

  it("is not one that was signed in again since the refused token was read", async () => {
    await signIn("job-1");
    const { sealedToken } = await existing("job-1");
    await signIn("job-1");
    await markTokenRefused(store, "job-1", { reason: "X refused the old token", sealedToken });
    expect((await existing("job-1")).needsSignIn).toBeUndefined();
  });
});

it("Jobs are listed by their records, whatever their ids are, and also when they were removed", async () => {
  await signIn("b");
  await signIn("a/b.json", OTHER);
  await remove("b");
  expect(await Array.fromAsync(listJobIds(store))).toEqual(["a/b.json", "b"]);
});

describe("At the same time, in whatever order the steps come,", () => {
  it("one of several jobs gets an account, and the others are told so", async () => {
    await inEveryOrder(async (raced) => {
      const jobIdsAsked = ["job-1", "job-2", "job-3"];
      const results = await Promise.all(
        jobIdsAsked.map((jobId) => signIn(jobId, SMALL, TOKEN, raced)),
      );
      const won = jobIdsAsked.filter((_, index) => !("refusal" in (results[index] ?? {})));
      expect(won).toHaveLength(1);
      await expectOneJobFor(won);
    });
  });

  it("one of two accounts gets a job, and the other is told so and stays free", async () => {
    await inEveryOrder(async (raced) => {
      const results = await Promise.all(
        [SMALL, OTHER].map((account) => signIn("job-1", account, TOKEN, raced)),
      );
      const [lost, ...more] = results.flatMap((result) => ("refusal" in result ? result : []));
      expect(more).toEqual([]);
      const { account } = await existing("job-1");
      expect(lost?.refusal).toMatch(`This job archives @${account.username}.`);
      const other = account.id === SMALL.id ? OTHER : SMALL;
      expect(await signIn("job-2", other)).toMatchObject({ isNew: true });
      expect(await jobIds()).toEqual(["job-1", "job-2"]);
    });
  });

  it("one of two accounts gets a job that had been removed", async () => {
    await inEveryOrder(async (raced) => {
      await signIn("job-1");
      await remove("job-1");
      const results = await Promise.all(
        [SMALL, OTHER].map((account) => signIn("job-1", account, TOKEN, raced)),
      );
      expect(results.filter((result) => "refusal" in result)).toHaveLength(1);
      const won = results.flatMap((result) => ("refusal" in result ? [] : result.job.account));
      expect(won).toEqual([(await existing("job-1")).account]);
    });
  });

  it("a sign-in that is confirmed twice makes one job that works", async () => {
    await inEveryOrder(async (raced) => {
      const results = await Promise.all([
        signIn("job-1", SMALL, TOKEN, raced),
        signIn("job-1", SMALL, TOKEN, raced),
      ]);
      expect(results.filter((result) => "refusal" in result)).toEqual([]);
      await expectOneJobFor(["job-1"]);
    });
  });

  it("the removal of a job and the sign-in of another leave one or none", async () => {
    await inEveryOrder(async (raced) => {
      await signIn("job-1");
      const job = await existing("job-1");
      const [result] = await Promise.all([
        signIn("job-2", SMALL, TOKEN, raced),
        forgetJob(raced, job, clock.now()),
      ]);
      await expectOneJobFor("refusal" in result ? [] : ["job-2"]);
      expect(await signIn("job-2")).not.toHaveProperty("refusal");
    });
  });

  it("the removal of a job and its own new sign-in never give its account to two", async () => {
    await inEveryOrder(async (raced) => {
      await signIn("job-1");
      const job = await existing("job-1");
      await Promise.all([
        signIn("job-1", SMALL, TOKEN, raced),
        forgetJob(raced, job, clock.now()),
        signIn("job-2", SMALL, TOKEN, raced),
      ]);
      expect((await jobIds()).length).toBeLessThanOrEqual(1);
      await signIn("job-3");
      expect(await jobIds()).toHaveLength(1);
    });
  });

  /** Runs the race over a fresh store in many orders of its steps. */
  async function inEveryOrder(race: (raced: Store) => Promise<void>): Promise<void> {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        store = createMemoryStore();
        sealer = PLAIN_SEALER;
        await scheduler.waitFor(race(inTurnsOf(scheduler, store)));
      }),
      { numRuns: 500 },
    );
  }
});

async function expectOneJobFor(expected: string[]): Promise<void> {
  expect(await jobIds()).toEqual(expected);
  for (const jobId of expected) {
    expect(JSON.parse(text(store.blobs.get(names.account("42"))?.body))).toEqual({
      jobId,
      schema: 1,
    });
    expect(await openToken(sealer, await existing(jobId))).toEqual(TOKEN);
  }
}

function signIn(jobId: string, account = SMALL, token = TOKEN, into: Store = store) {
  return signInJob({ store: into, sealer, now: clock.now }, { jobId, account, token });
}

async function remove(jobId: string): Promise<void> {
  await forgetJob(store, await existing(jobId), clock.now());
}

async function existing(jobId: string) {
  const job = await readJob(store, jobId);
  if (!job) {
    throw new Error(`There is no job ${jobId}`);
  }
  return job;
}

/** Those of the jobs that are there. */
async function jobIds(): Promise<string[]> {
  const all = await Array.fromAsync(listJobIds(store));
  const jobs = await Promise.all(all.map((jobId) => readJob(store, jobId)));
  return jobs.flatMap((job) => job?.jobId ?? []);
}

function text(body: Uint8Array = Buffer.from("nothing")): string {
  return Buffer.from(body).toString("utf8");
}
