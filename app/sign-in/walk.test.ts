import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { names } from "../archive/names.ts";
import { markNeedsSignIn, openToken, readJob } from "../jobs/job.ts";
import { addJob, createAppOf, type Harness, startHarness } from "../testing/harness.ts";
import {
  createVisitor,
  decideAtX,
  goToX,
  jobPath,
  logIn,
  sealedIn,
  type Visitor,
  scanAll,
  scanToConfirmation,
} from "../testing/visitor.ts";
import type { UserToken } from "../twitter/client.ts";

const MINUTE_MS = 60_000;

let harness: Harness;
let visitor: Visitor;
beforeEach(async () => {
  harness = await startHarness();
  visitor = createVisitor(harness.app);
});
afterEach(() => harness.close());

describe("The way to X and back", () => {
  it("ends in a job whose token X accepts", async () => {
    await logIn(visitor);
    const atX = await goToX(visitor, "job-1");
    expect(atX).toMatch(new RegExp(`^${harness.x.url}/oauth/authorize\\?.*force_login=true`));
    const question = await visitor.get(await decideAtX(atX));
    expect(question.status).toBe(200);
    expect(question.html).toContain("@small");
    expect(await readJob(harness.store, "job-1")).toBeUndefined();

    const done = await visitor.post("/sign-in/confirm", { signedIn: sealedIn(question) });

    expect(done.status).toBe(200);
    expect(done.html).toContain("Twitter Connector Job Successfully set up.");
    expect(done.html).toContain(">Continue</button>");
    const job = await readJob(harness.store, "job-1");
    expect(job?.account).toEqual({ id: "42", username: "small", name: "Small" });
    expect((await harness.twitter.me(await tokenOf("job-1"))).id).toBe("42");
    expect(harness.log.of("job.created")).toMatchObject([{ jobId: "job-1", accountId: "42" }]);
  });

  it("does not begin without a session, nor without a job", async () => {
    expect((await visitor.post("/sign-in/twitter", { jobId: "job-1" })).status).toBe(403);
    await logIn(visitor);
    expect((await visitor.post("/sign-in/twitter", {})).status).toBe(403);
    expect(harness.store.blobs.size).toBe(0);
  });

  it("says what to do when X does not know the callback", async () => {
    await harness.close();
    harness = await startHarness({ x: { callbackUrl: "https://other.example/" } });
    visitor = createVisitor(harness.app);
    await logIn(visitor);
    const page = await visitor.post("/sign-in/twitter", { jobId: "job-1" });
    expect(page.status).toBe(502);
    expect(page.html).toContain(
      "exactly this callback URL: https://connector.example/Views/TwitterOAuth",
    );
  });

  it("ends with a page that says so when the owner declines", async () => {
    await logIn(visitor);
    const back = await decideAtX(await goToX(visitor, "job-1"), { action: "cancel" });
    const page = await visitor.get(back);
    expect(page.status).toBe(200);
    expect(page.html).toContain("The sign-in was cancelled at X.");
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
    expect(requestTokens()).toEqual([]);
  });
});

describe("A callback", () => {
  it("works once", async () => {
    await logIn(visitor);
    const back = await decideAtX(await goToX(visitor, "job-1"));
    expect((await visitor.get(back)).status).toBe(200);
    const again = await visitor.get(back);
    expect(again.status).toBe(400);
    expect(again.html).toContain("already used");
  });

  it.each([
    [9 * MINUTE_MS, 200],
    [10 * MINUTE_MS, 400],
  ])("after %i ms is answered with %i", async (ms, status) => {
    await logIn(visitor);
    const back = await decideAtX(await goToX(visitor, "job-1"));
    harness.clock.advance(ms);
    expect((await visitor.get(back)).status).toBe(status);
    expect(requestTokens()).toEqual([]);
  });

  it("is worth nothing in another session, and stays good in its own", async () => {
    await logIn(visitor);
    const back = await decideAtX(await goToX(visitor, "job-1"));
    const stranger = createVisitor(harness.app);
    expect((await stranger.get(back)).status).toBe(403);
    await logIn(stranger);
    expect((await stranger.get(back)).status).toBe(400);
    expect((await visitor.get(back)).status).toBe(200);
  });

  it("is worth nothing after a new login of the same person", async () => {
    await logIn(visitor);
    const back = await decideAtX(await goToX(visitor, "job-1"));
    await logIn(visitor);
    expect((await visitor.get(back)).status).toBe(400);
  });

  it.each([
    ["a verifier that X did not give", (back: string) => `${back}x`, 502],
    ["no verifier", (back: string) => back.replace(/&oauth_verifier=.*/, ""), 400],
    ["a token that was never given out", (back: string) => back.replace("=", "=x"), 400],
    ["nothing", () => "/Views/TwitterOAuth", 400],
  ])("with %s makes no job", async (_title, change, status) => {
    await logIn(visitor);
    const back = change(await decideAtX(await goToX(visitor, "job-1")));
    expect((await visitor.get(back)).status).toBe(status);
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
  });
});

