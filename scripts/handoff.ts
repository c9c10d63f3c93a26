import { writeFile } from "node:fs/promises";
import { runMendable } from "./checks/mendable-script.ts";
import { optionsOrExit } from "./command-line.ts";
import { HELP, parseOptions } from "./handoff/options.ts";
import { stepsToHtml, stepsToMarkdown } from "./handoff/sheet.ts";
import { administratorSteps, deployerSteps } from "./handoff/steps.ts";
import { stepsToText } from "./handoff/text.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { readOutputs } from "./stack/read-outputs.ts";

/** `npm run handoff`: what to enter where, before and after the connector is deployed. */
async function main(): Promise<void> {
  const { showSecrets, sheet, outputs: file } = optionsOrExit(parseOptions, HELP);
  const outputs = await readOutputs(file, createPulumi(), { showSecrets });
  const steps = administratorSteps(outputs);
  process.stdout.write(stepsToText([...deployerSteps(outputs), ...steps], { showSecrets }));
  if (sheet) {
    const text = sheet.format === "html" ? await stepsToHtml(steps) : stepsToMarkdown(steps);
    await writeFile(sheet.file, text);
    process.stderr.write(`\nThe compliance administrator's sheet is ${sheet.file}\n`);
  }
}

await runMendable(main);
