import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import { exitCodeOf, type Finding, type Result } from "./check.ts";

export type Report = {
  begin(what: string): void;
  end(finding: Finding): void;
};

const SIGNS = { ok: "✔", warning: "▲", failed: "✖", "not checked": "○" } as const;
const COLOURS = { ok: "green", warning: "yellow", failed: "red", "not checked": "yellow" } as const;
const WHAT_WIDTH = 24;
const RESULT_WIDTH = 11;

/** One line for each check when it ends. On a terminal, also the running check, and coloured signs. */
export function createReport(stream: NodeJS.WritableStream & { isTTY?: boolean }): Report {
  const running = stream.isTTY ? createLogUpdate(stream, { showCursor: true }) : undefined;
  return {
    begin: (what) => running?.(`… ${what}`),
    end(finding) {
      running?.clear();
      stream.write(describe(finding, running ? signOf : wordOf));
    },
  };
}

/**
 * Runs a script of checks: its report goes to standard output, or to standard error where that is
 * for `json`, one object on one line. The process will end with 1 if anything failed.
 */
export async function runReported(
  { json }: { json: boolean },
  run: (report: Report) => Promise<Finding[]>,
): Promise<void> {
  const stream = json ? process.stderr : process.stdout;
  const checks = await run(createReport(stream));
  stream.write(`\n${conclude(checks)}\n`);
  process.exitCode = exitCodeOf(checks);
  if (json) {
    const result = process.exitCode === 0 ? "ok" : "failed";
    process.stdout.write(`${JSON.stringify({ result, checks })}\n`);
  }
}

function describe({ what, result, detail, remedy }: Finding, mark: (result: Result) => string) {
  const head = `${mark(result)} ${what.padEnd(WHAT_WIDTH)} `;
  const indent = "\n    ";
  const said = detail.replaceAll("\n", indent);
  const remedied =
    remedy === undefined ? "" : `${indent}Remedy: ${remedy.replaceAll("\n", indent)}`;
  return `${head}${said}${remedied}\n`;
}

function wordOf(result: Result): string {
  return result.padEnd(RESULT_WIDTH);
}

function signOf(result: Result): string {
  return styleText(COLOURS[result], SIGNS[result], { validateStream: false });
}

function conclude(findings: readonly Finding[]): string {
  const count = (result: Result) => findings.filter((each) => each.result === result).length;
  const rest = [
    [count("warning"), "to be thought over."] as const,
    [count("not checked"), "could not be checked."] as const,
  ].reduce((said, [some, what]) => (some > 0 ? `${said} ${some} ${what}` : said), "");
  const wrong = count("failed");
  return wrong === 0
    ? `${count("ok")} of ${findings.length} are ok.${rest}`
    : `${wrong} of ${findings.length} failed.${rest}`;
}
