import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalX } from "../../scripts/local/contracts.ts";
import { manyPosts, postAt, startSmallX } from "../../scripts/local/x/testing/small-timeline.ts";
import { blobsUnder, captureDepsOf, SOURCE } from "../testing/captures.ts";
import { createParts, type Parts, X_KEYS } from "../testing/harness.ts";
import { startScriptedX } from "../testing/serve-x.ts";
import { SILENT } from "./ask-by-id.ts";
import { lookUp } from "./lookup.ts";

const POSTS = manyPosts(150);
const IDS = POSTS.map(({ id }) => id);
const SHY = postAt("2025-12-01T00:00:00.000Z", { author_id: "44" });

let x: LocalX;
let parts: Parts;
let batches: string[][];
beforeEach(async () => {
  x = await startSmallX(POSTS, { keys: X_KEYS, otherPosts: [SHY] });
  parts = createParts(x.url);
  batches = [];
});
afterEach(() => x.close());

describe("Named posts", () => {
  it("are looked up a hundred at a time, and the answers are kept with the task", async () => {
    expect(await run(IDS)).toEqual(new Map());
    expect(batches.map((lot) => lot.length)).toEqual([100, 50]);
    expect(blobsUnder(parts, "tasks/")).toEqual([
      "evidence/job-1/tasks/task-1/lookup/ids.json",
      "evidence/job-1/tasks/task-1/lookup/pages/000001.json",
      "evidence/job-1/tasks/task-1/lookup/pages/000002.json",
    ]);
  });

  it("are looked up once: a second run of the task costs nothing", async () => {
    await run(IDS);
    await run(IDS);
    expect(batches).toHaveLength(2);
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
    expect(batches).toEqual([]);
  });

  it("that cannot be read come back with that", async () => {
    const data = [{ ...postAt("2026-01-01T00:00:00.000Z"), text: 7 }, POSTS[0]];
    const scripted = await startScriptedX(() => ({ status: 200, body: { data } }));
    const deps = captureDepsOf(createParts(scripted.url));
    const ids = [data[0]?.id ?? "", IDS[0] ?? ""];
    const notRead = await lookUp(deps, { ...SOURCE, taskId: "t", ids });
    expect(notRead).toEqual(new Map([[ids[0], "sent in a form that cannot be read"]]));
    await scripted.close();
  });

  it.each([
    [200, {}],
    [200, { data: [] }],
    [200, { errors: [{ title: "?" }] }],
    [200, { data: [postAt("2026-01-01T00:00:00.000Z", { author_id: "43" })] }],
    [404, { title: "Not Found Error", type: "https://api.x.com/2/problems/resource-not-found" }],
  ])(
    "come back with that where X answers %i and says nothing of them: %j",
    async (status, body) => {
      const scripted = await startScriptedX(() => ({ status, body }));
      const deps = captureDepsOf(createParts(scripted.url));
      const notRead = await lookUp(deps, { ...SOURCE, taskId: "t", ids: ["7"] });
      expect(notRead).toEqual(new Map([["7", SILENT]]));
      await scripted.close();
    },
  );

  it.each([
    [200, { value: "7", title: "Not Found Error" }],
    [200, { detail: "Could not find tweet with ids: [7].", title: "Not Found Error" }],
    [404, { resource_id: "7", title: "Not Found Error", parameter: "id" }],
  ])("come back with X's reason where it answers %i with %j", async (status, error) => {
    const scripted = await startScriptedX(() => ({ status, body: { errors: [error] } }));
    const deps = captureDepsOf(createParts(scripted.url));
    const notRead = await lookUp(deps, { ...SOURCE, taskId: "t", ids: ["7"] });
    expect(notRead).toEqual(new Map([["7", "Not Found Error"]]));
    expect(scripted.requests).toHaveLength(1);
    await scripted.close();
  });

  it("are asked for again where X's reason will pass", async () => {
    const passing = { value: "7", title: "?", type: "https://api.x.com/2/problems/internal-error" };
    const scripted = await startScriptedX(() => {
      const data = [{ ...postAt("2026-01-01T00:00:00.000Z"), id: "7" }];
      const body = scripted.requests.length === 1 ? { errors: [passing] } : { data };
      return { status: 200, body };
    });
    const deps = captureDepsOf(createParts(scripted.url));
    expect(await lookUp(deps, { ...SOURCE, taskId: "t", ids: ["7"] })).toEqual(new Map());
    await scripted.close();
  });

  it("of which X leaves out half are asked for until each has its answer", async () => {
    const scripted = await startScriptedX(({ path }) => {
      const ids = new URL(path, "https://api.x.com").searchParams.get("ids")?.split(",") ?? [];
      const data = ids
        .filter((_, index) => index % 2 === 0)
        .map((id) => postAt("2026-01-01T00:00:00.000Z", { id }));
      return { status: 200, body: { data } };
    });
    const deps = captureDepsOf(createParts(scripted.url));
    const ids = IDS.slice(0, 100);
    const notRead = await lookUp(deps, { ...SOURCE, taskId: "t", ids });
    expect(scripted.requests).toHaveLength(3);
    expect([...notRead.keys()]).toEqual(ids.filter((_, index) => index % 8 === 7));
    await scripted.close();
  });

  it("of other accounts are not looked into any further", async () => {
    const stranger = postAt("2026-01-01T00:00:00.000Z", {
      author_id: "43",
      referenced_tweets: [{ type: "quoted", id: "8" }],
    });
    const scripted = await startScriptedX(() => ({ status: 200, body: { data: [stranger] } }));
    const deps = captureDepsOf(createParts(scripted.url));
    await lookUp(deps, { ...SOURCE, taskId: "t", ids: [stranger.id] });
    expect(scripted.requests).toHaveLength(1);
    await scripted.close();
  });
});

async function run(ids: string[]): Promise<Map<string, string>> {
  const twitter = {
    ...parts.twitter,
    lookup: (...asked: Parameters<Parts["twitter"]["lookup"]>) => {
      batches.push(asked[1]);
      return parts.twitter.lookup(...asked);
    },
  };
  const deps = captureDepsOf(parts, { twitter });
  return lookUp(deps, { ...SOURCE, taskId: "task-1", ids });
}
