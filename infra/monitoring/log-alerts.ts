import type { EventName } from "../../app/events.ts";
import { eventsNamed, isEvent, listOf, rowsOf } from "./kql.ts";

/**
 * 1: evidence is at risk, or nothing is delivered. 2: becomes 1 unless somebody acts. 3: worth a look,
 * not urgent.
 */
type Severity = 1 | 2 | 3;

/**
 * Periods that Azure accepts, except one minute: such rules cost most and do not allow `union`
 * (learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule).
 */
type Period = "PT5M" | "PT15M" | "PT30M" | "PT1H" | "PT2H" | "PT6H" | "P1D" | "P2D";

/** A rule on the workspace's logs: fires while its query returns more rows than the threshold. */
export type LogAlert = {
  name: string;
  title: string;
  severity: Severity;
  /** What happened, and what to do about it; part of the mail. */
  description: string;
  /** Events that make it fire or resolve it. */
  events: readonly EventName[];
  query: string;
  threshold: number;
  evaluationFrequency: Period;
  /** Period that the query covers; two days at most in Azure. */
  windowSize: Period;
  /** Over what the workspace itself says, whoever else uses it. */
  isOfWorkspace?: true;
};

type EventAlert = Pick<LogAlert, "name" | "title" | "severity" | "description" | "events"> &
  Partial<Pick<LogAlert, "threshold" | "evaluationFrequency" | "windowSize">> & {
    /** KQL after the events: rows that remain are counted. Default: one row for each event. */
    pipe?: string;
  };

/** How long a delivery or a request may be late before an alert fires. */
export type Patience = { hoursWithoutDelivery: number; daysWithoutRequest: number };

/** All alerts on logs. Azure bills each by how often it is evaluated. */
export function logAlerts({ hoursWithoutDelivery, daysWithoutRequest }: Patience): LogAlert[] {
  const overEvents = [
    undelivered(hoursWithoutDelivery),
    noRequests(daysWithoutRequest),
    ...EVENT_ALERTS,
  ].map(({ pipe, ...alert }): LogAlert => ({
    threshold: 0,
    evaluationFrequency: "PT15M",
    // Longer than the frequency, because log lines arrive late.
    windowSize: "PT1H",
    ...alert,
    query: [eventsNamed(alert.events), ...(pipe === undefined ? [] : [pipe])].join("\n"),
  }));
  return [
    ...overEvents,
    SECRET_EXPIRES,
    LOGS_CAPPED,
    EVIDENCE_CHANGED,
    PACKAGE_WRITTEN,
    PACKAGE_OVERWRITTEN,
  ];
}

/**
 * A waiting task logs `task.waiting` at every retry, at least once a day (app/outcomes.ts). So the query
 * sees it for as long as it waits, although it covers two days only.
 */
function undelivered(hours: number): EventAlert {
  const isDone = [isEvent("task.delivered"), isEvent("task.failed")].join(" or ");
  return {
    name: "undelivered",
    title: "Delivery is late",
    severity: 1,
    description:
      `Microsoft 365 requested posts more than ${hours} hours ago and has not received them. No ` +
      "post is lost: the connector retries until delivery succeeds. The status page shows what " +
      "each window waits for.",
    events: ["task.accepted", "task.waiting", "task.delivered", "task.failed"],
    pipe: [
      `| summarize asked = min(TimeGenerated), done = countif(${isDone}) by taskId = tostring(log.taskId)`,
      `| where done == 0 and asked < ago(${hours}h)`,
    ].join("\n"),
    evaluationFrequency: "PT1H",
    windowSize: "P2D",
  };
}

/**
 * Finds jobs with captures and without a request. Scheduled captures are minutes apart, so the first
 * one in view must be nearly as old as the period that the query covers; else the job is too new.
 */
