import { join } from "node:path";
import { Semaphore } from "async-mutex";
import { describe, test } from "vitest";
import { type Ended, resultOf, startScript } from "./testing/local-run.ts";
import { SABOTAGES } from "./testing/sabotages.ts";

const SCRIPT = join(import.meta.dirname, "testing/sabotaged-run.ts");
/** A run keeps two processes busy. */
const RUNS_AT_ONCE = 2;
const limit = new Semaphore(RUNS_AT_ONCE);

describe.concurrent("A run", { timeout: 120_000 }, () => {
  test("of the app as it is finds nothing", async ({ expect }) => {
    const ended = await run();
    expect(resultOf(ended)).toMatchObject({ posts: 12, mailbox: 12, problems: [] });
    expect(ended.exitCode).toBe(0);
  });

  test.for(Object.entries(SABOTAGES))(
    "of an app that %s fails, and names the post",
    async ([name, { found }], { expect }) => {
      const ended = await run(name);
      const { victim, problems } = resultOf(ended);
      const what: unknown = expect.stringMatching(found);
      expect(problems).toContainEqual({ postId: victim, what });
      expect(ended.exitCode).toBe(1);
    },
  );
});

async function run(...names: string[]): Promise<Ended> {
  return limit.runExclusive(async () => {
    await using started = await startScript(SCRIPT, names);
    return await started.ended;
  });
}
