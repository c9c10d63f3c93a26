import type { z } from "zod";
import { explainMistake } from "./explain-mistake.ts";
import { HelpAsked, readCommandLine, type Script, UsageError } from "./read-command-line.ts";

const WRONG_USAGE = 2;
const MISTAKE = 1;

/**
 * Runs a script with the options of this process. A person's mistake ends it with one line and the
 * remedy: 2 where the command line is wrong, 1 for anything else. A defect of ours shows its stack.
 */
export async function runScript<Table extends z.ZodObject>(
  script: Script<Table>,
  main: (options: z.output<Table>) => Promise<void>,
): Promise<void> {
  const argv = process.argv.slice(2);
  try {
    await main(readCommandLine(script, argv, process.env));
  } catch (error) {
    if (error instanceof HelpAsked) {
      process.stdout.write(error.message);
      return;
    }
    if (error instanceof UsageError) {
      end(error.message, WRONG_USAGE);
      return;
    }
    const mistake = explainMistake(
      error,
      argv.map((word) => word.replace(/^--[^=]+=/, "")),
    );
    if (!mistake) {
      throw error;
    }
    end(`${mistake.message}. ${mistake.remedy}`, MISTAKE);
  }
}

/** Ends the process even if something still waits for an answer. */
function end(line: string, code: number): void {
  process.stderr.write(`${line}\n`, () => process.exit(code));
}
