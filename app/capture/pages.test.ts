import { afterEach, describe, expect, it } from "vitest";
import { postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { blobsUnder, captureDepsOf, SOURCE } from "../testing/captures.ts";
import { createParts, X_KEYS } from "../testing/harness.ts";
import { startScriptedX } from "../testing/serve-x.ts";
import { capture } from "./capture.ts";
import { readCoverage } from "./coverage.ts";
import { postsOf } from "../feeds/posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };

let x: { url: string; close: () => Promise<void> };
afterEach(() => x.close());

describe("An answer of 200 without a timeline is not a quiet day", () => {
  it.each([
    ["a protected account", "44", "Authorization Error"],
    ["an account that is gone", "999", "Not Found Error"],
  ])("for %s", async (_what, accountId, title) => {
    x = await startSmallX([postAt("2026-01-01T12:00:00.000Z")], { keys: X_KEYS });
    const parts = createParts(x.url);
    const reading = capture(captureDepsOf(parts, { posts: 1 }), { ...SOURCE, accountId }, DAY);
    await expect(reading).rejects.toMatchObject({
      code: "x-forbidden",
      message: expect.stringContaining(title) as unknown,
    });
    expect(await readCoverage(parts.store, postsOf(SOURCE.jobId))).toEqual({
      intervals: [],
      gaps: [],
    });
    expect(blobsUnder(parts, "/pages/")).toEqual([]);
    expect(blobsUnder(parts, "/rejected/")).toHaveLength(1);
  });

  it("where X says nothing at all", async () => {
    x = await startScriptedX(() => ({ status: 200, body: {} }));
    const parts = createParts(x.url);
    const reading = capture(captureDepsOf(parts, { posts: 1 }), SOURCE, DAY);
    await expect(reading).rejects.toMatchObject({ code: "x-bad-response" });
    expect(await readCoverage(parts.store, postsOf(SOURCE.jobId))).toEqual({
      intervals: [],
      gaps: [],
    });
  });
});
