import { DefaultAzureCredential } from "@azure/identity";
import { z } from "zod";
import { runReported } from "./checks/report.ts";
import {
  anyText,
  flag,
  needs,
  option,
  outputsOption,
  wholeNumber,
} from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { createAz, runAz } from "./doctor/az.ts";
import { createHashOf } from "./site/package-bytes.ts";
import { type ReportOptions, writeReport } from "./smoke/live/gather.ts";
import { smoke } from "./smoke/smoke.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { readOutputs } from "./stack/read-outputs.ts";

/** `npm run smoke`: what a deployment has to show before anybody relies on it. */
export const script = {
  name: "smoke",
  about:
    "Checks after a deployment that the site runs the package of the stack's outputs, answers the " +
    "platform, and refuses everyone else. Ends with 0 only if no check failed.",
  options: z
    .object({
      outputs: outputsOption(),
      wait: option(
        wholeNumber({ from: 0, to: 3600 }).default(300),
        "SECONDS",
        "how long the site may take to start the package",
      ),
      report: anyText(
        "FILE",
        "writes what was seen of the questions that only a live tenant answers (docs/open-questions.md), in " +
          "counts and known words, without names, ids or secrets: fit to be posted. Reads the archive and the log",
      ),
      log: anyText(
        "FILE",
        "the log for --report, as the connector or Log Analytics wrote it (default: the stack's workspace is asked, with az)",
      ),
      json: flag("the last line of standard output is one JSON object with every check"),
    })
    .check(needs(["log"], "report")),
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
        ...(options.report !== undefined && {
          afterwards: (outputs, findings) =>
            tellOfReport({
              file: options.report ?? "",
              logFile: options.log,
              outputsFile: options.outputs,
              az: createAz(runAz),
              outputs,
              findings,
            }),
        }),
      }),
    ),
  );
}

async function tellOfReport(options: ReportOptions): Promise<void> {
  const missed = await writeReport(options);
  const without = missed.map((one) => `  without the ${one}\n`).join("");
  process.stderr.write(
    `\nWhat was seen of docs/open-questions.md is in ${options.file}\n${without}`,
  );
}
