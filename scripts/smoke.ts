import { runReported } from "./checks/report.ts";
import { optionsOrExit } from "./command-line.ts";
import { HELP, parseOptions } from "./smoke/options.ts";
import { smoke } from "./smoke/smoke.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { readOutputs } from "./stack/read-outputs.ts";

/** `npm run smoke`: what a deployment has to show before anybody relies on it. */
const options = optionsOrExit(parseOptions, HELP);
await runReported(options, (report) =>
  smoke({
    readOutputs: () => readOutputs(options.outputs, createPulumi(), { showSecrets: true }),
    waitMs: options.waitSeconds * 1000,
    report,
  }),
);
