import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { captureDepsOf, SOURCE } from "../testing/captures.ts";
import { createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { capture } from "./capture.ts";
import { lookUp } from "./lookup.ts";
import { MOST_UNKNOWN, NOT_ASKED_FOR } from "./named-posts.ts";

const DAY = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
const FIRST = postAt("2026-01-01T11:59:30.000Z");
const EDITED = postAt("2026-01-01T12:00:00.000Z", {
  edit_history_tweet_ids: [FIRST.id, postAt("2026-01-01T12:00:00.000Z").id],
});
const OWN = [...manyPosts(5).slice(1), EDITED, FIRST].map(({ id }) => id);
/** Posts of a time that is not archived. */
const STRANGERS = Array.from({ length: 200_000 }, (_, index) =>
  String(BigInt(postAt("2025-12-01T00:00:00.000Z").id) + BigInt(index)),
);

let x: LocalX;
let parts: Parts;
let deps: CaptureDeps;
let asked: string[];
beforeEach(async () => {
  x = await startSmallX([...manyPosts(5), EDITED], { keys: X_KEYS, otherPosts: [FIRST] });
  parts = createParts(x.url);
  asked = [];
  const twitter: Parts["twitter"] = {
    ...parts.twitter,
    async lookup(_token, ids) {
      asked.push(...ids);
      const errors = ids.map((value) => ({ value, title: "Not Found Error" }));
      return { body: Buffer.from(JSON.stringify({ errors })), about: {} };
    },
  };
  await capture(captureDepsOf(parts, { posts: 6 }), SOURCE, DAY);
  deps = captureDepsOf(parts, { twitter });
});
afterEach(() => x.close());

describe("Of the posts that a task names,", () => {
  it("those that the archive knows are asked for first, and only so many others", async () => {
    const ids = [...STRANGERS, ...OWN];
    const notRead = await lookUp(deps, { ...SOURCE, taskId: "t", ids });
    expect(asked.slice(0, OWN.length)).toEqual(OWN);
    expect(asked).toHaveLength(OWN.length + MOST_UNKNOWN.aTask);
    const over = [...notRead].filter(([, reason]) => reason === NOT_ASKED_FOR);
    expect(over).toHaveLength(STRANGERS.length - MOST_UNKNOWN.aTask);
    expect(notRead.size).toBe(ids.length);
    expect(parts.log.of("capture.ids-over-limit")).toMatchObject([
      { taskId: "t", posts: over.length },
    ]);
  });

  it("the same are asked for when it is done again, and nothing twice", async () => {
    const ids = [...STRANGERS.slice(0, 1500), ...OWN];
    const first = await lookUp(deps, { ...SOURCE, taskId: "t", ids });
    const before = asked.length;
    expect(await lookUp(deps, { ...SOURCE, taskId: "t", ids })).toEqual(first);
    expect(asked).toHaveLength(before);
  });

  it("many tasks together ask for no more than a day's others, and go on the next day", async () => {
    const askOf = async (taskId: string) => {
      const before = asked.length;
      await lookUp(deps, { ...SOURCE, taskId, ids: [...STRANGERS.slice(0, 900), ...OWN] });
      return asked.length - before - OWN.length;
    };
    expect([await askOf("a"), await askOf("b"), await askOf("c"), await askOf("d")]).toEqual([
      900, 900, 200, 0,
    ]);
    parts.clock.advance(24 * 3_600_000);
    expect(await askOf("e")).toBe(900);
  });
});
