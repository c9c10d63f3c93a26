import { join } from "node:path";

import { expect, test } from "vitest";

import { runNode } from "./testing/run-node.ts";

const TESTING = join(import.meta.dirname, "testing");

// In processes of their own: a program is evaluated once a process.
test.each([
  [
    "refused-program.ts",
    'Resource "first" (azure-native:batch:Pool) failed: not known: azure-native:batch:Pool',
  ],
  ["throwing-program.ts", "a mistake in the program"],
])("%s rejects with its first error", async (program, message) => {
  const parameters = [join(TESTING, program)];
  expect(await runNode(join(TESTING, "evaluate.ts"), parameters, {})).toBe(message);
});
