import { DefaultAzureCredential } from "@azure/identity";
import { z } from "zod";
import { buildPackage } from "../infra/package/build-package.ts";
import { option, outputsOption, wholeNumber } from "./command-line/options.ts";
import { runScript } from "./command-line/run-script.ts";
import { pushPackage } from "./push/push-package.ts";
import { createSite } from "./site/site.ts";
import { createPulumi } from "./stack/pulumi.ts";
import { readOutputs } from "./stack/read-outputs.ts";

/** `npm run push`: brings the package to a site that does not fetch it (packageDelivery push). */
export const script = {
  name: "push",
  about:
    "Publishes the package to the site if packageDelivery is push; npm run up does this by " +
    "itself. Does nothing if the site fetches its package (url) or already runs this one.",
  options: z.object({
    outputs: outputsOption(),
    wait: option(
      wholeNumber({ from: 0, to: 3600 }).default(300),
      "SECONDS",
      "how long the site may take to start the package; 0: do not look",
    ),
  }),
  notes:
    "You are known by your az login (or by any other way of DefaultAzureCredential), and need the role\n" +
    "Website Contributor on the site; whoever deploys the stack has it.",
};

if (import.meta.main) {
  await runScript(script, async ({ outputs: file, wait }) => {
    const outputs = await readOutputs(file, createPulumi(), { showSecrets: false });
    const said = await pushPackage({
      outputs,
      build: buildPackage,
      credential: new DefaultAzureCredential(),
      site: createSite(outputs),
      waitMs: wait * 1000,
    });
    process.stdout.write(`${said}\n`);
  });
}