function noRequests(days: number): EventAlert {
  const hours = days * 24 - 1;
  return {
    name: "no-requests",
    title: "Microsoft 365 sends no requests",
    severity: 2,
    description:
      `The connector captures an account, but for ${days === 1 ? "a day" : `${days} days`} ` +
      "Microsoft 365 has requested none of its posts, so none are imported. They stay in the " +
      "archive. Check in the compliance portal that the connector exists, is switched on and " +
      "shows no error. If it was deleted there on purpose, remove the account on the connector's " +
      "status page.",
    events: ["capture.completed", "task.accepted", "job.deleted"],
    pipe: [
      "| summarize since = min(TimeGenerated),",
      `    asked = countif(TimeGenerated > ago(${days}d) and (${isEvent("task.accepted")} or ${isEvent("job.deleted")})) by jobId = tostring(log.jobId)`,
      `| where asked == 0 and since < ago(${hours}h)`,
    ].join("\n"),
    evaluationFrequency: "PT1H",
    windowSize: "P2D",
  };
}

const EVENT_ALERTS: EventAlert[] = [
  {
    name: "platform-refuses",
    title: "Microsoft 365 rejects deliveries",
    severity: 1,
    description:
      "The Import service rejected a completion call, or Entra refused a token for it, so " +
      "delivered items are not imported. The connector repeats the call until it is accepted. " +
      "Check in the compliance portal that the connector exists and has this stack's Azure App " +
      "ID. Then run npm run doctor: it checks the app registration's credential.",
    events: ["platform.refused", "platform.completion-pending", "entra.refused"],
    // A pending completion is sent once an hour (app/outcomes.ts): one alert, not one each hour.
    windowSize: "PT2H",
  },
  {
    name: "sas-unusable",
    title: "Microsoft 365's upload address does not work",
    severity: 1,
    description:
      "The upload address (SAS) for a window has expired or was revoked. The connector waits one " +
      "hour for a new one, then reports a temporary failure so that Microsoft 365 requests the " +
      "window again. If this alert repeats, open a support case with Microsoft: the connector " +
      "cannot fix it.",
    events: ["sas.unusable"],
  },
  {
    name: "x-refuses",
    title: "X cannot be read",
    severity: 1,
    description:
      "X is unavailable, or refuses access: the account is suspended, the X developer app has " +
      "lost a permission, or X rejects the connector's requests because its API has changed. The " +
      "log line's reason quotes X. Check the account and the app's permissions at X, and whether " +
      "there is a newer version of the connector. Windows wait until X answers; captured posts " +
      "are kept.",
    events: ["x.forbidden", "x.unavailable", "x.request-rejected"],
    windowSize: "PT2H",
  },
  {
    name: "x-quota",
    title: "X credits or usage cap are used up",
    severity: 1,
    description:
      "X refuses reads because the credits are spent or the usage cap is reached. Buy credits or " +
      "raise the cap in the X developer console; capture then continues by itself. Act before " +
      "posts are older than the newest 3,200 that X gives.",
    events: ["x.credits-spent", "x.usage-capped"],
    // A task that waits for quota retries once an hour (app/outcomes.ts): one alert, not one each hour.
    windowSize: "PT2H",
  },
  {
    name: "budget-spent",
    title: "The reading budget is used up",
    severity: 2,
    description:
      "The connector has read as much from X as readsPerDay, readsPerMonth or the default budget " +
      "allows, or Microsoft 365 requested more unknown posts by id than the connector reads in a " +
      "day (manifests list them). Capture continues by itself on the next UTC day or month, or " +
      "within an hour after you raise readsPerDay or readsPerMonth. If nobody in your " +
      "organization caused these reads, change apiSecretKey.",
    events: ["x.budget-spent", "capture.ids-over-limit"],
    // Waiting work retries once an hour (app/capture/budget.ts): one alert, not one each hour.
    windowSize: "PT2H",
  },
  {
    name: "needs-sign-in",
    title: "An account must sign in again",
    severity: 1,
    description:
      "X no longer accepts an account's token, or the compliance portal requested a new sign-in. " +
      "Nothing is archived for this account until its owner signs in: in the compliance portal, " +
      "edit the connector and sign in. If X refused the token by mistake and accepts it again, " +
      "the connector continues by itself.",
    events: ["job.needs-sign-in", "job.signed-in-again", "job.token-accepted-again", "job.deleted"],
    pipe: [
      "| summarize arg_max(TimeGenerated, event) by jobId = tostring(log.jobId)",
      `| where ${isEvent("job.needs-sign-in")}`,
    ].join("\n"),
    windowSize: "P2D",
  },
  {
    name: "gap",
    title: "Posts could not be captured",
    severity: 1,
    description:
      "X does not give the posts of an interval, or contradicts itself about it, so the connector " +
      "recorded a gap. The status page shows the interval and the reason. Contradictory intervals " +
      "are read again automatically, first after 15 minutes, then less and less often. For other " +
      "gaps, somebody must decide where to get the posts: the account's owner can request an " +
      "archive of them from X.",
    events: ["gap.recorded"],
  },
  {
    name: "task-failed",
    title: "A window cannot be delivered",
    severity: 1,
    description:
      "A task failed permanently, or the queue held a message that is not the connector's. The " +
      "message is now in the poison queue. The table Problems in the workbook shows the reason. " +
      "Fix the cause, then run npm run requeue. If the upload address has expired, Microsoft 365 " +
      "must request the window again.",
    events: ["task.failed", "work.poisoned"],
  },
  {
    name: "crash-loop",
    title: "The connector keeps restarting",
    severity: 1,
    description:
      "An instance started several times within an hour without a regular stop, or failed to " +
      "start. The table Problems in the workbook shows the reason; otherwise read what was logged " +
      "before each start. To go back, check out the previous version and run npm run up.",
    events: ["connector.started", "connector.stopping", "connector.failed"],
    pipe: [
      // A deployment stops an instance before it starts it again; a crash does not. A stop may go
      // unlogged, so a few starts may be deployments.
      `| summarize starts = countif(${isEvent("connector.started")}), stops = countif(${isEvent("connector.stopping")}),`,
      `    failures = countif(${isEvent("connector.failed")}) by Host`,
      // By host: a long queue starts several instances.
      "| where starts - stops > 5 or failures > 3",
    ].join("\n"),
  },
  {
    name: "unexpected-answers",
    title: "X sends unexpected answers",
    severity: 2,
    description:
      "X left out fields or posts that the connector requested, or its pages do not connect. All " +
      "pages are stored as received. Whatever they do not prove is requested again, or becomes a " +
      "gap. If X no longer accepts the names of the requested fields, the connector uses X's " +
      "other names. Check whether X changed its API, and whether there is a newer version of the " +
      "connector.",
    events: [
      "capture.fields-missing",
      "capture.unexpected-answer",
      "capture.post-unanswered",
      "x.vocabulary-changed",
    ],
  },
  {
    name: "search-refused",
    title: "X refuses full-archive search",
    severity: 2,
    description:
      "fullArchiveSearch is on, but X does not allow the developer app to search, so posts beyond " +
      "the timeline's limit stay gaps. Check the app's access in the X developer console, or " +
      "switch the setting off. Once X allows it, the connector searches the gaps.",
    events: ["capture.search-refused"],
  },
  {
    name: "capture-stopped",
    title: "Scheduled capture has stopped",
    severity: 2,
    description:
      "Ten scheduled captures of an account failed in a row, or the next one could not be " +
      "enqueued. The connector tries again at the next interval, and when Microsoft 365 requests " +
      "a window. The table Problems in the workbook shows the reason.",
    events: ["capture.failed", "capture.not-scheduled"],
  },
  {
    name: "daily-limit",
    title: "The daily import limit is almost reached",
    severity: 2,
    description:
      "The connector has delivered more than 80 % of the 200,000 items that Microsoft 365 imports " +
      "in a day. Items over the limit are delivered the next day; none is dropped. You need to " +
      "act only if this alert repeats every day.",
    events: ["delivery.daily-limit-near"],
  },
  {
    name: "storage-unreachable",
    title: "The storage account cannot be reached",
    severity: 2,
    description:
      "The connector cannot reach its storage account and does no work. Check the account, its " +
      "network rules and the identity's roles: npm run doctor.",
    events: ["work.queue-unreachable", "archive.unreachable"],
    // The worker backs off to one try a minute; a short interruption needs nobody.
    threshold: 10,
  },
  {
    name: "evidence-offline",
    title: "A window needs evidence from the archive tier",
    severity: 2,
    description:
      "Microsoft 365 requested a window again whose pages archiveAfterDays has moved to the " +
      "archive tier. Rehydrate this job's blobs of that time, below evidence/, to the cool tier. " +
      "The window continues by itself within an hour after that. The table Problems in the " +
      "workbook names the first blob.",
    events: ["archive.offline"],
  },
  {
    name: "newer-record",
    title: "The archive was written by a newer version",
    severity: 2,
    description:
      "A record was written by a newer version of the connector than the one that runs. Its work waits and " +
      "nothing is overwritten. Deploy the newer version again; the work goes on by itself within an hour.",
    events: ["archive.newer-record"],
  },
  {
    name: "feed-refused",
    title: "X does not hand out a feed",
    severity: 2,
    description:
      "X refuses to hand out one kind of record (the profile, for example), so that it is not archived. The " +
      "posts are. The log line names the feed and X's reason: a permission of the developer app, as a rule. " +
      "It is tried again every hour; or switch the feed off in the stack's configuration.",
    events: ["feed.refused"],
  },
  {
    name: "credentials-guessed",
    title: "Many wrong credentials",
    severity: 3,
    description:
      "More than ten wrong credentials came from one address, or a hundred in all, within 15 " +
      "minutes. The right credential still works. If the Password in the compliance portal is out " +
      "of date, correct it there; otherwise AppServiceHTTPLogs in the access workspace show who " +
      "sent them.",
    events: ["credentials.throttled"],
  },
  {
    name: "work-fails",
    title: "Work hangs or fails unexpectedly",
    severity: 2,
    description:
      "Work makes no progress, or ended in an unexpected error, or a repeated delivery differs " +
      "from the first one, or a late post cannot be delivered. Messages become visible again by " +
      "themselves; work that fails repeatedly is tried once an hour. Restart the site if work " +
      "hangs. For a bug report, copy the error from the table Problems in the workbook.",
    events: [
      "work.hangs",
      "work.failed",
      "work.stuck",
      "delivery.content-differs",
      "delivery.post-stuck",
    ],
    // Work that fails repeatedly is tried once an hour (app/outcomes.ts): one alert, not one each hour.
    windowSize: "PT2H",
  },
  {
    name: "request-failed",
    title: "A request failed unexpectedly",
    severity: 3,
    description:
      "A request from Microsoft 365 or a person ended in an unexpected error. Microsoft 365 sends " +
      "its requests again. For a bug report, copy the error from the table Problems in the " +
      "workbook.",
    events: ["request.failed"],
  },
];

