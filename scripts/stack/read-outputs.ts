import { MendableError } from "../checks/check.ts";
import { type StackOutputs, readOutputsFile } from "./outputs.ts";
import type { Pulumi } from "./pulumi.ts";

/** Outputs of a file, or else of the selected stack. @throws MendableError where there are none. */
export async function readOutputs(
  file: string | undefined,
  pulumi: Pulumi,
  { showSecrets }: { showSecrets: boolean },
): Promise<StackOutputs> {
  if (file !== undefined) {
    return readOutputsFile(file);
  }
  const outputs = await pulumi.outputs({ showSecrets });
  if (!outputs) {
    throw new MendableError("Nothing is deployed in the selected stack", "Deploy it: npm run up");
  }
  return outputs;
}
