import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../checks/check.ts";
import { answerQuestions, type Sources } from "./answers.ts";
import { readLog } from "./read-log.ts";
import { reportToMarkdown } from "./report.ts";
import type { SeenTask } from "./read-tasks.ts";

const SECRET = "SECRET-7f3a";
const DAY = "2026-06-01";
const at = (clock: string) => `${DAY}T${clock}:00.000Z`;
const line = (clock: string, event: string, more: object = {}) =>
  JSON.stringify({ level: "info", time: at(clock), event, ...more });
const window = (from: string, to: string) => ({
  windowStart: `${DAY}T${from}:00Z`,
  windowEnd: `${DAY}T${to}:00Z`,
});

const HEADERS = "authorization, host, user-agent, x-contoso-waf, x-ms-client-request-id";
const LOG = [
  line("10:00", "connector.started", { version: "1.2.3" }),
  line("10:01", "platform.called", {
    method: "GET",
    path: "/setup/validate",
    authentication: "Basic",
    headers: HEADERS,
    queries: "",
  }),
  line("10:01", "validate.consent-missing"),
  line("10:01", "platform.called", {
    method: "GET",
    path: "/setup/validate",
    authentication: "Entra token, version 2",
    headers: "host, x-connector-script, x-of-a-script-of-ours",
    queries: "",
  }),
  line("10:02", "platform.called", {
    method: "POST",
    path: "/data/ondownloadrequest",
    authentication: "Entra token, version 1",
    headers: HEADERS,
    queries: "JobId, ContosoCase",
  }),
  line("10:02", "task.accepted", {
    jobId: "j1",
    taskId: "t1",
    ...window("00:00", "06:00"),
    sasExpires: `${DAY}T12:02:00.000Z`,
    sasAllows: "cw",
    members: "BlobSasUri, EndTime, Extra, JobId, startTime",
  }),
  line("10:03", "platform.refused", { status: 500 }),
  line("10:04", "task.failed", { jobId: "j1", taskId: "t1", ...window("00:00", "06:00") }),
  line("10:34", "task.accepted", {
    jobId: "j1",
    taskId: "t2",
    ...window("00:00", "06:00"),
    sasExpires: `${DAY}T12:34:00.000Z`,
    sasAllows: "w",
    members: "JobId",
  }),
  line("10:35", "task.delivered", { jobId: "j1", taskId: "t2", items: 7 }),
  line("10:36", "task.accepted", { jobId: "j1", taskId: "t3", ...window("06:00", "12:00") }),
  line("10:37", "entra.refused", { code: "AADSTS500011" }),
  line("11:00", "connector.stopping"),
  `${DAY} some line that is none of the connector's`,
  JSON.stringify({ level: "info", time: `${DAY}T11:00:04.000Z`, event: "connector.stopped" }),
].join("\n");

const task = (
  taskId: string,
  from: string,
  to: string,
  more: Partial<SeenTask> = {},
): SeenTask => ({
  jobId: "j1",
  taskId,
  window: { start: `${DAY}T${from}:00Z`, end: `${DAY}T${to}:00Z` },
  acceptedAt: at("10:00"),
  state: "delivered",
  asked: 1,
  ...more,
});
const FINDINGS: Finding[] = [
  { what: "Package", result: "ok", detail: SECRET },
  { what: "Evidence", result: "ok", detail: SECRET },
];
const SOURCES: Sources = {
  log: readLog(LOG),
  tasks: [
    task("t1", "00:00", "06:00", { asked: 2 }),
    task("t2", "06:00", "12:00"),
    task("t3", "09:00", "12:00"),
    { ...task("t4", "00:00", "01:00"), jobId: "j2" },
  ],
  findings: FINDINGS,
  outputs: { packageUrl: `https://${SECRET}.example/x.zip`, evidenceAccess: "create-only" },
};
const seen = (sources: Sources = SOURCES) =>
  Object.fromEntries(answerQuestions(sources).map((one) => [one.question, one.seen]));

