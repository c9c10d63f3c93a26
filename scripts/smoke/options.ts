import { readCommandLine } from "../command-line.ts";

export type SmokeOptions = {
  help: boolean;
  json: boolean;
  outputs: string | undefined;
  waitSeconds: number;
};

export const HELP = `Usage: npm run smoke -- [options]

Shows after a deployment that the site runs the package of the stack's outputs, answers the
platform, and refuses everyone else. Ends with 0 only if nothing failed.

  --outputs FILE    the stack's outputs, as "pulumi stack output --json --show-secrets" or
                    "npm run local -- --keep DIR" (DIR/outputs.json) wrote them
                    (default: asks the Pulumi CLI for those of the selected stack)
  --wait SECONDS    how long the site may take to start the package (default 300)
  --json            the last line of standard output is one JSON object with every check
  --help            this text
`;

const DEFAULT_WAIT_SECONDS = 300;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): SmokeOptions {
  const given = readCommandLine(
    argv,
    {
      command: "npm run smoke",
      flags: ["json"],
      texts: { outputs: "outputs.json", wait: String(DEFAULT_WAIT_SECONDS) },
    },
    (line) => waitProblems(line.text("wait")),
  );
  return {
    help: given.has("help"),
    json: given.has("json"),
    outputs: given.text("outputs"),
    waitSeconds: Number(given.text("wait") ?? DEFAULT_WAIT_SECONDS),
  };
}

function waitProblems(wait: string | undefined): string[] {
  return wait === undefined || /^\d+$/.test(wait)
    ? []
    : [`--wait ${wait} is not a number of seconds: write ${DEFAULT_WAIT_SECONDS}, or 0.`];
}
