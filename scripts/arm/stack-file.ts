import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { MendableError } from "../checks/check.ts";
import type { StackConfig } from "../stack/pulumi.ts";

const secureSchema = z.object({ secure: z.string() });
const fileSchema = z.object({ config: z.record(z.string(), z.unknown()) });

/** The configuration in a stack's file, `Pulumi.STACK.yaml`; what is encrypted there is not read. */
export async function readStackFile(file: string): Promise<StackConfig> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new MendableError(`${file} cannot be read`, "Name a stack's file, Pulumi.STACK.yaml", {
      cause,
    });
  });
  const parsed = fileSchema.safeParse(parse(text));
  if (!parsed.success) {
    throw new MendableError(`${file} has no config`, "Name a stack's file, Pulumi.STACK.yaml");
  }
  const entries = Object.entries(parsed.data.config).map(
    ([key, value]) =>
      [
        key,
        secureSchema.safeParse(value).success
          ? { secret: true }
          : { secret: false, value: toText(value) },
      ] as const,
  );
  return Object.fromEntries(entries);
}

/** As the CLI hands it to a program: texts as they are, all else as JSON. */
function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
