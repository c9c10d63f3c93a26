import { extname } from "node:path";
import { readCommandLine } from "../command-line.ts";

export type HandoffOptions = {
  help: boolean;
  showSecrets: boolean;
  outputs: string | undefined;
  sheet: { file: string; format: "html" | "markdown" } | undefined;
};

export const HELP = `Usage: npm run handoff -- [options]

Says what to enter at X's developer portal and in the Microsoft Purview compliance portal, in their
own labels and order, from the stack's outputs.

  --show-secrets    shows the Password too
  --sheet FILE      writes a sheet for the compliance administrator, without the Password: FILE.html
                    or FILE.md
  --outputs FILE    the stack's outputs, as "pulumi stack output --json --show-secrets" or
                    "npm run local -- --keep DIR" (DIR/outputs.json) wrote them
                    (default: asks the Pulumi CLI for those of the selected stack)
  --help            this text
`;

const FORMATS = { ".html": "html", ".htm": "html", ".md": "markdown" } as const;

/** Throws one Error that names every wrong option and its remedy. */
export function parseOptions(argv: readonly string[]): HandoffOptions {
  const given = readCommandLine(
    argv,
    {
      command: "npm run handoff",
      flags: ["show-secrets"],
      texts: { sheet: "connector.html", outputs: "outputs.json" },
    },
    (line) => sheetProblems(line.text("sheet")),
  );
  const file = given.text("sheet");
  const format = file === undefined ? undefined : formatOf(file);
  return {
    help: given.has("help"),
    showSecrets: given.has("show-secrets"),
    outputs: given.text("outputs"),
    sheet: file === undefined || format === undefined ? undefined : { file, format },
  };
}

function sheetProblems(file: string | undefined): string[] {
  return file === undefined || formatOf(file) !== undefined
    ? []
    : [`--sheet ${file} is neither a page nor Markdown: write FILE.html, or FILE.md.`];
}

function formatOf(file: string): "html" | "markdown" | undefined {
  const extension = extname(file).toLowerCase();
  return extension === ".html" || extension === ".htm" || extension === ".md"
    ? FORMATS[extension]
    : undefined;
}
