import type { Finding } from "../../checks/check.ts";
import { OWN_HEADER } from "../../site/site.ts";
import type { StackOutputs } from "../../stack/outputs.ts";
import { knownHeaders, knownMembers, knownPaths, knownQueries } from "./known-names.ts";
import type { LogLine } from "./read-log.ts";
import type { SeenTask } from "./read-tasks.ts";

export type Sources = {
  log: readonly LogLine[];
  tasks: readonly SeenTask[];
  findings: readonly Finding[];
  outputs: Pick<StackOutputs, "packageUrl" | "evidenceAccess">;
};

/** A question of docs/open-questions.md, and what was seen; undefined: nothing that answers it. */
export type Answer = { question: string; seen: string | undefined };

/**
 * What log and archive say of the questions that only a live tenant answers. Texts of theirs are never
 * repeated, but for words that are known here: the rest is counted and measured.
 */
export function answerQuestions(sources: Sources): Answer[] {
  const { log, tasks, findings, outputs } = sources;
  const of = (event: string) => log.filter((line) => line.event === event);
  const calls = of("platform.called").filter(({ headers = "" }) => !headers.includes(OWN_HEADER));
  const asked = of("task.accepted");
  return [
    ["Which authentication for which call", authentications(calls)],
    ["Names of members and queries, their case", spellings(calls, asked)],
    ["How long windows are, in which order, overlapping", windows(tasks)],
    ["Whether a window may end in the future", future(asked)],
    ["Permissions of the SAS, and its lifetime", sas(asked)],
    ["What it does after TemporaryFailure", afterFailure(of("task.failed"), asked, tasks)],
    ["Whether it takes a completion twice", completions(of)],
    [
      "Limit of a completion's size",
      counted(statuses(of("platform.refused")).get("413"), "answers 413"),
    ],
    ["200,000 items a day: per tenant or job, which day", limits(of)],
    ["Whether consent comes before or after Validate", consent(of, calls)],
    ["A package by address and user-assigned identity on Linux", packageRuns(findings, outputs)],
    ["Whether a federated credential serves the Import service", entra(of)],
    ["Put Blob with `blobs/add/action` alone", createOnly(findings, outputs)],
    ["Signals that a site gets, and how long it may stop", signals(of)],
    [
      "Which names of fields it takes",
      counted(of("x.vocabulary-changed").length, "times the names had to be changed"),
    ],
  ].map(([question = "", seen]) => ({ question, seen }));
}

type Of = (event: string) => LogLine[];

function authentications(calls: readonly LogLine[]): string | undefined {
  const kinds = new Map<string, Set<string>>();
  for (const { method = "", path = "", authentication = "" } of calls) {
    const call = knownPaths(`${method} ${path}`);
    const kind = /^(?:Basic|Entra token, version [12])$/.exec(authentication)?.[0];
    if (call !== undefined && kind !== undefined) {
      kinds.set(call, (kinds.get(call) ?? new Set()).add(kind));
    }
  }
  return listed([...kinds].map(([call, seen]) => `${call}: ${[...seen].toSorted().join(" and ")}`));
}

function spellings(calls: readonly LogLine[], asked: readonly LogLine[]): string | undefined {
  const parts = [
    ["headers", knownHeaders(calls.map(({ headers = "" }) => headers))],
    ["queries", knownQueries(calls.map(({ queries = "" }) => queries))],
    ["members", knownMembers(asked.map(({ members = "" }) => members))],
  ] as const;
  return listed(
    parts.flatMap(([what, { names, others }]) => [
      ...(names.length > 0 ? [`${what}: ${names.join(", ")}`] : []),
      ...(others > 0 ? [`${others} other names of ${what} (see event platform.called)`] : []),
    ]),
  );
}

/** Windows of one job, in the order in which they were asked for. */
function windows(tasks: readonly SeenTask[]): string | undefined {
  const steps = [...Map.groupBy(tasks, ({ jobId }) => jobId).values()].flatMap((ofJob) =>
    ofJob.slice(1).map((task, nth) => [ofJob[nth]?.window ?? task.window, task.window] as const),
  );
  const count = (is: (before: SeenTask["window"], after: SeenTask["window"]) => boolean) =>
    steps.filter(([before, after]) => is(before, after)).length;
  return tasks.length === 0
    ? undefined
    : [
        `${tasks.length} windows, ${range(
          tasks.map(({ window }) => hours(window.start, window.end)),
          "hours",
        )}`,
        `${count((before, after) => after.start >= before.end)} of ${steps.length} follow the one before`,
        `${count((before, after) => after.start === before.end)} at once`,
        `${count((before, after) => after.end <= before.start)} go back in time`,
        `${count((before, after) => after.start < before.end && before.start < after.end)} overlap with it`,
      ].join("; ");
}

function future(asked: readonly LogLine[]): string | undefined {
  const ahead = asked.filter(
    ({ time, windowEnd = time }) => Date.parse(windowEnd) > Date.parse(time),
  );
  return asked.length === 0
    ? undefined
    : `${ahead.length} of ${asked.length} requests came before the end of their window`;
}

