import { readCommandLine } from "../command-line.ts";

export type DoctorOptions = { help: boolean; json: boolean; outputs: string | undefined };

export const HELP = `Usage: npm run doctor -- [options]

Looks at everything that has to be in order, before the first "npm run up" and after it; each line
says what, how it stands, and the remedy. Ends with 0 unless something failed: a warning is no
failure, nor is what cannot be checked here, for want of the Azure CLI for one.

  --outputs FILE    looks only at the site of these outputs, as "pulumi stack output --json
                    --show-secrets" or "npm run local -- --keep DIR" (DIR/outputs.json) wrote them
                    (default: the stack that is selected in the Pulumi CLI)
  --json            the last line of standard output is one JSON object with every check
  --help            this text
`;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): DoctorOptions {
  const given = readCommandLine(argv, {
    command: "npm run doctor",
    flags: ["json"],
    texts: { outputs: "outputs.json" },
  });
  return { help: given.has("help"), json: given.has("json"), outputs: given.text("outputs") };
}
