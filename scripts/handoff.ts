import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { z } from "zod";
import { flag, option, outputsOption } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { stepsToHtml, stepsToMarkdown } from "./handoff/sheet.ts";
import { administratorSteps, deployerSteps } from "./handoff/steps.ts";
import { stepsToText } from "./handoff/text.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { readOutputs } from "./stack/read-outputs.ts";

const FORMATS = new Map([
  [".html", "html"],
  [".htm", "html"],
  [".md", "markdown"],
]);

const sheetFile = z
  .string()
  .transform((file) => ({ file, format: FORMATS.get(extname(file).toLowerCase()) }))
  .refine(({ format }) => format !== undefined, "write FILE.html, or FILE.md");

/** `npm run handoff`: what to enter where, before and after the connector is deployed. */
export const script = {
  name: "handoff",
  about:
    "Prints what to enter in X's developer portal and in the Microsoft Purview compliance portal, " +
    "with their labels and in their order, from the stack's outputs.",
  options: z.object({
    showSecrets: flag("shows the Password too"),
    sheet: option(
      sheetFile.optional(),
      "FILE",
      "writes a sheet for the compliance administrator, without the Password: FILE.html or FILE.md",
    ),
    outputs: outputsOption(),
  }),
};

if (import.meta.main) {
  await runScript(script, async ({ showSecrets, sheet, outputs: file }) => {
    const outputs = await readOutputs(file, createPulumi(), { showSecrets });
    const steps = administratorSteps(outputs);
    process.stdout.write(stepsToText([...deployerSteps(outputs), ...steps], { showSecrets }));
    if (sheet) {
      const text = sheet.format === "html" ? await stepsToHtml(steps) : stepsToMarkdown(steps);
      await writeFile(sheet.file, text);
      process.stderr.write(`\nThe compliance administrator's sheet is ${sheet.file}\n`);
    }
  });
}
