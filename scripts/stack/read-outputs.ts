import type { z } from "zod";
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

/**
 * Some of the outputs, none of them secret. @throws MendableError where the stack was deployed by a
 * version that does not have them; `otherwise` are the options that say the same.
 */
export async function readOutputsOf<T>(
  schema: z.ZodType<T>,
  { file, pulumi }: { file: string | undefined; pulumi: Pulumi },
  { what, otherwise }: { what: string; otherwise: string },
): Promise<T> {
  const parsed = schema.safeParse(await readOutputs(file, pulumi, { showSecrets: false }));
  if (!parsed.success) {
    throw new MendableError(
      `The stack's outputs do not name its ${what}`,
      `Deploy with this version of the program (npm run up), or give ${otherwise}`,
    );
  }
  return parsed.data;
}
