import type { Finding } from "../../checks/check.ts";
import type { Answer } from "./answers.ts";

const NOTHING = "nothing that says so";

/** A page that may be posted: answers, and how each check ended, without its words. */
export function reportToMarkdown({
  answers,
  findings,
  version,
}: {
  answers: readonly Answer[];
  findings: readonly Finding[];
  version: string;
}): string {
  return [
    "# What a deployment of the connector has shown",
    "",
    `Version ${version}. Counts, times and known words alone: no name, id, address or secret.`,
    "",
    "| Question of docs/open-questions.md | Seen |",
    "| --- | --- |",
    ...answers.map(({ question, seen = NOTHING }) => `| ${question} | ${seen} |`),
    "",
    "| Check of npm run smoke | Result |",
    "| --- | --- |",
    ...findings.map(({ what, result }) => `| ${what} | ${result} |`),
    "",
  ].join("\n");
}
