import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { blobsUnder, captureDepsOf } from "../testing/captures.ts";
import { createParts, OWN_TOKEN, type Parts, X_KEYS } from "../testing/harness.ts";
import { startScriptedX } from "../testing/serve-x.ts";
import { lookUp } from "./lookup.ts";

const POSTS = manyPosts(150);
const IDS = POSTS.map(({ id }) => id);
const SHY = postAt("2025-12-01T00:00:00.000Z", { author_id: "44" });

let x: LocalX;
let parts: Parts;
let lots: string[][];
beforeEach(async () => {
  x = await startSmallX(POSTS, { keys: X_KEYS, otherPosts: [SHY] });
  parts = createParts(x.url);
  lots = [];
});
afterEach(() => x.close());

describe("Named posts", () => {
  it("are looked up a hundred at a time, and the answers are kept with the task", async () => {
    expect(await run(IDS)).toEqual(new Map());
    expect(lots.map((lot) => lot.length)).toEqual([100, 50]);
    expect(blobsUnder(parts, "tasks/")).toEqual([
      "evidence/job-1/tasks/task-1/lookup/pages/000001.json",
      "evidence/job-1/tasks/task-1/lookup/pages/000002.json",
    ]);
  });

  it("are looked up once: a second run of the task costs nothing", async () => {
    await run(IDS);
    await run(IDS);
    expect(lots).toHaveLength(2);
  });

  it("that X does not hand out come back with X's reason", async () => {
    expect(await run([IDS[0] ?? "", "123456789", SHY.id])).toEqual(
      new Map([
        ["123456789", "Not Found Error"],
        [SHY.id, "Authorization Error"],
      ]),
    );
  });

  it("are no question when there are none", async () => {
    expect(await run([])).toEqual(new Map());
    expect(lots).toEqual([]);
  });

  it("that cannot be read come back with that", async () => {
    const data = [{ ...postAt("2026-01-01T00:00:00.000Z"), text: 7 }, POSTS[0]];
    const scripted = await startScriptedX(() => ({ status: 200, body: { data } }));
    const deps = captureDepsOf(createParts(scripted.url));
    const ids = [data[0]?.id ?? "", IDS[0] ?? ""];
    const notRead = await lookUp(deps, { jobId: "job-1", taskId: "t", token: OWN_TOKEN, ids });
    expect(notRead).toEqual(new Map([[ids[0], "sent in a form that cannot be read"]]));
    await scripted.close();
  });

  it("of which X says nothing at all are an error, not a loss", async () => {
    const scripted = await startScriptedX(() => ({ status: 200, body: { data: [] } }));
    const deps = captureDepsOf(createParts(scripted.url));
    const asked = lookUp(deps, { jobId: "job-1", taskId: "t", token: OWN_TOKEN, ids: ["7"] });
    await expect(asked).rejects.toMatchObject({ code: "x-bad-response" });
    await scripted.close();
  });
});

async function run(ids: string[]): Promise<Map<string, string>> {
  const twitter = {
    ...parts.twitter,
    lookup: (...asked: Parameters<Parts["twitter"]["lookup"]>) => {
      lots.push(asked[1]);
      return parts.twitter.lookup(...asked);
    },
  };
  const deps = captureDepsOf(parts, { twitter });
  return lookUp(deps, { jobId: "job-1", taskId: "task-1", token: OWN_TOKEN, ids });
}
