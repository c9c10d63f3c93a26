import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { lastLineOf, startScript } from "../testing/local-run.ts";
import { MUTATIONS } from "./testing/mutations.ts";

const ROUND = join(import.meta.dirname, "play-seed.ts");
const MUTATED_ROUND = join(import.meta.dirname, "testing/mutated-round.ts");
/**
 * Seeds whose rounds kill processes and lose answers, with one instance and with several; in the second,
 * X ignores the fields of one vocabulary throughout.
 */
const SEEDS = [1, 124];

const LOST = "is not in the mailbox, and lies in no reported gap";

const resultSchema = z.looseObject({
  posts: z.number(),
  mailbox: z.number(),
  late: z.number(),
  cameLate: z.number(),
  duplicates: z.number(),
  gaps: z.number(),
  faults: z.record(z.string(), z.number()),
  returnedAgain: z.number(),
  returnedAgainAtMost: z.number(),
  problems: z.array(z.looseObject({ what: z.string() })),
});

describe("A round of faults", { timeout: 400_000 }, () => {
  it.each(SEEDS)("of seed %i loses nothing, and hands nothing over twice", async (seed) => {
    const result = await play(ROUND, [String(seed)]);
    expect(result).toMatchObject({ problems: [], duplicates: 0, gaps: 0, mailbox: result.posts });
    expect(result.cameLate).toBe(result.late);
    expect(result.returnedAgain).toBeLessThanOrEqual(result.returnedAgainAtMost);
    expect(Object.keys(result.faults).length).toBeGreaterThan(0);
  });

  it.each(Object.entries(MUTATIONS))("catches a connector that %s", async (name, mutation) => {
    const result = await play(MUTATED_ROUND, [name]);
    const lost = result.problems.filter(({ what }) => what === LOST);
    expect(result).toMatchObject(mutation.result);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost).toHaveLength(result.posts - result.mailbox);
  });
});

async function play(script: string, parameters: string[]): Promise<z.infer<typeof resultSchema>> {
  await using run = await startScript(script, parameters);
  return resultSchema.parse(lastLineOf(await run.ended));
}