/**
 * Key Vault logs near expiry (30 days before) and expiry of a secret's current version in its audit
 * log, with or without an Event Grid subscription, and has no metric for it
 * (learn.microsoft.com/azure/key-vault/general/logging). The destination type of the setting selects the
 * table, and sources disagree on whether vaults honour it, so the query reads both.
 */
const SECRET_EXPIRES: LogAlert = {
  name: "secret-expires",
  title: "A secret is about to expire",
  severity: 2,
  description:
    "A secret in the Key Vault expires within 30 days, or has expired. npm run up renews secrets " +
    "that the stack created. Renew a secret of your own at its source, and set it in the stack's " +
    "configuration again.",
  events: [],
  query: [
    rowsOf(["OperationName"], ["AZKVAuditLogs", "AzureDiagnostics"]),
    `| where OperationName in (${listOf(["SecretNearExpiryEventGridNotification", "SecretExpiredEventGridNotification"])})`,
  ].join("\n"),
  threshold: 0,
  evaluationFrequency: "PT6H",
  windowSize: "P2D",
};

/** The workspace logs a reached cap in `Operation` (learn.microsoft.com/azure/azure-monitor/logs/daily-cap). */
const LOGS_CAPPED: LogAlert = {
  name: "logs-capped",
  title: "The log workspace has reached its daily cap",
  severity: 1,
  description:
    "The workspace accepts no more logs until its cap is reset, within a day. Until then, no " +
    "other alert on logs can fire. Under Usage of the workspace, see which table grew, or raise " +
    "the cap.",
  events: [],
  isOfWorkspace: true,
  query: [rowsOf(["Detail"], ["Operation"]), '| where Detail contains "OverQuota"'].join("\n"),
  threshold: 0,
  evaluationFrequency: "PT15M",
  windowSize: "PT1H",
};

