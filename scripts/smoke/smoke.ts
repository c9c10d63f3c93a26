import { type Finding, runChecks } from "../checks/check.ts";
import type { Report } from "../checks/report.ts";
import type { PackageDeps } from "../site/package-bytes.ts";
import { createSite } from "../site/site.ts";
import type { StackOutputs } from "../stack/outputs.ts";
import { checkOutputs, smokeChecks } from "./checks.ts";

/** Compares a deployed site with the outputs of its stack. */
export async function smoke({
  readOutputs,
  waitMs,
  hashOf,
  report,
  afterwards,
}: {
  readOutputs: () => Promise<StackOutputs>;
  waitMs: number;
  hashOf: PackageDeps["hashOf"];
  report: Report;
  /** Told how all checks ended. */
  afterwards?: (outputs: StackOutputs, findings: Finding[]) => Promise<void>;
}): Promise<Finding[]> {
  let outputs: StackOutputs | undefined;
  const reading = {
    what: "Outputs",
    run: async () => {
      outputs = await readOutputs();
      return checkOutputs(outputs);
    },
  };
  const read = await runChecks([reading], report);
  const site = outputs && createSite(outputs);
  if (!site || !outputs) {
    return read;
  }
  const findings = [
    ...read,
    ...(await runChecks(smokeChecks({ outputs, site, waitMs, hashOf }), report)),
  ];
  await afterwards?.(outputs, findings);
  return findings;
}
