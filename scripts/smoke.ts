import { DefaultAzureCredential } from "@azure/identity";
import { z } from "zod";
import { runReported } from "./checks/report.ts";
import { flag, option, outputsOption, wholeNumber } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { createHashOf } from "./site/package-bytes.ts";
import { smoke } from "./smoke/smoke.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { readOutputs } from "./stack/read-outputs.ts";

/** `npm run smoke`: what a deployment has to show before anybody relies on it. */
export const script = {
  name: "smoke",
  about:
    "Shows after a deployment that the site runs the package of the stack's outputs, answers the " +
    "platform, and refuses everyone else. Ends with 0 only if nothing failed.",
  options: z.object({
    outputs: outputsOption(),
    wait: option(
      wholeNumber({ from: 0, to: 3600 }).default(300),
      "SECONDS",
      "how long the site may take to start the package",
    ),
    json: flag("the last line of standard output is one JSON object with every check"),
  }),
  notes:
    "The package's bytes are read as your az login (or by any other way of DefaultAzureCredential) lets you:\n" +
    "that needs the role Storage Blob Data Reader on its container.",
};

if (import.meta.main) {
  await runScript(script, (options) =>
    runReported(options, (report) =>
      smoke({
        readOutputs: () => readOutputs(options.outputs, createPulumi(), { showSecrets: true }),
        waitMs: options.wait * 1000,
        hashOf: createHashOf(new DefaultAzureCredential()),
        report,
      }),
    ),
  );
}