/** Operations that create or replace a blob, by their names in StorageBlobLogs. */
const WRITES = [
  "PutBlob",
  "PutBlockList",
  "PutBlobFromURL",
  "CopyBlob",
  "CopyBlobFromURL",
  "AppendBlock",
];
const CHANGES = ["SetBlobMetadata", "SetBlobProperties", "SnapshotBlob", "UndeleteBlob"];
/** Successful operations in a container. */
const doneIn = (container: string) =>
  [
    rowsOf(
      ["OperationName", "ObjectKey", "StatusText", "ConditionsUsed", "UserAgentHeader"],
      ["StorageBlobLogs"],
    ),
    `| where StatusText == "Success" and ObjectKey contains "/${container}/"`,
  ].join("\n");

/**
 * The connector creates evidence with If-None-Match and never changes it. Azure's lifecycle management
 * deletes blobs older than deleteAfterDays, which is no finding (learn.microsoft.com/azure/storage/blobs/lifecycle-management-overview).
 */
const EVIDENCE_CHANGED: LogAlert = {
  name: "evidence-changed",
  title: "Evidence was overwritten or deleted",
  severity: 1,
  description:
    "A blob in the container evidence was changed, deleted, or written without the condition that " +
    "it does not exist yet. The connector does none of this. StorageBlobLogs in the workspace " +
    "show who did (ObjectKey, RequesterObjectId, CallerIpAddress). The previous content is a " +
    "version of the blob: restore it. Then run npm run verify, which compares the archive with " +
    "what was delivered.",
  events: [],
  query: [
    doneIn("evidence"),
    `| where OperationName in (${listOf(["DeleteBlob", ...CHANGES])}) or (OperationName in (${listOf(WRITES)}) and ConditionsUsed !contains "If-None-Match")`,
    '| where UserAgentHeader !contains "ObjectLifeCycleScanner" and UserAgentHeader !contains "OLCMScanner"',
  ].join("\n"),
  threshold: 0,
  evaluationFrequency: "PT15M",
  windowSize: "PT1H",
};

