import * as pulumi from "@pulumi/pulumi";
import { type ProgramConfig, readConfig } from "../../infra/config.ts";
import { MendableError, ok, type Verdict } from "../checks/check.ts";
import { PROJECT, type StackConfig } from "../stack/pulumi.ts";

const REMEDY = "Run the commands above; npx runs this package's CLI: npx pulumi config set ...";

/**
 * Reads the stack's configuration as the program will.
 * @throws MendableError with every problem that the program would refuse.
 */
export function readStackConfig(stack: StackConfig): ProgramConfig {
  const secretKeys = Object.keys(stack).filter((key) => stack[key]?.secret);
  const values = Object.entries(stack).map(([key, { value = "" }]) => [key, value] as const);
  pulumi.runtime.setAllConfig(Object.fromEntries(values), secretKeys);
  try {
    return readConfig(new pulumi.Config(PROJECT), secretKeys);
  } catch (error) {
    if (!(error instanceof pulumi.RunError)) {
      throw error;
    }
    throw new MendableError(error.message.split("\n- ").slice(1).join("\n"), REMEDY);
  }
}

export function describeConfig(config: ProgramConfig): Verdict {
  const { environment, sku, network, twitterApiKey } = config;
  const twitter =
    twitterApiKey === undefined
      ? "without the four Twitter values (normal before the X developer app exists)"
      : "with the four Twitter values";
  return ok(`${environment}, ${sku}, ${network} network, ${twitter}`);
}
