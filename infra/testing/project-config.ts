import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const projectSchema = z.object({
  name: z.string(),
  config: z.record(
    z.string(),
    z.object({
      type: z.enum(["string", "integer", "boolean", "array", "object"]),
      secret: z.boolean().default(false),
      default: z.json().optional(),
    }),
  ),
});

type StackValues = { config: Record<string, string>; secretKeys: string[] };

/**
 * Configuration as the CLI hands it to a program: with the project's defaults, and not at all unless
 * it is what Pulumi.yaml declares (github.com/pulumi/pulumi, pkg/workspace/config.go).
 */
export async function applyProjectConfig(
  root: string,
  { config, secretKeys }: StackValues,
): Promise<Record<string, string>> {
  const text = await readFile(join(root, "Pulumi.yaml"), "utf8");
  const project = projectSchema.parse(parse(text));
  const declared = Object.entries(project.config).map(([key, about]) => ({
    key,
    ...about,
    value: config[`${project.name}:${key}`] ?? inConfig(about.default),
    isSecure: secretKeys.includes(`${project.name}:${key}`),
  }));
  const missing = declared.filter(({ value }) => value === undefined).map(({ key }) => key);
  if (missing.length > 0) {
    throw new Error(`the stack is missing configuration values ${missing.join(", ")}`);
  }
  for (const { key, type, secret, isSecure, value = "" } of declared) {
    if (secret && !isSecure) {
      throw new Error(`configuration key ${key} must be encrypted as it's secret`);
    }
    if (!IS_OF_TYPE[type](value)) {
      throw new Error(`configuration key ${key} must be of type ${type}`);
    }
  }
  const whole = { ...config };
  for (const { key, value = "" } of declared) {
    whole[`${project.name}:${key}`] = value;
  }
  return whole;
}

function inConfig(value: unknown): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
}

const IS_OF_TYPE = {
  string: () => true,
  integer: (value: string) => /^[+-]?\d+$/.test(value),
  boolean: (value: string) => value === "true" || value === "false",
  array: (value: string) => value.startsWith("["),
  object: (value: string) => value.startsWith("{"),
};