function sas(asked: readonly LogLine[]): string | undefined {
  const allowed = asked.flatMap(
    ({ sasAllows }) => /^[a-z]{1,16}$/.exec(sasAllows ?? "")?.[0] ?? [],
  );
  const lifetimes = asked.flatMap(({ time, sasExpires }) =>
    sasExpires === undefined ? [] : [hours(time, sasExpires)],
  );
  return listed([
    ...(allowed.length > 0 ? [`sp=${[...new Set(allowed)].toSorted().join(", sp=")}`] : []),
    ...(lifetimes.length > 0 ? [`good for ${range(lifetimes, "hours")}`] : []),
  ]);
}

function afterFailure(
  failures: readonly LogLine[],
  asked: readonly LogLine[],
  tasks: readonly SeenTask[],
): string | undefined {
  const again = failures.flatMap((failure) =>
    asked
      .filter(
        (one) =>
          Date.parse(one.time) > Date.parse(failure.time) &&
          one.jobId === failure.jobId &&
          one.windowStart === failure.windowStart &&
          one.windowEnd === failure.windowEnd,
      )
      .slice(0, 1)
      .map((one) => ({ failure, one })),
  );
  const repeated = tasks.filter((task) => task.asked > 1).length;
  const same = again.filter(({ failure, one }) => failure.taskId === one.taskId).length;
  return failures.length === 0 && repeated === 0
    ? undefined
    : listed([
        `${failures.length} tasks failed; ${again.length} windows were asked for again, ${same} of them under the same task id`,
        ...(again.length > 0
          ? [
              `after ${range(
                again.map(({ failure, one }) => hours(failure.time, one.time)),
                "hours",
              )}`,
            ]
          : []),
        `${repeated} of ${tasks.length} tasks were asked for more than once`,
      ]);
}

function completions(of: Of): string | undefined {
  const delivered = of("task.delivered").length;
  const refused = [...statuses(of("platform.refused"))].map(
    ([status, times]) => `${status} (${times})`,
  );
  const said = [
    ...(delivered > 0 ? [`${delivered} completions were taken`] : []),
    ...(refused.length > 0 ? [`refused with ${refused.join(", ")}`] : []),
  ];
  return listed(said);
}

function limits(of: Of): string | undefined {
  const reached = of("delivery.over-daily-limit").length;
  return counted(reached, "times the day's limit was reached");
}

function consent(of: Of, calls: readonly LogLine[]): string | undefined {
  const without = of("validate.consent-missing").length;
  const validated = calls.some(({ path }) => path === "/setup/validate");
  return validated || without > 0 ? `${without} times Validate came before the consent` : undefined;
}

function packageRuns(findings: readonly Finding[], { packageUrl }: Sources["outputs"]) {
  const runs = resultOf(findings, "Package");
  const way = packageUrl === null || packageUrl === undefined ? "push" : "url";
  return runs === undefined
    ? undefined
    : `packageDelivery ${way}: ${runs === "ok" ? "runs" : "does not run"}`;
}

function entra(of: Of): string | undefined {
  const refusals = of("entra.refused");
  const codes = refusals.flatMap(({ code }) => /^AADSTS\d{4,7}$/.exec(String(code))?.[0] ?? []);
  const delivered = of("task.delivered").length;
  return refusals.length + delivered === 0
    ? undefined
    : listed([
        `${delivered} completions went through`,
        `${refusals.length} refusals of Entra${codes.length > 0 ? `: ${[...new Set(codes)].toSorted().join(", ")}` : ""}`,
      ]);
}

function createOnly(findings: readonly Finding[], { evidenceAccess }: Sources["outputs"]) {
  const result = resultOf(findings, "Evidence");
  return evidenceAccess === "create-only" && result !== undefined
    ? result === "ok"
      ? "creates, and is refused where the blob is there"
      : "does not: see the check Evidence"
    : undefined;
}

function signals(of: Of): string | undefined {
  const [starts, stops] = [of("connector.started").length, of("connector.stopping").length];
  const took = of("connector.stopping").flatMap(({ time }) => {
    const stopped = of("connector.stopped").find((one) => Date.parse(one.time) >= Date.parse(time));
    return stopped ? [(Date.parse(stopped.time) - Date.parse(time)) / 1000] : [];
  });
  return starts + stops === 0
    ? undefined
    : listed([
        `${starts} starts, ${stops} stops that were announced`,
        ...(took.length > 0 ? [`stopped within ${range(took, "seconds")}`] : []),
      ]);
}

/** How often each HTTP status was answered. */
function statuses(lines: readonly LogLine[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of lines) {
    if (status !== undefined && status >= 100 && status < 600) {
      counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
    }
  }
  return counts;
}

function resultOf(findings: readonly Finding[], name: string) {
  return findings.find(({ what }) => what === name)?.result;
}

function counted(times: number | undefined, what: string): string | undefined {
  return times === undefined || times === 0 ? undefined : `${times} ${what}`;
}

function listed(parts: readonly string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join("; ");
}

function hours(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 3_600_000;
}

function range(values: readonly number[], unit: string): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((one) =>
    Number(one.toFixed(2)),
  );
  return least === most ? `${least} ${unit}` : `${least} to ${most} ${unit}`;
}
