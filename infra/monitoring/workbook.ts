import { APP_LOG, eventsNamed, isEvent, listOf, within } from "./kql.ts";

/** A panel of the workbook: title, query, and form of the result. */
export type Panel = {
  title: string;
  query: string;
  visualization: "tiles" | "table" | "barchart" | "timechart";
  /** Percentage of the page's width. */
  width: 50 | 100;
};

const DELIVERED = isEvent("task.delivered");
const CAPTURED = isEvent("capture.completed");
const GAP = isEvent("gap.recorded");
const ACCEPTED = isEvent("task.accepted");

const NUMBERS: Panel = {
  title: "Totals",
  visualization: "tiles",
  width: 100,
  query: [
    eventsNamed(["task.delivered", "capture.completed", "gap.recorded"]),
    `| summarize items = sumif(tolong(log.items), ${DELIVERED}), windows = countif(${DELIVERED}),`,
    `    posts = sumif(tolong(log.posts), ${CAPTURED}), gaps = countif(${GAP})`,
    '| extend pairs = bag_pack("Items delivered", items, "Windows delivered", windows,',
    '    "Posts read from X", posts, "Gaps recorded", gaps)',
    "| mv-expand kind=array pairs",
    "| project Name = tostring(pairs[0]), Value = tolong(pairs[1])",
  ].join("\n"),
};

const ACCOUNTS: Panel = {
  title: "Accounts",
  visualization: "table",
  width: 100,
  query: [
    eventsNamed([
      "job.created",
      "job.signed-in-again",
      "job.token-accepted-again",
      "job.needs-sign-in",
      "job.deleted",
      "task.accepted",
      "task.delivered",
      "capture.completed",
      "gap.recorded",
    ]),
    "| extend windowEnd = todatetime(log.windowEnd)",
    `| summarize signedIn = maxif(TimeGenerated, event in (${listOf(["job.created", "job.signed-in-again", "job.token-accepted-again"])})),`,
    `    needsSignIn = maxif(TimeGenerated, ${isEvent("job.needs-sign-in")}),`,
    `    removed = countif(${isEvent("job.deleted")}),`,
    `    Account = take_anyif(tostring(log.accountId), isnotempty(log.accountId)),`,
    `    ["Captured until"] = maxif(windowEnd, ${CAPTURED}),`,
    `    ["Requested until"] = maxif(windowEnd, ${ACCEPTED}),`,
    `    ["Delivered until"] = maxif(windowEnd, ${DELIVERED}),`,
    `    Items = sumif(tolong(log.items), ${DELIVERED}), Gaps = countif(${GAP}) by Job = tostring(log.jobId)`,
    '| extend State = case(removed > 0, "removed", isnull(needsSignIn) or signedIn > needsSignIn, "signed in", "must sign in again")',
    '| project Job, Account, State, ["Captured until"], ["Requested until"], ["Delivered until"], Items, Gaps',
    "| order by Job asc",
  ].join("\n"),
};

const ITEMS: Panel = {
  title: "Items delivered, by hour",
  visualization: "barchart",
  width: 50,
  query: [
    eventsNamed(["task.delivered"]),
    "| summarize Items = sum(tolong(log.items)) by bin(TimeGenerated, 1h)",
  ].join("\n"),
};

const READS: Panel = {
  title: "Posts read from X, by day (X bills each one once)",
  visualization: "barchart",
  width: 50,
  query: [
    eventsNamed(["capture.completed"]),
    "| summarize Posts = sum(tolong(log.posts)) by bin(TimeGenerated, 1d)",
  ].join("\n"),
};

/** By day of the timeline, not of the capture: a day with fewer than 24 hours is not covered completely. */
const COVERAGE: Panel = {
  title: "Coverage: hours of each day that were captured completely, or are a gap",
  visualization: "barchart",
  width: 100,
  query: [
    eventsNamed(["capture.completed", "gap.recorded"]),
    "| extend windowStart = todatetime(log.windowStart), windowEnd = todatetime(log.windowEnd)",
    "| mv-expand day = range(startofday(windowStart), windowEnd, 1d) to typeof(datetime)",
    "| extend hours = (min_of(windowEnd, day + 1d) - max_of(windowStart, day)) / 1h",
    "| where hours > 0",
    `| summarize Read = sumif(hours, ${CAPTURED}), Gap = sumif(hours, ${GAP}) by day`,
    "| order by day asc",
  ].join("\n"),
};

const TASKS = [
  eventsNamed(["task.accepted", "task.delivered"]),
  `| summarize asked = minif(TimeGenerated, ${ACCEPTED}), delivered = maxif(TimeGenerated, ${DELIVERED}),`,
  "    windowEnd = take_any(todatetime(log.windowEnd)) by taskId = tostring(log.taskId)",
  "| where isnotnull(delivered)",
].join("\n");

