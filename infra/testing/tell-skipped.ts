import { findCli } from "./find-cli.ts";

/** Set where the engine suite must not be skipped. */
export const CLI_IS_REQUIRED = process.env["PULUMI_CLI"] === "required";

export const NOT_PROVED =
  "NOT PROVED HERE: there is no Pulumi CLI, so the program did not run on Pulumi's engine: infra/engine*.test.ts " +
  "is skipped (`node infra/testing/get-cli.ts` gets a CLI)";

/** Says at the end of a test run what it did not prove, where a person sees it. */
export async function teardown(): Promise<void> {
  if (!(await findCli())) {
    process.stderr.write(`\n${NOT_PROVED}\n`);
  }
}
