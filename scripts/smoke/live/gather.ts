import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { EventName } from "../../../app/events.ts";
import type { Finding } from "../../checks/check.ts";
import { MendableError } from "../../checks/check.ts";
import type { Az } from "../../doctor/az.ts";
import type { StackOutputs } from "../../stack/outputs.ts";
import { openArchive } from "../../verify/open-archive.ts";
import { answerQuestions } from "./answers.ts";
import { type LogLine, readLog } from "./read-log.ts";
import { reportToMarkdown } from "./report.ts";
import { readTasks, type SeenTask } from "./read-tasks.ts";

export type ReportOptions = {
  /** Where the report is written to. */
  file: string;
  /** A log of the connector; undefined: its workspace is asked. */
  logFile: string | undefined;
  /** Of the stack; undefined: the selected one. */
  outputsFile: string | undefined;
  az: Az;
  outputs: StackOutputs;
  findings: readonly Finding[];
};

const EVENTS = [
  "connector.started",
  "connector.stopping",
  "connector.stopped",
  "platform.called",
  "platform.refused",
  "validate.failed",
  "validate.consent-missing",
  "task.accepted",
  "task.delivered",
  "task.failed",
  "delivery.over-daily-limit",
  "entra.refused",
  "x.vocabulary-changed",
] as const satisfies EventName[];
const QUERY = [
  "AppServiceConsoleLogs",
  "| where TimeGenerated > ago(30d)",
  `| where tostring(parse_json(ResultDescription).event) in (${EVENTS.map((name) => `"${name}"`).join(", ")})`,
  "| project ResultDescription",
  "| take 100000",
].join("\n");
const LOG_API = "https://api.loganalytics.io";

/** Writes what was seen of docs/open-questions.md. @returns what could not be read for it. */
export async function writeReport(options: ReportOptions): Promise<string[]> {
  const { file, outputs, findings } = options;
  const missed: string[] = [];
  const missing = (what: string) => (error: unknown) => {
    missed.push(`${what}: ${error instanceof Error ? error.message : "cannot be read"}`);
    return [];
  };
  const log = await logOf(options).catch(missing("log"));
  const tasks = await tasksOf(options).catch(missing("archive"));
  const answers = answerQuestions({ log, tasks, findings, outputs });
  await writeFile(file, reportToMarkdown({ answers, findings, version: versionIn(log) }));
  return missed;
}

async function logOf({ logFile, az, outputs }: ReportOptions): Promise<LogLine[]> {
  if (logFile !== undefined) {
    return readLog(await readFile(logFile, "utf8"));
  }
  if (outputs.workspaceId === undefined) {
    throw new MendableError("the stack's outputs do not name its workspace", "--log FILE");
  }
  const address = `${LOG_API}/v1${outputs.workspaceId}/query`;
  const said = await az.ask(address, { query: QUERY }, z.unknown(), LOG_API);
  return readLog(JSON.stringify(said ?? {}));
}

async function tasksOf({ outputsFile }: ReportOptions): Promise<SeenTask[]> {
  await using archive = await openArchive({ outputs: outputsFile });
  return await readTasks(archive.store);
}

function versionIn(log: readonly LogLine[]): string {
  const said = log.findLast(({ event }) => event === "connector.started")?.version ?? "";
  return /^\d+\.\d+\.\d+$/.exec(said)?.[0] ?? "unknown";
}
