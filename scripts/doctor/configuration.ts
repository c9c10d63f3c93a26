import * as pulumi from "@pulumi/pulumi";
import { type ProgramConfig, readConfig } from "../../infra/config.ts";
import { MendableError, ok, type Verdict } from "../checks/check.ts";
import { PROJECT, type StackConfig } from "../stack/pulumi.ts";

const REMEDY = "Run the commands above; npx runs this package's CLI: npx pulumi config set ...";

/**
 * The stack's configuration as the program will read it.
 * @throws MendableError with everything that the program would refuse, or fail over later.
 */
export function readStackConfig(stack: StackConfig): ProgramConfig {
  const problems = locationProblems(stack);
  const secretKeys = Object.keys(stack).filter((key) => stack[key]?.secret);
  const values = Object.entries(stack).map(([key, { value = "" }]) => [key, value] as const);
  pulumi.runtime.setAllConfig(Object.fromEntries(values), secretKeys);
  try {
    const config = readConfig(new pulumi.Config(PROJECT), secretKeys);
    if (problems.length === 0) {
      return config;
    }
  } catch (error) {
    if (!(error instanceof pulumi.RunError)) {
      throw error;
    }
    problems.push(...error.message.split("\n- ").slice(1));
  }
  throw new MendableError(problems.join("\n"), REMEDY);
}

export function describeConfig(config: ProgramConfig): Verdict {
  const { environment, sku, network, twitterApiKey } = config;
  const twitter =
    twitterApiKey === undefined
      ? "without the four Twitter values, as before the X developer app exists"
      : "with the four Twitter values";
  return ok(`${environment}, ${sku}, ${network} network, ${twitter}`);
}

function locationProblems(stack: StackConfig): string[] {
  return stack["azure-native:location"]?.value
    ? []
    : [
        "azure-native:location: missing. Say in which region: pulumi config set azure-native:location westeurope",
      ];
}
