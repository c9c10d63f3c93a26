import { MendableError } from "./check.ts";

/** Runs a script that reports nothing check by check: it ends with 1 and a remedy where there is one. */
export async function runMendable(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof MendableError)) {
      throw error;
    }
    process.stderr.write(`${error.message}\n${error.remedy}\n`);
    process.exitCode = 1;
  }
}
