import type { NamedFault } from "../../faults/named-faults.ts";
import { NAMED_FAULTS } from "../../faults/named-faults.ts";

/** A connector that breaks its promise, and the fault under which that costs a post. */
export type Mutation = {
  /** Each pattern must be in the package exactly once. */
  rewrites: readonly (readonly [pattern: RegExp, replacement: string])[];
  fault: NamedFault | undefined;
  /** What the checker says. */
  found: RegExp;
};

export const MUTATIONS: Record<string, Mutation> = {
  "acknowledges work before it is done": {
    rewrites: [
      [/await (runTask\(deps, \{ lease, keeper \}, \w+\))/, "(await lease.finish(), await $1)"],
    ],
    fault: NAMED_FAULTS["killed-before-upload"],
    found: /no completion, and nothing moved/,
  },
  "forgets the cursor after the first page": {
    rewrites: [[/walk\.nextToken === (?:undefined|void 0)\)/, "true)"]],
    fault: undefined,
    // The connector notices by itself: what it cannot prove to have read is a gap.
    found: /posts in the mailbox, \d+ gaps/,
  },
};

/** Rewrites the app; throws where it has changed so that a pattern has lost its place. */
export function mutate(code: string, { rewrites }: Mutation): string {
  return rewrites.reduce((result, [pattern, replacement]) => {
    const { length } = [...result.matchAll(new RegExp(pattern, "g"))];
    if (length !== 1) {
      throw new Error(`${pattern} occurs ${length} times in the package: adapt the mutation to it`);
    }
    return result.replace(pattern, replacement);
  }, code);
}
