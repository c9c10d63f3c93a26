import { runReported } from "./checks/report.ts";
import { optionsOrExit } from "./command-line.ts";
import { createAz } from "./doctor/az.ts";
import { diagnose } from "./doctor/diagnose.ts";
import { HELP, parseOptions } from "./doctor/options.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { createRun } from "./stack/run.ts";

const AZ_TIMEOUT_MS = 60_000;

/** `npm run doctor`: what is in order, what is not, and what to do about it. */
const options = optionsOrExit(parseOptions, HELP);
const runAz = createRun({
  file: "az",
  timeoutMs: AZ_TIMEOUT_MS,
  shell: process.platform === "win32",
});
await runReported(options, (report) =>
  diagnose({
    pulumi: createPulumi(),
    az: createAz(runAz),
    outputsFile: options.outputs,
    report,
    env: process.env,
    nodeVersion: process.versions.node,
  }),
);
