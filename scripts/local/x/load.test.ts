import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTimeline } from "./load.ts";
import { postAt } from "./testing/small-timeline.ts";

const REAL = path.resolve(import.meta.dirname, "../../../../shared/data");
const post = postAt("2026-01-01T00:00:00.000Z");

describe("a timeline from files", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "timeline-"));
  });
  afterAll(async () => rm(folder, { recursive: true }));

  async function write(name: string, ...lines: (object | string)[]): Promise<string> {
    const file = path.join(folder, name);
    const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
    await writeFile(file, texts.join("\n"));
    return file;
  }

  it("belongs to the author of most posts, or to the user that is named", async () => {
    const second = { ...post, id: "7" };
    const posts = await write("posts", post, "", second, { ...post, id: "8", author_id: "43" });
    expect((await loadTimeline({ posts })).account.id).toBe("42");
    const named = await loadTimeline({ posts, user: "43" });
    expect(named.posts.map(({ id }) => id)).toEqual(["8"]);
    expect(named.everyPost.size).toBe(3);
  });

  it("keeps members that it does not know, and takes `kind` off includes", async () => {
    const posts = await write("posts", { ...post, brand_new: 1 });
    const includes = await write(
      "includes",
      { kind: "tweet", ...post, id: "5", author_id: "43" },
      { kind: "media", media_key: "3_1", alt_text: "A quay" },
      { kind: "user", id: "43", name: "Other", username: "other" },
      { kind: "poll", id: "6", options: [] },
      { kind: "place", id: "abc", full_name: "Here" },
    );
    const timeline = await loadTimeline({ posts, includes });
    expect(timeline.posts).toEqual([{ ...post, brand_new: 1 }]);
    expect(timeline.everyPost.get("5")).not.toHaveProperty("kind");
    expect(timeline.media.get("3_1")?.alt_text).toBe("A quay");
    expect(timeline.users.get("43")?.username).toBe("other");
    expect([timeline.polls.size, timeline.places.size]).toEqual([1, 1]);
  });

  it.each([
    ["an array", true],
    ["lines", false],
  ])("reads users as %s", async (_what, isArray) => {
    const users = [42, 43].map((id) => ({ id: String(id), name: "N", username: `n${id}` }));
    const posts = await write("posts", post);
    const file = await write("users", ...(isArray ? [JSON.stringify(users)] : users));
    expect((await loadTimeline({ posts, users: file })).account.username).toBe("n42");
  });

  it.each([
    ["what is not JSON", [post, "{"], /bad:2: not JSON$/, /one JSON object a line/],
    ["a wrong member", [{ ...post, id: 5 }], /bad:1: id: /, /take the object out/],
    ["a missing member", [post, post, { id: "5" }], /bad:3: text: /, /Correct it/],
    ["nothing", [], /bad: no post in it$/, /one post a line/],
  ])("names file, line and remedy for %s", async (_what, lines, message, remedy) => {
    const posts = await write("bad", ...lines);
    await expect(loadTimeline({ posts })).rejects.toMatchObject({
      message: expect.stringMatching(message) as unknown,
      remedy: expect.stringMatching(remedy) as unknown,
    });
  });

  it("names the kind of object that includes may not have", async () => {
    const posts = await write("posts", post);
    const includes = await write("bad", { kind: "list", id: "5" });
    await expect(loadTimeline({ posts, includes })).rejects.toThrow(/bad:1: kind: /);
  });

  it("refuses a user without posts, and a file that is not there", async () => {
    const posts = await write("posts", post);
    await expect(loadTimeline({ posts, user: "9" })).rejects.toMatchObject({
      message: `${posts}: no post of user 9`,
      remedy: "Give --user the id of one of its authors",
    });
    await expect(loadTimeline({ posts: `${posts}-not` })).rejects.toThrow(/cannot be read/);
  });

  it.skipIf(!existsSync(REAL))(
    "reads real posts, where they lie beside the repository",
    async () => {
      const timeline = await loadTimeline({
        posts: path.join(REAL, "reuters-2020-01-22.posts.ndjson"),
        users: path.join(REAL, "reuters-2020-01-22.users.json"),
      });
      expect(timeline.posts).toHaveLength(500);
      expect(timeline.account.username).toBe("Reuters");
    },
  );
});
