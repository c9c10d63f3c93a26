import { type Given, readCommandLine } from "../command-line.ts";

export type VerifyOptions = { help: boolean; json: boolean } & (
  | { archive: string; kept?: undefined }
  | { kept: string; archive?: undefined }
);

export const HELP = `Usage: npm run verify -- --archive URL | --kept DIR [options]

Reads an archive, changes nothing, and says what does not agree: intervals that count as read and
that their stored pages do not prove; delivered items that cannot be made again from their raw page,
byte for byte (SHA-256); media whose bytes are not those of their record; posts of an answered window
that were not handed over and do not wait. Ends with 0 only if nothing was found.

  --archive URL     the blob container, https://ACCOUNT.blob.core.windows.net/archive; you need the
                    role Storage Blob Data Reader on it, and to be signed in (az login)
  --kept DIR        what "npm run local -- --once --keep DIR" left behind
  --json            the last line of standard output is one JSON object with every check
  --help            this text
`;

const SYNTAX = {
  command: "npm run verify",
  flags: ["json"],
  texts: { archive: "https://ACCOUNT.blob.core.windows.net/archive", kept: "DIR" },
} as const;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): VerifyOptions {
  const given = readCommandLine(argv, SYNTAX, problemsOf);
  const common = { help: given.has("help"), json: given.has("json") };
  const kept = given.text("kept");
  return kept === undefined
    ? { ...common, archive: given.text("archive") ?? "" }
    : { ...common, kept };
}

function problemsOf(
  given: Given<(typeof SYNTAX.flags)[number], keyof typeof SYNTAX.texts>,
): string[] {
  const archive = given.text("archive");
  const isOne = (archive === undefined) !== (given.text("kept") === undefined);
  return [
    ...(isOne || given.has("help")
      ? []
      : ["Which archive? Write --archive URL, or --kept DIR, and not both."]),
    ...(archive === undefined || URL.parse(archive)?.protocol === "https:"
      ? []
      : [`--archive ${archive} is not an https address: write ${SYNTAX.texts.archive}.`]),
  ];
}
