import { describe, it } from "vitest";
import { strike } from "../faults/named-faults.ts";
import { SILENT } from "../testing/silent-progress.ts";
import { playRound, type RoundOptions, type RoundResult } from "./round.ts";
import { type Mutation, MUTATIONS } from "./testing/mutations.ts";

/**
 * Seeds whose rounds kill processes and lose answers, with one instance and with several; in the second,
 * X ignores the fields of one vocabulary throughout.
 */
const SEEDS = [1, 124];
/** Of the rounds of a connector that breaks its promise: one job, and windows of a day, longer than a page. */
const MUTATED_SEED = 7;
/** Long enough for an honest connector, which loses nothing in them. */
const SHORT_WAITS = { idleMs: 15_000, lateMs: 10_000 };

const LOST = "is not in the mailbox, and lies in no reported gap";

// A round waits more than it works.
describe.concurrent("A round of faults", { timeout: 400_000 }, () => {
  it.for(SEEDS)("of seed %i loses nothing, and hands nothing over twice", async (seed, context) => {
    const { expect } = context;
    const result = await play({ seed });
    expect(result).toMatchObject({ problems: [], duplicates: 0, gaps: 0, mailbox: result.posts });
    expect(result.cameLate).toBe(result.late);
    expect(result.returnedAgain).toBeLessThanOrEqual(result.returnedAgainAtMost);
    expect(Object.keys(result.faults).length).toBeGreaterThan(0);
  });

  it.for(Object.entries(MUTATIONS))(
    "catches a connector that %s",
    async ([, mutation], { expect }) => {
      const result = await playMutated(mutation);
      const lost = result.problems.filter(({ what }) => what === LOST);
      expect(result).toMatchObject(mutation.result);
      expect(lost.length).toBeGreaterThan(0);
      expect(lost).toHaveLength(result.posts - result.mailbox);
    },
  );
});

function playMutated({ fault, rewrites }: Mutation): Promise<RoundResult> {
  const decide = fault ? strike(fault, 1) : () => undefined;
  return play({ seed: MUTATED_SEED, instances: 1, ...SHORT_WAITS, decide, rewrites });
}

function play(options: RoundOptions): Promise<RoundResult> {
  return playRound({ ...options, progress: SILENT });
}
