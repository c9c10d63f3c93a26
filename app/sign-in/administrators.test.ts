import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readJob } from "../jobs/job.ts";
import { addJob, createAppOf, type Harness, OWN_TOKEN, startHarness } from "../testing/harness.ts";
import {
  createVisitor,
  decideAtX,
  goToX,
  logIn,
  sealedIn,
  type Visitor,
  scanToConfirmation,
} from "../testing/visitor.ts";
import type { Twitter, UserToken } from "../twitter/client.ts";

const MINUTE_MS = 60_000;

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

describe("A callback", () => {
  it("that is sent twice at once works once", async () => {
    const visitor = visit();
    await logIn(visitor);
    const back = await decideAtX(await goToX(visitor, "job-1"));
    const pages = await Promise.all([visitor.get(back), visitor.get(back), visitor.get(back)]);
    expect(pages.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400]);
  });

  it("that an owner was led to by a stranger ends at the owner's door", async () => {
    const stranger = visit();
    await logIn(stranger);
    const back = await decideAtX(await goToX(stranger, "job-1"));
    const owner = visit();
    expect((await owner.get(back)).status).toBe(403);
    expect(await readJob(harness.store, "job-1")).toBeUndefined();
  });

  it("of a sign-in that was cancelled does not work afterwards", async () => {
    const visitor = visit();
    await logIn(visitor);
    const token = new URL(await goToX(visitor, "job-1")).searchParams.get("oauth_token") ?? "";
    await visitor.get(`/Views/TwitterOAuth?denied=${token}`);
    const page = await visitor.get(`/Views/TwitterOAuth?oauth_token=${token}&oauth_verifier=x`);
    expect(page.status).toBe(400);
  });

  it("cannot cancel the sign-in of another", async () => {
    const [one, other] = [visit(), visit()];
    await logIn(one);
    await logIn(other);
    const atX = await goToX(one, "job-1");
    const token = new URL(atX).searchParams.get("oauth_token") ?? "";
    await other.get(`/Views/TwitterOAuth?denied=${token}`);
    expect((await one.get(await decideAtX(atX))).status).toBe(200);
  });
});

describe("Two administrators at once", () => {
  it("connect two accounts, each for a job of its own, and do not get in each other's way", async () => {
    const [one, other] = [visit(), visit()];
    await logIn(one);
    await logIn(other);
    const [oneAtX, otherAtX] = [await goToX(one, "job-1"), await goToX(other, "job-2")];
    const otherBack = await decideAtX(otherAtX, { username: "Other" });
    const oneBack = await decideAtX(oneAtX);
    const pages = await Promise.all([one.get(oneBack), other.get(otherBack)]);
    const [oneSealed = "", otherSealed = ""] = pages.map(sealedIn);
    expect((await other.post("/sign-in/confirm", { signedIn: oneSealed })).status).toBe(403);
    const done = await Promise.all([
      one.post("/sign-in/confirm", { signedIn: oneSealed }),
      other.post("/sign-in/confirm", { signedIn: otherSealed }),
    ]);
    expect(done.map(({ status }) => status)).toEqual([200, 200]);
    expect((await readJob(harness.store, "job-1"))?.account.username).toBe("small");
    expect((await readJob(harness.store, "job-2"))?.account.username).toBe("Other");
  });

  it("with two accounts for one job: one is told that the other was faster", async () => {
    const [one, other] = [visit(), visit()];
    const sealed = [
      sealedIn(await scanToConfirmation(one, { jobId: "job-1" })),
      sealedIn(await scanToConfirmation(other, { jobId: "job-1", username: "Other" })),
    ];
    const done = await Promise.all(
      [one, other].map((visitor, index) =>
        visitor.post("/sign-in/confirm", { signedIn: sealed[index] ?? "" }),
      ),
    );
    expect(done.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const winner = done[0]?.status === 200 ? "small" : "Other";
    expect((await readJob(harness.store, "job-1"))?.account.username).toBe(winner);
  });

  it("with one account for one job: both are told that it is done", async () => {
    const visitors = [visit(), visit()];
    const done = await Promise.all(
      visitors.map(async (visitor) => {
        const signedIn = sealedIn(await scanToConfirmation(visitor, { jobId: "job-1" }));
        return visitor.post("/sign-in/confirm", { signedIn });
      }),
    );
    expect(done.map(({ status }) => status)).toEqual([200, 200]);
  });
});

it("One administrator in two windows connects each account to its own window's job", async () => {
  const visitor = visit();
  await logIn(visitor);
  const [first, second] = [await goToX(visitor, "job-1"), await goToX(visitor, "job-2")];
  for (const [atX, username] of [
    [first, "small"],
    [second, "Other"],
  ] as const) {
    const signedIn = sealedIn(await visitor.get(await decideAtX(atX, { username })));
    expect((await visitor.post("/sign-in/confirm", { signedIn })).status).toBe(200);
  }
  expect((await readJob(harness.store, "job-1"))?.account.username).toBe("small");
  expect((await readJob(harness.store, "job-2"))?.account.username).toBe("Other");
});

describe("A token that is not going to be used", () => {
  it.each<[string, (visitor: Visitor, signedIn: string) => Promise<unknown>]>([
    [
      "because the confirmation came too late",
      async (visitor, signedIn) => {
        harness.clock.advance(10 * MINUTE_MS);
        return visitor.post("/sign-in/confirm", { signedIn });
      },
    ],
    [
      "because the job has another account by now",
      async (visitor, signedIn) => {
        await addJob(harness, "job-1");
        return visitor.post("/sign-in/confirm", { signedIn });
      },
    ],
  ])("is revoked at X, %s", async (_title, end) => {
    const { visitor, tokens } = watched();
    const page = await scanToConfirmation(visitor, { jobId: "job-1", username: "Other" });
    const [token] = tokens;
    expect(token && (await harness.twitter.me(token)).username).toBe("Other");
    await end(visitor, sealedIn(page));
    await expect(harness.twitter.me(token ?? OWN_TOKEN)).rejects.toMatchObject({
      code: "x-token-refused",
    });
  });

  it("is left alone where X gave the one that a job reads with", async () => {
    await addJob(harness, "job-1");
    const accessToken = async (...asked: Parameters<Twitter["accessToken"]>) => ({
      ...(await harness.twitter.accessToken(...asked)),
      token: OWN_TOKEN,
    });
    const twitter = { ...harness.twitter, accessToken };
    const visitor = createVisitor(createAppOf({ ...harness, twitter }, harness));
    const page = await scanToConfirmation(visitor, { jobId: "job-2" });
    expect(page.status).toBe(409);
    expect((await harness.twitter.me(OWN_TOKEN)).id).toBe("42");
  });
});

function visit(): Visitor {
  return createVisitor(harness.app);
}

/** A visitor of whom we see the tokens that X gives. */
function watched(): { visitor: Visitor; tokens: UserToken[] } {
  const tokens: UserToken[] = [];
  const accessToken = async (...asked: Parameters<Twitter["accessToken"]>) => {
    const given = await harness.twitter.accessToken(...asked);
    tokens.push(given.token);
    return given;
  };
  const twitter = { ...harness.twitter, accessToken };
  return { visitor: createVisitor(createAppOf({ ...harness, twitter }, harness)), tokens };
}
