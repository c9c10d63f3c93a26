import type { NamedFault } from "../../faults/named-faults.ts";
import { NAMED_FAULTS } from "../../faults/named-faults.ts";
import type { Rewrite } from "../../rewritten-app.ts";

/** A connector that breaks its promise, and the fault under which that costs a post. */
export type Mutation = {
  rewrites: readonly Rewrite[];
  fault: NamedFault | undefined;
  /** What the round's result says, besides the posts that are lost. */
  result: Record<string, unknown>;
};

export const MUTATIONS: Record<string, Mutation> = {
  "acknowledges work before it is done": {
    rewrites: [
      {
        file: "app/worker/worker.ts",
        pattern: /await (runTask\(deps, \{ lease, heartbeat \}, \w+\));/,
        replacement: "void (await lease.finish(), await $1);",
      },
      // Else another instance would notice within the hour that the message is lost, and send it anew.
      {
        file: "app/worker/lost-work.ts",
        pattern: /await sendLostMessages\(deps, jobId, .*\);/,
        replacement: "",
      },
    ],
    fault: NAMED_FAULTS["killed-before-upload"],
    result: { gaps: 0 },
  },
  "forgets the cursor": {
    rewrites: [
      {
        file: "app/capture/scan.ts",
        pattern: /\.\.\.\(nextToken !== undefined && .*\{ nextToken \}\),/,
        replacement: "",
      },
      // Else it would ask X for what is older than the first page's last post.
      {
        file: "app/capture/scan.ts",
        pattern: /return lowest === undefined \|\| /,
        replacement: "return true || lowest === undefined || ",
      },
    ],
    fault: undefined,
    // It takes the first page for all, so that it knows of no gap either.
    result: { gaps: 0 },
  },
  "drops the outbox": {
    rewrites: [
      {
        file: "app/worker/build-delivery.ts",
        pattern: /outbox: readOutbox\(store, jobId\),/,
        replacement: "",
      },
    ],
    fault: undefined,
    result: { gaps: 0, cameLate: 0 },
  },
};
