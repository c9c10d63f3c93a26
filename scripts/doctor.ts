import { DefaultAzureCredential } from "@azure/identity";
import { z } from "zod";
import { recordProgram } from "./arm/record-program.ts";
import { runReported } from "./checks/report.ts";
import { flag, outputsOption } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { createAz, runAz } from "./doctor/az.ts";
import { diagnose } from "./doctor/diagnose.ts";
import { createHashOf } from "./site/package-bytes.ts";
import { createPulumi } from "./stack/pulumi.ts";

/** `npm run doctor`: what is in order, what is not, and what to do about it. */
export const script = {
  name: "doctor",
  about:
    'Checks everything that the connector needs, before and after the first "npm run up". Each ' +
    "line names a check, its result, and the remedy. Ends with 0 unless a check failed; warnings, " +
    "and checks that are not possible here (without the Azure CLI, for example), do not count as " +
    "failed.",
  options: z.object({
    outputs: outputsOption("looks only at the site of these outputs"),
    mend: flag("has Azure read Key Vault references again that it could not resolve"),
    json: flag("the last line of standard output is one JSON object with every check"),
  }),
};

if (import.meta.main) {
  await runScript(script, async (options) => {
    await runReported(options, (report) =>
      diagnose({
        pulumi: createPulumi(),
        az: createAz(runAz),
        outputsFile: options.outputs,
        mend: options.mend,
        record: (stack) => recordProgram(stack),
        hashOf: createHashOf(new DefaultAzureCredential()),
        report,
        env: process.env,
        nodeVersion: process.versions.node,
      }),
    );
  });
}