it("answers what log, archive and checks say", () => {
  expect(seen()).toEqual({
    "Which authentication for which call":
      "GET /setup/validate: Basic; POST /data/ondownloadrequest: Entra token, version 1",
    "Names of members and queries, their case":
      "headers: authorization, host, user-agent, x-ms-client-request-id; " +
      "1 other names of headers (see event platform.called); queries: JobId; " +
      "1 other names of queries (see event platform.called); members: BlobSasUri, EndTime, JobId, startTime; " +
      "1 other names of members (see event platform.called)",
    "How long windows are, in which order, overlapping":
      "4 windows, 1 to 6 hours; 1 of 2 follow the one before; 1 at once; 0 go back in time; 1 overlap with it",
    "Whether a window may end in the future": "1 of 3 requests came before the end of their window",
    "Permissions of the SAS, and its lifetime": "sp=cw, sp=w; good for 2 hours",
    "What it does after TemporaryFailure":
      "1 tasks failed; 1 windows were asked for again, 0 of them under the same task id; after 0.5 hours; " +
      "1 of 4 tasks were asked for more than once",
    "Whether it takes a completion twice": "1 completions were taken; refused with 500 (1)",
    "Limit of a completion's size": undefined,
    "200,000 items a day: per tenant or job, which day": undefined,
    "Whether consent comes before or after Validate": "1 times Validate came before the consent",
    "A package by address and user-assigned identity on Linux": "packageDelivery url: runs",
    "Whether a federated credential serves the Import service":
      "1 completions went through; 1 refusals of Entra: AADSTS500011",
    "Put Blob with `blobs/add/action` alone": "creates, and is refused where the blob is there",
    "Signals that a site gets, and how long it may stop":
      "1 starts, 1 stops that were announced; stopped within 4 seconds",
    "Which names of fields it takes": undefined,
  });
});

it("says nothing where nothing was seen", () => {
  const empty = seen({ log: [], tasks: [], findings: [], outputs: {} });
  expect(Object.values(empty).filter((one) => one !== undefined)).toEqual([]);
});

it("answers questions that docs/open-questions.md asks, in its words", () => {
  const page = readFileSync(new URL("../../../docs/open-questions.md", import.meta.url), "utf8");
  const asked = new Set([...page.matchAll(/^\| (.+?) +\|/gm)].map(([, question]) => question));
  expect(Object.keys(seen()).filter((question) => !asked.has(question))).toEqual([]);
});

it("reads a log as Log Analytics answers it, and as it exports it", () => {
  const lines = LOG.split("\n");
  const answer = { tables: [{ columns: [{ name: "R" }], rows: lines.map((one) => [one]) }] };
  const exported = lines.map((one) => ({ ResultDescription: one, TableName: "PrimaryResult" }));
  expect(readLog(JSON.stringify(answer))).toEqual(readLog(LOG));
  expect(readLog(JSON.stringify(exported))).toEqual(readLog(LOG));
  expect(readLog(lines[0] ?? "")).toHaveLength(1);
});

describe("the report", () => {
  const write = (sources: Sources) =>
    reportToMarkdown({
      answers: answerQuestions(sources),
      findings: sources.findings,
      version: "1.2.3",
    });

  it("repeats no text of log, archive or checks that is not known here", () => {
    const hostile = (value: unknown): unknown =>
      typeof value === "string" ? `${value} ${SECRET}` : value;
    const poisoned = SOURCES.log.map(
      ({ time, event, windowStart, windowEnd, sasExpires, ...rest }) => ({
        time,
        event,
        ...(windowStart !== undefined && { windowStart }),
        ...(windowEnd !== undefined && { windowEnd }),
        ...(sasExpires !== undefined && { sasExpires }),
        ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, hostile(value)])),
      }),
    );
    const report = write({
      ...SOURCES,
      log: poisoned,
      tasks: SOURCES.tasks.map((one) => ({ ...one, jobId: SECRET, taskId: SECRET, state: SECRET })),
    });
    expect(report).not.toContain(SECRET);
    expect(report).not.toMatch(/contoso|t1|j1/i);
  });

  it.each([
    "authentication",
    "headers",
    "queries",
    "members",
    "sasAllows",
    "code",
    "path",
    "method",
  ])("takes nothing else for a known word: %s", (member) => {
    for (const value of [SECRET, `Basic ${SECRET}`, `host, ${SECRET}`, `AADSTS500011 ${SECRET}`]) {
      const log = SOURCES.log.map((one) => ({ ...one, [member]: value }));
      expect(write({ ...SOURCES, log })).not.toContain(SECRET);
    }
  });

  it("shows how each check ended, and none of its words", () => {
    const report = write(SOURCES);
    expect(report).toContain("| Package | ok |");
    expect(report).toContain("| Limit of a completion's size | nothing that says so |");
    expect(report).not.toContain(SECRET);
  });
});
