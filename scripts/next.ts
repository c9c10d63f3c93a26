import { z } from "zod";
import { runScript } from "./command-line/run-script.ts";
import { describeDeployed } from "./next/after-up.ts";
import { createPulumi, PROJECT } from "./stack/pulumi.ts";

/** What `npm run up` ends with, where it succeeded. */
export const script = {
  name: "next",
  about: "Prints the addresses of the deployed connector, and the next step.",
  options: z.object({}),
};

if (import.meta.main) {
  await runScript(script, async () => {
    const pulumi = createPulumi();
    const outputs = await pulumi.outputs({ showSecrets: false });
    if (outputs) {
      const { [`${PROJECT}:twitterApiKey`]: key } = await pulumi.config();
      process.stdout.write(describeDeployed(outputs, { hasTwitterValues: Boolean(key?.value) }));
    }
  });
}