describe("A confirmation", () => {
  it("sent twice makes one job", async () => {
    const signedIn = sealedIn(await scanToConfirmation(visitor, { jobId: "job-1" }));
    await visitor.post("/sign-in/confirm", { signedIn });
    const job = await readJob(harness.store, "job-1");
    const again = await visitor.post("/sign-in/confirm", { signedIn });
    expect(again.status).toBe(200);
    expect((await readJob(harness.store, "job-1"))?.createdAt).toBe(job?.createdAt);
    expect((await harness.twitter.me(await tokenOf("job-1"))).id).toBe("42");
  });

  it("that comes after ten minutes is refused", async () => {
    const signedIn = sealedIn(await scanToConfirmation(visitor, { jobId: "job-1" }));
    harness.clock.advance(10 * MINUTE_MS);
    const page = await visitor.post("/sign-in/confirm", { signedIn });
    expect(page.status).toBe(400);
    expect(page.html).toContain("took longer than ten minutes");
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
  });

  it("is worth nothing without its session", async () => {
    const signedIn = sealedIn(await scanToConfirmation(visitor, { jobId: "job-1" }));
    const stranger = createVisitor(harness.app);
    expect((await stranger.post("/sign-in/confirm", { signedIn })).status).toBe(403);
    await logIn(stranger);
    expect((await stranger.post("/sign-in/confirm", { signedIn })).status).toBe(403);
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
  });

  it.each(["", "x", "eyJhbGciOiJkaXIifQ..a.b.c"])(
    "that is made up is refused (%s)",
    async (signedIn) => {
      await logIn(visitor);
      expect((await visitor.post("/sign-in/confirm", { signedIn })).status).toBe(403);
    },
  );

  it("that cannot be kept is no success, and says so", async () => {
    const signedIn = sealedIn(await scanToConfirmation(visitor, { jobId: "job-1" }));
    const create = async () => {
      throw new Error("storage is down");
    };
    const store = { ...harness.store, create };
    const cutOff = createVisitor(createAppOf({ ...harness, store }, harness));
    cutOff.useCookie(visitor.cookie() ?? "");
    const page = await cutOff.post("/sign-in/confirm", { signedIn });
    expect(page.status).toBe(500);
    expect(page.html).not.toContain("Successfully");
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
  });

  it("cannot be made of a session cookie", async () => {
    await logIn(visitor);
    const signedIn = visitor.cookie()?.split("=")[1] ?? "";
    expect((await visitor.post("/sign-in/confirm", { signedIn })).status).toBe(403);
  });
});

describe("An account", () => {
  it("that signs in again for its job makes the job work again, with the new token", async () => {
    await addJob(harness, "job-1");
    await markNeedsSignIn(harness.store, "job-1", { reason: "X refused the token" });
    const before = await readJob(harness.store, "job-1");
    await logIn(visitor);
    const start = await visitor.get(jobPath("job-1"));
    expect(start.html).toContain("Sign in to the same account again");

    await scanAll(visitor, { jobId: "job-1" });

    const job = await readJob(harness.store, "job-1");
    expect(job?.needsSignIn).toBeUndefined();
    expect(job?.createdAt).toBe(before?.createdAt);
    expect(job?.sealedToken).not.toBe(before?.sealedToken);
    expect(harness.log.of("job.signed-in-again")).toHaveLength(1);
  });

  it("other than the job's is refused, and its fresh token is revoked", async () => {
    await addJob(harness, "job-1");
    const { page, token } = await scanAndWatch({ jobId: "job-1", username: "Other" });
    expect(page.status).toBe(409);
    expect(page.html).toContain("This job archives @small.");
    await expect(harness.twitter.me(token)).rejects.toMatchObject({ code: "x-token-refused" });
    expect((await readJob(harness.store, "job-1"))?.account.id).toBe("42");
  });

  it("that serves another job is refused, and that job goes on", async () => {
    await addJob(harness, "job-1");
    const page = await scanToConfirmation(visitor, { jobId: "job-2" });
    expect(page.status).toBe(409);
    expect(page.html).toContain("@small is archived by another connector job already.");
    expect(await readJob(harness.store, "job-2")).toBeUndefined();
    expect((await harness.twitter.me(await tokenOf("job-1"))).id).toBe("42");
  });

  it("that another job took before the confirmation is refused", async () => {
    const signedIn = sealedIn(await scanToConfirmation(visitor, { jobId: "job-2" }));
    await addJob(harness, "job-1");
    const page = await visitor.post("/sign-in/confirm", { signedIn });
    expect(page.status).toBe(409);
    expect(await readJob(harness.store, "job-2")).toBeUndefined();
    expect(Buffer.from(harness.store.blobs.get(names.account("42"))?.body ?? []).toString()).toBe(
      '{"jobId":"job-1","schema":1}',
    );
  });
});

/** Walks up to the refusal, and keeps the token that X gave on the way. */
async function scanAndWatch(scan: { jobId: string; username: string }) {
  const tokens: UserToken[] = [];
  const twitter = {
    ...harness.twitter,
    accessToken: async (...asked: Parameters<typeof harness.twitter.accessToken>) => {
      const given = await harness.twitter.accessToken(...asked);
      tokens.push(given.token);
      return given;
    },
  };
  const page = await scanToConfirmation(
    createVisitor(createAppOf({ ...harness, twitter }, harness)),
    scan,
  );
  const [token] = tokens;
  if (!token) {
    throw new Error("X gave no token");
  }
  return { page, token };
}

async function tokenOf(jobId: string): Promise<UserToken> {
  const job = await readJob(harness.store, jobId);
  if (!job) {
    throw new Error(`There is no job ${jobId}`);
  }
  return openToken(harness.sealer, job);
}

function requestTokens(): string[] {
  return [...harness.store.blobs.keys()].filter((name) => name.startsWith("sign-ins/"));
}
