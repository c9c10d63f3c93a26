import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runLocal, startScript } from "../local/testing/local-run.ts";
import { manyPosts } from "../local/x/testing/small-timeline.ts";

const SCRIPT = join(import.meta.dirname, "../verify.ts");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "verify-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function verify(kept: string) {
  await using run = await startScript(SCRIPT, ["--kept", kept, "--json"]);
  return await run.ended;
}

describe("npm run verify -- --kept DIR", { timeout: 120_000 }, () => {
  it("finds an archive of the local system in order", async () => {
    const posts = join(folder, "posts.ndjson");
    await writeFile(
      posts,
      manyPosts(30)
        .map((post) => `${JSON.stringify(post)}\n`)
        .join(""),
    );
    const kept = join(folder, "kept");
    expect((await runLocal("--once", "--posts", posts, "--keep", kept)).exitCode).toBe(0);
    const { stdout, exitCode } = await verify(kept);
    expect(JSON.parse(stdout)).toMatchObject({
      result: "ok",
      checks: [
        { what: "Archive", detail: "1 job" },
        { what: "@user_42: coverage" },
        { what: "@user_42: items", detail: expect.stringMatching(/^31 items/) as unknown },
        { what: "@user_42: media" },
        { what: "@user_42: hand-over", detail: expect.stringMatching(/^30 posts/) as unknown },
        { what: "@user_42: profile", detail: "1 versions" },
      ],
    });
    expect(exitCode).toBe(0);
  });

  it("says what to name where there is none", async () => {
    const { stdout, exitCode } = await verify(folder);
    expect(stdout).toContain("npm run local -- --once --keep DIR");
    expect(exitCode).toBe(1);
  });
});
