import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { archivedIds, captureDepsOf, SOURCE, watch } from "../testing/captures.ts";
import { createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import { windowsOf } from "../testing/windows.ts";
import { ConnectorError } from "../errors.ts";
import type { Twitter } from "../twitter/client.ts";
import { capture } from "./capture.ts";
import { readCoverage } from "./coverage.ts";
import { prove, readEvidence } from "./proof.ts";
import { postsOf } from "../feeds/posts.ts";

/** Ids that were counted up before they held a time, of the days before 2010-11-04. */
const COUNTED_UP = [20, 7_000_000_000, 29_500_000_000].map((id, index) =>
  postAt(
    ["2006-03-21T20:50:14.000Z", "2009-12-25T12:00:00.000Z", "2010-11-03T09:00:00.000Z"][index] ??
      "",
    {
      id: String(id),
    },
  ),
);
/** On both sides of the second from which on X knows times. */
const OTHERS = [
  "2010-11-04T23:30:00.000Z",
  "2010-11-05T23:59:59.000Z",
  "2010-11-06T00:00:00.000Z",
  "2010-11-06T00:00:01.000Z",
  "2010-11-06T13:00:00.000Z",
].map((time) => postAt(time));
const POSTS = [...OTHERS.toReversed(), ...COUNTED_UP.toReversed()];
const IDS = POSTS.map(({ id }) => id);
/** The days around; and two days of long before. */
const DAYS = { start: "2010-11-02T00:00:00Z", end: "2010-11-08T00:00:00Z" };
const CHRISTMAS = { start: "2009-12-24T00:00:00Z", end: "2009-12-28T00:00:00Z" };
const LONG_BEFORE = new Set(["20", "7000000000"]);
const IN_DAYS = IDS.filter((id) => !LONG_BEFORE.has(id));

let x: LocalX;
afterEach(() => x?.close());

async function startWorld(): Promise<Parts> {
  x = await startSmallX(POSTS, { keys: X_KEYS });
  return createParts(x.url);
}

describe("What is archived does not depend on the length of windows", () => {
  it.each([1, 24, 48, 96])("of %i hours", async (hours) => {
    const parts = await startWorld();
    const deps = captureDepsOf(parts, { posts: POSTS.length });
    const found: string[] = [];
    for (const window of [...windowsOf(DAYS, hours), ...windowsOf(CHRISTMAS, hours)]) {
      await capture(deps, SOURCE, window);
      found.push(...(await archivedIds(parts, window)));
    }
    expect(found.toSorted()).toEqual([...IN_DAYS, "7000000000"].toSorted());
    const { intervals, gaps } = await readCoverage(parts.store, postsOf("job-1"));
    expect(gaps).toEqual([]);
    expect(
      prove(await readEvidence(parts.store, postsOf("job-1")), { intervals }).unproven,
    ).toEqual([]);
  });

  it("nor on their order, and what lies before times is read once", async () => {
    const parts = await startWorld();
    const twitter = watch(parts.twitter);
    const deps = captureDepsOf(parts, { twitter, posts: POSTS.length });
    for (const window of windowsOf(DAYS, 24).toReversed()) {
      await capture(deps, SOURCE, window);
    }
    expect(await archivedIds(parts, DAYS)).toEqual(IN_DAYS);
    const before = twitter.queries.length;
    await capture(deps, SOURCE, CHRISTMAS);
    await capture(deps, SOURCE, { start: "2006-01-01T00:00:00Z", end: "2006-04-01T00:00:00Z" });
    expect(twitter.queries).toHaveLength(before);
    expect(x.returned()).toBe(POSTS.length);
  });
});

describe("An account that is younger than all times that X knows", () => {
  it("has no gap before", async () => {
    x = await startSmallX([postAt("2016-01-01T00:00:00.000Z")], { keys: X_KEYS });
    const parts = createParts(x.url);
    const { gaps } = await capture(captureDepsOf(parts, { posts: 1 }), SOURCE, CHRISTMAS);
    expect(gaps).toEqual([]);
    expect(await archivedIds(parts, CHRISTMAS)).toEqual([]);
  });
});

describe("Where X refuses times, it is asked by ids", () => {
  it.each([1, 24, 48, 96])("in windows of %i hours: the archive is the same", async (hours) => {
    const parts = await startWorld();
    const deps = captureDepsOf(parts, { twitter: refusingTimes(parts), posts: POSTS.length });
    for (const window of windowsOf(DAYS, hours)) {
      await capture(deps, SOURCE, window);
    }
    expect(await archivedIds(parts, DAYS)).toEqual(IN_DAYS);
    const { intervals, gaps } = await readCoverage(parts.store, postsOf("job-1"));
    expect(gaps).toEqual([]);
    expect(
      prove(await readEvidence(parts.store, postsOf("job-1")), { intervals }).unproven,
    ).toEqual([]);
  });

  it("also where its reach is asked for", async () => {
    const parts = await startWorld();
    const deps = captureDepsOf(parts, { twitter: refusingTimes(parts), posts: 100_000 });
    const { gaps } = await capture(deps, SOURCE, { start: "2010-11-06T12:00:00Z", end: DAYS.end });
    expect(gaps).toEqual([]);
  });
});

it("A gap that earlier versions made without asking is read after all", async () => {
  const parts = await startWorld();
  const deps = captureDepsOf(parts, { posts: POSTS.length });
  await capture(deps, SOURCE, { start: "2010-11-07T00:00:00Z", end: DAYS.end });
  const { etag, body } = await coverageOf(parts);
  const gap = {
    ...CHRISTMAS,
    reason: "X gives posts by time only from 2010-11-06T00:00:00Z",
    tried: "nothing: X refuses the request",
    recordedAt: "2026-05-01T00:00:00Z",
    unsearched: true,
  };
  await parts.store.replace(
    "work/job-1/posts/coverage.json",
    Buffer.from(JSON.stringify({ ...body, gaps: [gap] })),
    etag,
  );
  const { gaps } = await capture(deps, SOURCE, { start: "2010-11-07T00:00:00Z", end: DAYS.end });
  expect(gaps).toEqual([]);
  expect(await archivedIds(parts, CHRISTMAS)).toEqual(["7000000000"]);
  expect(parts.log.of("capture.late-post")).toMatchObject([{ postId: "7000000000" }]);
});

async function coverageOf({ store }: Parts) {
  const blob = await store.read("work/job-1/posts/coverage.json");
  const body = z.looseObject({}).parse(JSON.parse(Buffer.from(blob?.body ?? "{}").toString()));
  return { etag: blob?.etag ?? "", body };
}

function refusingTimes({ twitter }: Parts): Twitter {
  return {
    ...twitter,
    async timeline(token, accountId, query) {
      if (query.startTime !== undefined || query.endTime !== undefined) {
        throw new ConnectorError("x-bad-request", "X answered 400 (start_time)");
      }
      return twitter.timeline(token, accountId, query);
    },
  };
}
