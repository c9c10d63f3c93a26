import { existsSync } from "node:fs";
import { readCommandLine } from "../command-line.ts";

export type TraceOptions = { help: boolean; log: string | undefined };

export const HELP = `Usage: npm run trace -- [options]

Prints a log of the connector again, with lines of the source where its stack traces name the bundle.
Right for the version that wrote it, and no other: check out that one.

  --log FILE   the log (default: standard input)
  --help       this text
`;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): TraceOptions {
  const given = readCommandLine(
    argv,
    { command: "npm run trace", flags: [], texts: { log: "console.log" } },
    (line) => logProblems(line.text("log")),
  );
  return { help: given.has("help"), log: given.text("log") };
}

function logProblems(log: string | undefined): string[] {
  return log === undefined || existsSync(log) ? [] : [`--log ${log}: there is no such file.`];
}
