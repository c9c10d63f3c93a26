import { type Given, readCommandLine } from "../command-line.ts";
import { MEASUREMENTS } from "./measurements.ts";

export type BenchOptions = {
  help: boolean;
  json: boolean;
  only: string | undefined;
  repeats: number;
};

export const HELP = `Usage: npm run bench -- [options]

Measures what the connector and its program cost, as ratios where a machine would have its say, and
prints the median and the spread of several repeats. Writes dist/bench.json. Asserts nothing.

  --only NAME     one measurement alone:
${MEASUREMENTS.map(({ name, about }) => `                    ${name.padEnd(10)} ${about}\n`).join("")}  --repeats N     how often each is measured (default 3)
  --json          the last line of standard output is one JSON object with every figure
  --help          this text
`;

const DEFAULT_REPEATS = 3;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const given = readCommandLine(
    argv,
    {
      command: "npm run bench",
      flags: ["json"],
      texts: { only: "delivery", repeats: String(DEFAULT_REPEATS) },
    },
    findProblems,
  );
  return {
    help: given.has("help"),
    json: given.has("json"),
    only: given.text("only"),
    repeats: Number(given.text("repeats") ?? DEFAULT_REPEATS),
  };
}

function findProblems(given: Given<"json", "only" | "repeats">): string[] {
  const only = given.text("only");
  const repeats = given.text("repeats");
  return [
    ...(only !== undefined && !MEASUREMENTS.some(({ name }) => name === only)
      ? [`--only ${only} is no measurement: npm run bench -- --help lists them.`]
      : []),
    ...(repeats !== undefined && !/^[1-9]\d{0,3}$/.test(repeats)
      ? [`--repeats ${repeats} is not a number above 0: write ${DEFAULT_REPEATS}.`]
      : []),
  ];
}
