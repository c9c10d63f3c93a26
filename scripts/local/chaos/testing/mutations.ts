import type { NamedFault } from "../../faults/named-faults.ts";
import { NAMED_FAULTS } from "../../faults/named-faults.ts";
import type { Rewrite } from "../../rewritten-app.ts";

/** A connector that breaks its promise, and the fault under which that costs a post. */
export type Mutation = {
  rewrites: readonly Rewrite[];
  fault: NamedFault | undefined;
  /** What the checker says. */
  found: RegExp;
};

export const MUTATIONS: Record<string, Mutation> = {
  "acknowledges work before it is done": {
    rewrites: [
      {
        file: "app/work/worker.ts",
        pattern: /await (runTask\(deps, \{ lease, keeper \}, \w+\));/,
        replacement: "void (await lease.finish(), await $1);",
      },
    ],
    fault: NAMED_FAULTS["killed-before-upload"],
    found: /no completion, and nothing moved/,
  },
  "forgets the cursor after the first page": {
    rewrites: [
      {
        file: "app/capture/pages.ts",
        pattern: /if \(walk\.nextToken === undefined\)/,
        replacement: "if (true)",
      },
    ],
    fault: undefined,
    // The connector notices by itself: what it cannot prove to have read is a gap.
    found: /posts in the mailbox, \d+ gaps/,
  },
};
