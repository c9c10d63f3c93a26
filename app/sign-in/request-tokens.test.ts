import { beforeEach, describe, expect, it } from "vitest";
import { createSealer, type Sealer } from "../archive/seal.ts";
import { type Clock, createClock } from "../testing/clock.ts";
import { testSettings } from "../testing/environment.ts";
import { createMemoryStore } from "../testing/memory-store.ts";
import { keepRequestToken, takeRequestToken } from "./request-tokens.ts";

const MINUTE_MS = 60_000;
const REQUEST = {
  oauthToken: "request-token",
  oauthTokenSecret: "request-token-secret",
  url: "https://api.x.com/oauth/authorize?oauth_token=request-token",
};
const WHOSE = { jobId: "job-1", sessionId: "session-1" };

let deps: { store: ReturnType<typeof createMemoryStore>; sealer: Sealer; now: Clock["now"] };
let clock: Clock;
beforeEach(() => {
  clock = createClock();
  const sealer = createSealer(testSettings().SEALING_KEYS);
  deps = { store: createMemoryStore(), sealer, now: clock.now };
});

describe("A request token", () => {
  it("gives its secret to the session that asked for it, once", async () => {
    await keepRequestToken(deps, REQUEST, WHOSE);
    expect(await take()).toMatchObject({ ...WHOSE, oauthTokenSecret: "request-token-secret" });
    expect(await take()).toBeUndefined();
    expect(deps.store.blobs.size).toBe(0);
  });

  it("gives it to one of those who ask at the same time", async () => {
    await keepRequestToken(deps, REQUEST, WHOSE);
    const taken = await Promise.all([take(), take(), take(), take()]);
    expect(taken.filter((started) => started !== undefined)).toHaveLength(1);
  });

  it("is worth nothing to another session, and stays good for its own", async () => {
    await keepRequestToken(deps, REQUEST, WHOSE);
    expect(await takeRequestToken(deps, REQUEST.oauthToken, "session-2")).toBeUndefined();
    expect(await take()).toMatchObject(WHOSE);
  });

  it.each([
    [10 * MINUTE_MS - 1, WHOSE],
    [10 * MINUTE_MS, undefined],
    [60 * MINUTE_MS, undefined],
  ])("after %i ms gives %o, and is gone", async (ms, expected) => {
    await keepRequestToken(deps, REQUEST, WHOSE);
    clock.advance(ms);
    const started = await take();
    expect(started && { jobId: started.jobId, sessionId: started.sessionId }).toEqual(expected);
    expect(deps.store.blobs.size).toBe(0);
  });

  it("is one of many that do not get in each other's way", async () => {
    const other = { ...REQUEST, oauthToken: "other", oauthTokenSecret: "other-secret" };
    await keepRequestToken(deps, REQUEST, WHOSE);
    await keepRequestToken(deps, other, { jobId: "job-2", sessionId: "session-1" });
    expect(await take()).toMatchObject({ jobId: "job-1" });
    expect(await takeRequestToken(deps, "other", "session-1")).toMatchObject({
      jobId: "job-2",
      oauthTokenSecret: "other-secret",
    });
  });

  it("keeps what was begun with it when it comes a second time", async () => {
    await keepRequestToken(deps, REQUEST, WHOSE);
    await keepRequestToken(deps, REQUEST, { jobId: "job-2", sessionId: "session-2" });
    expect(await take()).toMatchObject(WHOSE);
  });

  it("is kept sealed, under a name that does not tell it, whatever X calls it", async () => {
    for (const oauthToken of ["request-token", "../../jobs/job-1/job", "", "\u2603".repeat(2000)]) {
      await keepRequestToken(deps, { ...REQUEST, oauthToken }, WHOSE);
    }
    const kept = [...deps.store.blobs].map(
      ([name, { body }]) => `${name} ${Buffer.from(body).toString()}`,
    );
    expect(kept).toHaveLength(4);
    for (const line of kept) {
      expect(line).toMatch(/^sign-ins\/[0-9a-f]{64}\.json \{"sealed":"eyJ[\w.-]+","schema":1\}$/);
    }
  });

  it("that was never kept is unknown", async () => {
    expect(await take()).toBeUndefined();
  });
});

function take() {
  return takeRequestToken(deps, REQUEST.oauthToken, WHOSE.sessionId);
}
