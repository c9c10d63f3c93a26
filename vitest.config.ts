import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Local time of the machine taken for UTC is seen where the two differ, by half an hour too.
process.env["TZ"] = "America/St_Johns";

/** Tests that start processes: storage, a browser, packed servers, whole local systems. Longest first. */
const SYSTEM = [
  "scripts/local/chaos/chaos.test.ts",
  "scripts/local/faults/named-faults.test.ts",
  "infra/engine.test.ts",
  "infra/engine-modes.test.ts",
  "scripts/local/sabotage.test.ts",
  "scripts/local/local.test.ts",
  "scripts/local/browser.test.ts",
  "scripts/deployed.test.ts",
  "infra/checkov.test.ts",
  "scripts/pushed.test.ts",
  "app/delivery/memory.test.ts",
  "scripts/verify/kept.test.ts",
  "infra/monitoring/fires.test.ts",
  "app/server.test.ts",
  "app/archive/store.test.ts",
  "app/worker/queue.test.ts",
  "scripts/requeue/requeue.test.ts",
  "scripts/local/azure/local-azure.test.ts",
  "scripts/local/azure/monitor.test.ts",
  "scripts/local/azure/resource-manager.test.ts",
  "infra/testing/stand-in.test.ts",
  "infra/testing/engine.test.ts",
  "infra/testing/find-cli.test.ts",
  "infra/testing/cli-sources.test.ts",
  "scripts/local/azure/evaluate-program.test.ts",
  "scripts/local/azure/site-process.test.ts",
  "scripts/local/entra/entra.test.ts",
  "scripts/run.test.ts",
  "scripts/stack/pulumi.test.ts",
  "scripts/site/site.test.ts",
  "scripts/handoff/handoff.test.ts",
  "scripts/local/claim-folder.test.ts",
];

/** Whole systems first, as they are listed: what is short fills the time beside the last of them. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = SYSTEM.findIndex((file) => moduleId.endsWith(`/${file}`));
      return index < 0 ? SYSTEM.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    expect: { requireAssertions: true },
    // By default, vitest leaves one core of two alone.
    maxWorkers: "100%",
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "system",
          include: SYSTEM,
          globalSetup: ["infra/testing/tell-skipped.ts"],
          // Of tests that say that they can run beside each other: whole systems are heavy.
          maxConcurrency: 2,
          // On a busy machine, processes want room.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{app,infra,scripts}/**/*.test.ts"],
          exclude: SYSTEM,
          setupFiles: ["scripts/testing/refuse-processes.ts"],
          // Tests of many files share what a thread has loaded: no module here holds state that a test sees.
          pool: "threads",
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
