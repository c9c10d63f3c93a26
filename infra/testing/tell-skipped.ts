import { findCli } from "./pulumi-cli.ts";

/** Says at the end of a test run what it did not prove, where a person sees it. */
export async function teardown(): Promise<void> {
  if (!(await findCli())) {
    process.stderr.write(
      "\nNot proved here: the engine suite ran without a Pulumi CLI, on the miniature engine alone " +
        "(`npx pulumi version` gets one).\n",
    );
  }
}
