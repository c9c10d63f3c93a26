import { describe, expect, it } from "vitest";
import { readPages } from "./read-pages.ts";

describe("the archive's raw pages", () => {
  it("prove posts in either vocabulary, of timelines and single lookups", async () => {
    const captured = await read({
      "jobs/1/pages/a.json": { data: [{ id: "3", edit_history_tweet_ids: ["1", "3"] }], meta: {} },
      "jobs/1/pages/sub/b.json": { data: [{ id: "4", edit_history_post_ids: ["2", "4"] }] },
      "jobs/1/pages/c.json": { data: { id: "5" } },
      "jobs/1/pages/empty.json": { meta: { result_count: 0, next_token: "x" } },
    });
    expect([...captured.postIds]).toEqual(["3", "4", "5"]);
    expect([...captured.earlierVersions]).toEqual(["1", "2"]);
    expect(captured).toMatchObject({ pages: 4, problems: [] });
  });

  it("are only those in a folder of pages, and not what was merely referred to", async () => {
    const captured = await read({
      "jobs/1/items/a.json": { data: [{ id: "1" }] },
      "jobs/1/pages/a.json": { includes: { tweets: [{ id: "2" }] } },
    });
    expect(captured.postIds.size).toBe(0);
  });

  it("prove a post that one names only as an error, and that X gave by its id", async () => {
    const errors = ["1", "2"].map((id) => ({ resource_id: id }));
    const captured = await read({
      "jobs/1/context/a-1.json": { data: [{ id: "2" }, { id: "3" }] },
      "jobs/1/pages/a.json": { errors },
    });
    expect([...captured.postIds]).toEqual(["2"]);
  });

  it("are a problem where one is no response body", async () => {
    const captured = await read({ "jobs/1/pages/a.json": [1] });
    expect(captured.problems).toEqual(["jobs/1/pages/a.json is no response body of X"]);
  });
});

async function read(blobs: Record<string, unknown>) {
  async function* list() {
    for (const [name, value] of Object.entries(blobs)) {
      yield { name, body: Buffer.from(JSON.stringify(value)) };
    }
  }
  return readPages(list());
}
