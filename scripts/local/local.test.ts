import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isGone, resultOf, runLocal, type RunResult, startLocal } from "./testing/local-run.ts";
import { manyPosts } from "./x/testing/small-timeline.ts";
import type { Post } from "./x/timeline.ts";

const REAL = join(import.meta.dirname, "../../../shared/data/reuters-2020-01-22");
const HAS_REAL = existsSync(`${REAL}.posts.ndjson`);
/** X gives this many of an account's newest posts (docs/x-api.md#timelines). */
const DEPTH = 3200;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-test-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("npm run local -- --once --json", { timeout: 120_000 }, () => {
  test("archives the generated timeline, each post once and paid once", async () => {
    const ended = await runLocal("--once", "--json");
    const result = resultOf(ended);
    expect(result).toMatchObject({ ...everyPost(result.posts), reads: result.posts });
    expect(result.posts).toBeGreaterThan(200);
    const { mailbox, earlierVersions } = result;
    const figures = `${mailbox} posts and ${earlierVersions} earlier versions`;
    expect(ended.stderr).toMatch(new RegExp(`^ +In the mailbox +${figures}$`, "m"));
    expect(ended.stderr).toMatch(new RegExp(`^Posts delivered ${mailbox}/${mailbox} done`, "m"));
    expect(result.portal).toMatchObject({ "Connector URL": result.connectorUrl });
    expect(ended.exitCode).toBe(0);
  });

  test.skipIf(!HAS_REAL)(
    "archives real posts in windows of an hour (needs shared/data)",
    async () => {
      const files = ["--posts", `${REAL}.posts.ndjson`, "--users", `${REAL}.users.json`];
      const ended = await runLocal("--once", "--json", "--window", "1", ...files);
      const result = resultOf(ended);
      expect(result).toMatchObject({ ...everyPost(500), reads: 500 });
      expect(result.windows).toBeGreaterThanOrEqual(28);
      expect(ended.exitCode).toBe(0);
    },
  );

  test("ends where its state is kept, too, and leaves what other scripts go by", async () => {
    const kept = join(folder, "kept");
    const file = await writePosts("kept.ndjson", manyPosts(3));
    const ended = await runLocal("--once", "--json", "--posts", file, "--keep", kept);
    const { portal } = resultOf(ended);
    expect(ended.exitCode).toBe(0);
    expect(JSON.parse(await readFile(join(kept, "outputs.json"), "utf8"))).toMatchObject({
      portal,
      connectorUrl: portal["Connector URL"],
    });
  });

  test("says of a second run into one folder what was there already", async () => {
    const posts = await writePosts("twice.ndjson", manyPosts(3));
    const parameters = ["--once", "--json", "--posts", posts, "--keep", join(folder, "twice")];
    expect(resultOf(await runLocal(...parameters))).toMatchObject({ earlierMails: 0 });
    const again = await runLocal(...parameters);
    expect(resultOf(again)).toMatchObject({
      ...everyPost(3),
      accepted: 0,
      earlierMails: 3,
      alreadyThere: 3,
    });
    expect(again.stderr).toContain("3 e-mails in the mailbox, 3 of them delivered again");
    const others = await writePosts("others.ndjson", manyPosts(5).slice(3));
    const third = await runLocal(
      "--once",
      "--json",
      "--posts",
      others,
      "--keep",
      join(folder, "twice"),
    );
    expect(resultOf(third)).toMatchObject({ ...everyPost(2), earlierMails: 3, alreadyThere: 0 });
  });

  test("does not mind a second run at the same time", async () => {
    const [five, seven] = await Promise.all(
      [5, 7].map(async (count) => {
        const file = await writePosts(`${count}.ndjson`, manyPosts(count));
        return runLocal("--once", "--json", "--posts", file);
      }),
    );
    const results = [five, seven].map((ended) => ended && resultOf(ended));
    expect(results).toMatchObject([everyPost(5), everyPost(7)]);
    expect([five?.exitCode, seven?.exitCode]).toEqual([0, 0]);
  });

  test("reports what lies beyond X's depth as a gap, and has all the rest", async () => {
    const posts = manyPosts(DEPTH + 100);
    const file = await writePosts("history.ndjson", posts);
    const ended = await runLocal("--once", "--json", "--history", "--posts", file);
    const result = resultOf(ended);
    const reachable = posts.filter((post) => !liesInGap(post, result));
    expect(result).toMatchObject({ posts: posts.length, duplicates: 0, problems: [] });
    expect(result.gaps.map(({ reason }) => reason)).toEqual([expect.stringContaining("3200")]);
    // The second of the oldest post may have held more: the gap begins within what was given.
    expect(reachable.length).toBeGreaterThanOrEqual(DEPTH - 1);
    expect(result.mailbox).toBe(DEPTH);
    expect(result.reads).toBeLessThanOrEqual(DEPTH);
    expect(ended.exitCode).toBe(0);
  });
});

describe("Ctrl-C", { timeout: 60_000 }, () => {
  test.each([
    ["while it starts", "Evaluating the Pulumi program"],
    ["while windows are asked for", "Windows 0/4"],
  ])("%s ends every process", async (_, words) => {
    await using run = await startLocal("--once", "--json");
    await run.says(words);
    run.process.kill("SIGINT");
    const { exitCode, stdout } = await run.ended;
    expect(exitCode).toBe(130);
    expect(stdout).toBe("");
    expect(await isGone(run)).toBe(true);
  });

  test("on a terminal, which stops all processes at once, shows no error", async () => {
    await using run = await startLocal("--once");
    await run.says("Evaluating the Pulumi program");
    process.kill(-(run.process.pid ?? 0), "SIGINT");
    const { exitCode, stderr } = await run.ended;
    expect(stderr).toMatch(/Stopping \.\.\.\n$/);
    expect(exitCode).toBe(130);
  });
});

describe("A person's mistake", () => {
  test.each([
    ["an option that is not there", ["--windows", "1"], 2, "(Did you mean --window?)"],
    [
      "a file that is not there",
      ["--posts", "none.ndjson"],
      1,
      "none.ndjson cannot be read. Check",
    ],
    [
      "an X that is away",
      ["--posts", "posts", "--x", "http://127.0.0.1:1"],
      1,
      "http://127.0.0.1:1 does not answer. Start",
    ],
    [
      "a folder that cannot be made",
      ["--keep", "package.json/kept"],
      1,
      "that is not a folder. Name",
    ],
  ])("%s is one line with the remedy", async (_, parameters, code, remedy) => {
    const posts = await writePosts("posts.ndjson", manyPosts(1));
    const named = parameters.map((word) => (word === "posts" ? posts : word));
    const { exitCode, stdout, stderr } = await runLocal("--once", "--json", ...named);
    expect(stderr.trimEnd().split("\n")).toEqual([expect.stringContaining(remedy)]);
    expect(exitCode).toBe(code);
    expect(stdout).toBe("");
  });
});

/** What a run says that has `posts` posts in the mailbox, once each. */
function everyPost(posts: number): Partial<RunResult> {
  const counts = { posts, captured: posts, delivered: posts, accepted: posts, mailbox: posts };
  return { ...counts, duplicates: 0, gaps: [], problems: [] };
}

async function writePosts(name: string, posts: readonly Post[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, posts.map((post) => `${JSON.stringify(post)}\n`).join(""));
  return file;
}

function liesInGap({ created_at: time }: Post, { gaps }: RunResult): boolean {
  const at = Date.parse(time);
  return gaps.some(({ start, end }) => Date.parse(start) <= at && at < Date.parse(end));
}
