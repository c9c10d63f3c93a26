import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { recordProgram } from "./arm/record-program.ts";
import { readStackFile } from "./arm/stack-file.ts";
import { toTemplate } from "./arm/to-template.ts";
import { anyText, option } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { createPulumi } from "./stack/pulumi.ts";

/** For ids of the rendering alone: where it is deployed, ARM puts its own. */
const NOWHERE = "00000000-0000-4000-8000-000000000001";

/** `npm run arm`: what an `up` would make, as a template that Azure and its tools can judge. */
export const script = {
  name: "arm",
  about:
    'Renders what "npm run up" would make as an ARM template, without making anything: for\n' +
    "az deployment group validate --resource-group GROUP --template-file FILE, for Checkov and their like. It " +
    "is to be judged, not deployed: secrets are placeholders, all lies in one group, and Entra's objects and " +
    "the package's blob are not in it.",
  options: z.object({
    out: option(
      z.string("is needed: write --out FILE"),
      "FILE",
      "where the template is written to",
    ),
    stack: anyText(
      "FILE",
      "a stack's file, such as examples/Pulumi.production.yaml (default: the stack selected in the Pulumi CLI)",
    ),
  }),
};

if (import.meta.main) {
  await runScript(script, async ({ out, stack }) => {
    const config = stack === undefined ? await createPulumi().config() : await readStackFile(stack);
    const recorded = await recordProgram({
      name: "arm",
      config,
      subscriptionId: NOWHERE,
      tenantId: NOWHERE,
    });
    const template = toTemplate(recorded, NOWHERE);
    await writeFile(out, `${JSON.stringify(template, undefined, 2)}\n`);
    process.stdout.write(`${template.resources.length} resources are in ${out}\n`);
  });
}