/** Windows of the history are requested long after their end, and would hide the others. */
const LAG: Panel = {
  title:
    "Lag: minutes from the end of a window to its delivery (windows requested within two days)",
  visualization: "timechart",
  width: 50,
  query: [
    TASKS,
    "| where windowEnd > coalesce(asked, delivered) - 2d",
    "| extend minutes = (delivered - windowEnd) / 1m",
    "| summarize Median = percentile(minutes, 50), Slowest = max(minutes) by bin(delivered, 1h)",
  ].join("\n"),
};

const WORK: Panel = {
  title: "Duration: minutes from the request of a window to its delivery",
  visualization: "timechart",
  width: 50,
  query: [
    TASKS,
    "| where isnotnull(asked)",
    "| extend minutes = (delivered - asked) / 1m",
    "| summarize Median = percentile(minutes, 50), Slowest = max(minutes) by bin(delivered, 1h)",
  ].join("\n"),
};

const WAITING: Panel = {
  title: "Requested windows that are not delivered yet",
  visualization: "table",
  width: 100,
  query: [
    eventsNamed(["task.accepted", "task.waiting", "task.delivered", "task.failed"]),
    `| summarize done = countif(event in (${listOf(["task.delivered", "task.failed"])})), Requested = min(TimeGenerated),`,
    '    ["Window start"] = take_anyif(tostring(log.windowStart), isnotempty(log.windowStart)),',
    '    ["Window end"] = take_anyif(tostring(log.windowEnd), isnotempty(log.windowEnd)),',
    "    arg_max(TimeGenerated, log) by Job = tostring(log.jobId), Task = tostring(log.taskId)",
    "| where done == 0",
    '| project Requested, Job, Task, ["Window start"], ["Window end"], ["Waits for"] = tostring(log.error), ["Next retry"] = tostring(log.retryAt)',
    "| order by Requested asc",
  ].join("\n"),
};

const PROBLEMS: Panel = {
  title: "Problems, newest first",
  visualization: "table",
  width: 100,
  query: [
    APP_LOG,
    '| where tostring(log.level) in ("warn", "error")',
    "| top 200 by TimeGenerated desc",
    "| project Time = TimeGenerated, Level = tostring(log.level), Event = event, Job = tostring(log.jobId), Task = tostring(log.taskId),",
    "    Code = tostring(log.code), What = coalesce(tostring(log.error), tostring(log.reason), tostring(log.detail))",
  ].join("\n"),
};

export const PANELS: Panel[] = [
  NUMBERS,
  ACCOUNTS,
  ITEMS,
  READS,
  COVERAGE,
  LAG,
  WORK,
  WAITING,
  PROBLEMS,
];

const WORKSPACES = "microsoft.operationalinsights/workspaces";
const DAY_MS = 24 * 60 * 60 * 1000;
const TIME_RANGE = "TimeRange";

/** The workbook as Azure stores it, on one workspace's logs. */
export function workbookOver(
  workspaceId: string,
  groupIds: readonly string[] = [],
): Record<string, unknown> {
  return {
    version: "Notebook/1.0",
    items: [
      { type: 1, content: { json: INTRODUCTION }, name: "introduction" },
      timeRange(),
      ...PANELS.map((panel) => {
        const query = groupIds.length > 0 ? within(panel.query, groupIds) : panel.query;
        return queryItem({ ...panel, query }, workspaceId);
      }),
    ],
    fallbackResourceIds: [workspaceId],
    $schema:
      "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
  };
}

const INTRODUCTION = [
  "# Twitter (X) connector",
  "What was captured from X, what was delivered to Microsoft 365, and which problems occurred. All times " +
    "are UTC. The connector's status page shows all intervals and gaps of each account.",
].join("\n\n");

function timeRange(): Record<string, unknown> {
  return {
    type: 9,
    content: {
      version: "KqlParameterItem/1.0",
      style: "pills",
      queryType: 0,
      resourceType: WORKSPACES,
      parameters: [
        {
          id: "5f2b0f0e-6c43-4f0b-9c51-6b7a1d0c9a77",
          version: "KqlParameterItem/1.0",
          name: TIME_RANGE,
          label: "Time",
          type: 4,
          isRequired: true,
          value: { durationMs: 7 * DAY_MS },
          typeSettings: {
            selectableValues: [1, 7, 30, 90].map((days) => ({ durationMs: days * DAY_MS })),
            allowCustom: true,
          },
        },
      ],
    },
    name: "time",
  };
}

function queryItem(
  { title, query, visualization, width }: Panel,
  workspaceId: string,
): Record<string, unknown> {
  return {
    type: 3,
    content: {
      version: "KqlItem/1.0",
      query,
      size: 0,
      title,
      timeContextFromParameter: TIME_RANGE,
      queryType: 0,
      resourceType: WORKSPACES,
      crossComponentResources: [workspaceId],
      visualization,
      ...(visualization === "tiles" && { tileSettings: TILES }),
    },
    customWidth: String(width),
    name: title,
  };
}

/** The name, with its number in large type below. */
const TILES = {
  titleContent: { columnMatch: "Name", formatter: 1 },
  leftContent: {
    columnMatch: "Value",
    formatter: 12,
    numberFormat: { unit: 0, options: { style: "decimal" } },
  },
  showBorder: true,
};