/** Also fires for deployments: Azure's log cannot tell them apart. */
const PACKAGE_WRITTEN: LogAlert = {
  name: "package-written",
  title: "A deployment package was written",
  severity: 3,
  description:
    "Somebody wrote or deleted a package that the site can run. Every deployment does this. If " +
    "nobody in your organization deployed at that time, somebody else can run code as the site: " +
    "npm run smoke shows which package runs, StorageBlobLogs in the workspace show who wrote it. " +
    "Deploy again, and renew the account's keys.",
  events: [],
  query: [
    doneIn("packages"),
    `| where OperationName in (${listOf(["DeleteBlob", ...WRITES, ...CHANGES])})`,
  ].join("\n"),
  threshold: 0,
  evaluationFrequency: "PT15M",
  windowSize: "PT1H",
};

/** A package's name contains the hash of its content, so nobody has a reason to write it twice. */
const PACKAGE_OVERWRITTEN: LogAlert = {
  name: "package-overwritten",
  title: "A deployment package was overwritten",
  severity: 1,
  description:
    "An existing package was written again although no deployment had removed it: somebody has " +
    "changed what the site runs at its next start. Stop the site. npm run smoke shows whether the " +
    "package is the deployed one, StorageBlobLogs in the workspace show who wrote it. Renew the " +
    "account's keys, delete the blob, then run npx pulumi refresh and npm run up.",
  events: [],
  query: [
    doneIn("packages"),
    `| summarize writes = countif(OperationName in (${listOf(WRITES)})), removals = countif(OperationName == "DeleteBlob") by ObjectKey`,
    "| where writes > removals + 1",
  ].join("\n"),
  threshold: 0,
  evaluationFrequency: "PT15M",
  windowSize: "P1D",
};
