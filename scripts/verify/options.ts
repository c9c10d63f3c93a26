import { type Given, readCommandLine } from "../command-line.ts";

export type VerifyOptions = { help: boolean; json: boolean } & (
  | { kept: string }
  | { kept?: undefined; archive: string | undefined; outputs: string | undefined }
);

export const HELP = `Usage: npm run verify -- [options]

Reads an archive, changes nothing, and says what does not agree: intervals that count as read and
that their stored pages do not prove; delivered items that cannot be made again from their raw page,
byte for byte (SHA-256); media whose bytes are not those of their record; posts of an answered window
that were not handed over and do not wait. Ends with 0 only if nothing was found.

  --archive URL     the blob container (default: the stack's output archiveUrl)
  --outputs FILE    the stack's outputs, as "pulumi stack output --json" or
                    "npm run local -- --keep DIR" (DIR/outputs.json) wrote them
                    (default: asks the Pulumi CLI for those of the selected stack)
  --kept DIR        what "npm run local -- --once --keep DIR" left behind
  --json            the last line of standard output is one JSON object with every check
  --help            this text

You are known by your az login (or by any other way of DefaultAzureCredential), and need the role
Storage Blob Data Reader on the container. With the network private-backend the archive can be read
from inside its virtual network only.
`;

const SYNTAX = {
  command: "npm run verify",
  flags: ["json"],
  texts: {
    archive: "https://ACCOUNT.blob.core.windows.net/archive",
    outputs: "outputs.json",
    kept: "DIR",
  },
} as const;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): VerifyOptions {
  const given = readCommandLine(argv, SYNTAX, problemsOf);
  const common = { help: given.has("help"), json: given.has("json") };
  const kept = given.text("kept");
  return kept === undefined
    ? { ...common, archive: given.text("archive"), outputs: given.text("outputs") }
    : { ...common, kept };
}

function problemsOf(
  given: Given<(typeof SYNTAX.flags)[number], keyof typeof SYNTAX.texts>,
): string[] {
  const archive = given.text("archive");
  const places = [archive, given.text("outputs"), given.text("kept")];
  return [
    ...(places.filter((place) => place !== undefined).length > 1
      ? ["Which archive? Write one of --archive URL, --outputs FILE and --kept DIR."]
      : []),
    ...(archive === undefined || URL.parse(archive)?.protocol === "https:"
      ? []
      : [`--archive ${archive} is not an https address: write ${SYNTAX.texts.archive}.`]),
  ];
}
