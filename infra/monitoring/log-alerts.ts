import type { EventName } from "../../app/events.ts";
import { eventsNamed, isEvent, listOf, rowsOf } from "./kql.ts";

/**
 * 1: evidence is in danger, or nothing is delivered. 2: it will come to that unless somebody acts.
 * 3: somebody should look, at leisure.
 */
type Severity = 1 | 2 | 3;

/**
 * What Azure takes as a period, but for one minute: such rules cost most, and forbid `union`
 * (learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule).
 */
type Period = "PT5M" | "PT15M" | "PT30M" | "PT1H" | "PT2H" | "PT6H" | "P1D" | "P2D";

/** A rule over the workspace's logs: it fires while its query has more rows than the threshold. */
export type LogAlert = {
  name: string;
  title: string;
  severity: Severity;
  /** What happened, and what to do about it: the mail says it. */
  description: string;
  /** Events that it tells of. */
  events: readonly EventName[];
  query: string;
  threshold: number;
  evaluationFrequency: Period;
  /** How far the query looks back; Azure looks no further than two days. */
  windowSize: Period;
};

type EventAlert = Pick<LogAlert, "name" | "title" | "severity" | "description" | "events"> &
  Partial<Pick<LogAlert, "threshold" | "evaluationFrequency" | "windowSize">> & {
    /** What makes the rows that count out of the events. Default: each event is a row. */
    pipe?: string;
  };

/** After how long somebody is told. */
export type Patience = { hoursWithoutDelivery: number; daysWithoutRequest: number };

/** Every alert over logs, each with its query. Each is billed by how often it is evaluated. */
export function logAlerts({ hoursWithoutDelivery, daysWithoutRequest }: Patience): LogAlert[] {
  const overEvents = [
    undelivered(hoursWithoutDelivery),
    unasked(daysWithoutRequest),
    ...EVENT_ALERTS,
  ].map(({ pipe, ...alert }): LogAlert => ({
    threshold: 0,
    evaluationFrequency: "PT15M",
    // Longer than the frequency, so that a line that comes in late is still seen.
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
 * A task that waits says so whenever it is tried: at least once a day (app/outcomes.ts). So it stays
 * in sight however long it waits, although the query sees two days only.
 */
function undelivered(hours: number): EventAlert {
  const isDone = [isEvent("task.delivered"), isEvent("task.failed")].join(" or ");
  return {
    name: "undelivered",
    title: "Windows wait for delivery",
    severity: 1,
    description:
      `Microsoft 365 asked for a window of posts more than ${hours} hours ago and has not got it. ` +
      "Nothing is lost: it is tried again until it succeeds. The connector's status page says what " +
      "each task waits for.",
    events: ["task.accepted", "task.waits", "task.delivered", "task.failed"],
    pipe: [
      `| summarize asked = min(TimeGenerated), done = countif(${isDone}) by taskId = tostring(log.taskId)`,
      `| where done == 0 and asked < ago(${hours}h)`,
    ].join("\n"),
    evaluationFrequency: "PT1H",
    windowSize: "P2D",
  };
}

/**
 * A job that is captured and that the platform asks for nothing of. Told from the scheduled captures,
 * which are a few minutes apart: the first of them has to be nearly as old as the query looks back.
 */
function unasked(days: number): EventAlert {
  const hours = days * 24 - 1;
  return {
    name: "unasked",
    title: "Microsoft 365 asks for nothing",
    severity: 2,
    description:
      `An account is captured, and for ${days === 1 ? "a day" : `${days} days`} Microsoft 365 has not ` +
      "asked for any window of it, so nothing of it is imported. It stays in the archive. See in the " +
      "compliance portal whether the connector is there, is switched on, and shows an error. If it " +
      "was deleted there on purpose, remove the account on the connector's status page.",
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
    title: "Microsoft 365 refuses deliveries",
    severity: 1,
    description:
      "The Import service did not take a completion, so what was delivered is not imported. It is " +
      "sent again until it is taken. Check in the compliance portal that the connector is there and " +
      "names this stack's Azure App ID, and that the app registration's credential is valid: npm run " +
      "doctor.",
    events: ["platform.refused", "platform.completion-pending", "entra.refused"],
    // A completion that is owed is sent once an hour (app/outcomes.ts): one alert, not one an hour.
    windowSize: "PT2H",
  },
  {
    name: "sas-unusable",
    title: "Microsoft 365's container cannot be written to",
    severity: 1,
    description:
      "The address that a window's items go to has expired or was revoked. The window waits an hour " +
      "for a fresh one; then Microsoft 365 is told to ask for it again. If it goes on, open a case " +
      "with Microsoft: the connector cannot mend it.",
    events: ["sas.unusable"],
  },
  {
    name: "x-refuses",
    title: "X does not let an account be read",
    severity: 1,
    description:
      "X is down, or it forbids reading: the account is suspended, or the X developer app has lost a " +
      "permission; or it refuses what it is asked, as its API has changed. The line's reason has X's " +
      "words. See the account and the app's permissions at X, and whether there is a newer version of " +
      "the connector. Windows wait for that as long as it takes; nothing that was captured is lost.",
    events: ["x.forbidden", "x.unavailable", "x.question-refused"],
    windowSize: "PT2H",
  },
  {
    name: "x-quota",
    title: "X's quota is used up",
    severity: 1,
    description:
      "X refuses reads because the credits are spent or the usage cap is reached. Capture goes on by " +
      "itself once there is quota: buy credits or raise the cap in the X developer console, before " +
      "posts fall behind what X still gives.",
    events: ["x.credits-spent", "x.usage-capped"],
    // A task that waits for quota asks again once an hour (app/outcomes.ts): one alert, not one an hour.
    windowSize: "PT2H",
  },
  {
    name: "budget-spent",
    title: "The budget for reading X is used up",
    severity: 2,
    description:
      "As much has been read from X as readsPerDay, readsPerMonth or the default budget allow, or the " +
      "platform named more unknown posts than are read a day (manifests list them). Capture goes on by " +
      "itself with the next UTC day or month, or within the hour once readsPerDay or readsPerMonth " +
      "allow more. If you asked for none of it, change apiSecretKey.",
    events: ["x.budget-spent", "capture.ids-not-read"],
    // Work that waits looks again once an hour (app/capture/budget.ts): one alert, not one an hour.
    windowSize: "PT2H",
  },
  {
    name: "needs-sign-in",
    title: "An account must be signed in again",
    severity: 1,
    description:
      "X no longer accepts the token of an archived account, or the portal asked for a new sign-in. " +
      "Nothing of the account is archived until its owner signs in again: in the compliance portal, " +
      "edit the connector and sign in. Where X has refused the token by mistake, and takes it again, " +
      "the connector goes on by itself.",
    events: ["job.needs-sign-in", "job.signed-in-again", "job.token-taken-again", "job.deleted"],
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
      "X no longer gives the posts of an interval, or contradicts itself on it, and a gap was recorded. " +
      "The status page shows the interval and why. Where X contradicts itself, the interval is read " +
      "again by itself, after a quarter of an hour and then ever less often. Else somebody has to decide where else the posts are to be had: the " +
      "account's owner can request an archive of them from X.",
    events: ["gap.recorded"],
  },
  {
    name: "given-up",
    title: "A task was given up",
    severity: 1,
    description:
      "A task failed for good, or a message was none of the connector's; it lies in the poison queue. " +
      "The workbook's list of problems says why. Mend the cause; npm run requeue then puts the work " +
      "back. A window whose address has expired has to be asked for again by Microsoft 365.",
    events: ["task.failed", "work.poisoned"],
  },
  {
    name: "crash-loop",
    title: "The connector crashes",
    severity: 1,
    description:
      "An instance of the connector started several times within an hour without having been stopped, or " +
      "could not start. The workbook's list of problems says why; else read what it logged before each " +
      "start. pulumi up of the version before goes back to it.",
    events: ["connector.started", "connector.stopping", "connector.failed"],
    pipe: [
      // A deployment stops what it starts anew; a crash does not. Where the stop goes unlogged, a few
      // starts may still be deployments.
      `| summarize starts = countif(${isEvent("connector.started")}), stops = countif(${isEvent("connector.stopping")}),`,
      `    failures = countif(${isEvent("connector.failed")}) by Host`,
      // Not over all hosts together: a queue that is long starts several instances.
      "| where starts - stops > 5 or failures > 3",
    ].join("\n"),
  },
  {
    name: "x-answers",
    title: "X answers other than expected",
    severity: 2,
    description:
      "X left out fields or posts that it was asked for, or its pages do not lead where they should. " +
      "Pages are kept as they came, and what they do not prove is asked for again or becomes a gap; " +
      "see whether X changed its API and a newer version of the connector knows it. Where X does not " +
      "take the names of the fields that it is asked for, the connector asks by X's other names, and " +
      "goes on with those.",
    events: [
      "capture.fields-missing",
      "capture.odd-answer",
      "capture.post-silent",
      "x.vocabulary-changed",
    ],
  },
  {
    name: "search-refused",
    title: "X refuses its full-archive search",
    severity: 2,
    description:
      "fullArchiveSearch is on, but X does not let the developer app search, so what its timelines no " +
      "longer give stays a gap. See in the X developer console what the app may do, or switch the " +
      "setting off. The gaps are searched once X allows it.",
    events: ["capture.search-refused"],
  },
  {
    name: "capture-stands-still",
    title: "An account is not read without being asked for",
    severity: 2,
    description:
      "What nobody asks for is not captured: ten tries in a row failed, or the next one could not be " +
      "scheduled. It is tried again with the next interval and with the next window that Microsoft " +
      "365 asks for; the workbook's list of problems says what is in the way.",
    events: ["capture.failed", "capture.not-scheduled"],
  },
  {
    name: "daily-limit",
    title: "The daily import limit is near",
    severity: 2,
    description:
      "More than 80 % of the 200,000 items are delivered that Microsoft 365 imports a day. What does " +
      "not fit waits for the next day and is not dropped; nothing has to be done unless it goes on.",
    events: ["delivery.daily-limit-near"],
  },
  {
    name: "storage-unreachable",
    title: "The storage account cannot be reached",
    severity: 2,
    description:
      "The connector does not get through to its storage account, so it does no work. Check the " +
      "account, its network rules and the identity's roles: npm run doctor.",
    events: ["work.queue-unreachable", "archive.unreachable"],
    // The worker tries ever less often, up to once a minute; a blip is none of anybody's business.
    threshold: 10,
  },
  {
    name: "evidence-offline",
    title: "A window waits for evidence in the archive tier",
    severity: 2,
    description:
      "Microsoft 365 asked again for a window whose pages archiveAfterDays has moved to the archive tier. " +
      "Rehydrate that job's blobs of the time, under evidence/, to the cool tier; the window goes on by " +
      "itself within an hour of that. The workbook's list of problems names a first one.",
    events: ["archive.offline"],
  },
  {
    name: "credentials-guessed",
    title: "Somebody tries wrong credentials",
    severity: 3,
    description:
      "More than ten wrong credentials of one address, or a hundred in all, came within a quarter of " +
      "an hour. The right one works all the same. If the compliance portal's Password is not up to " +
      "date, set it there; else see in AppServiceHTTPLogs of the workspace for access who it was.",
    events: ["credentials.throttled"],
  },
  {
    name: "work-fails",
    title: "The connector's work hangs or fails",
    severity: 2,
    description:
      "Work does not move on, or ended in an error that nobody foresaw, or what is handed over again " +
      "is not what it was, or a post that waits cannot go out. Messages come back by themselves, and " +
      "what fails again and again is tried once an hour; restart the site if work hangs. The " +
      "workbook's list of problems has the error for a bug report.",
    events: ["work.hangs", "work.failed", "work.stuck", "delivery.differs", "delivery.post-stuck"],
    // What fails again and again is tried once an hour (app/outcomes.ts): one alert, not one an hour.
    windowSize: "PT2H",
  },
  {
    name: "request-failed",
    title: "The connector failed on a request",
    severity: 3,
    description:
      "A request of the platform or a person ended in an error that nobody foresaw. The platform " +
      "asks again; the workbook's list of problems has the error for a bug report.",
    events: ["request.failed"],
  },
];

/**
 * Key Vault writes near expiry (30 days before) and expiry of a secret's current version to its
 * audit log, whether or not anybody subscribes to them at Event Grid, and has no metric of it
 * (learn.microsoft.com/azure/key-vault/general/logging). Which table the log goes to depends on the
 * setting's destination type, and sources disagree on whether vaults heed it: look in both.
 */
const SECRET_EXPIRES: LogAlert = {
  name: "secret-expires",
  title: "A secret is about to expire",
  severity: 2,
  description:
    "A secret in the Key Vault expires within 30 days, or has expired. pulumi up renews what the " +
    "stack made; renew what you brought yourself, and set it again.",
  events: [],
  query: [
    rowsOf(["OperationName"], ["AZKVAuditLogs", "AzureDiagnostics"]),
    `| where OperationName in (${listOf(["SecretNearExpiryEventGridNotification", "SecretExpiredEventGridNotification"])})`,
  ].join("\n"),
  threshold: 0,
  evaluationFrequency: "PT6H",
  windowSize: "P2D",
};

/** A cap that is reached is an operation of the workspace (learn.microsoft.com/azure/azure-monitor/logs/daily-cap). */
const LOGS_CAPPED: LogAlert = {
  name: "logs-capped",
  title: "No more logs are taken today",
  severity: 1,
  description:
    "The workspace reached its daily cap. Until it is reset, within a day, no other alert over logs " +
    "can fire. See which table grew, under Usage of the workspace, or raise the cap.",
  events: [],
  query: [rowsOf(["Detail"], ["Operation"]), '| where Detail contains "OverQuota"'].join("\n"),
  threshold: 0,
  evaluationFrequency: "PT15M",
  windowSize: "PT1H",
};

/** Writes that make or change a blob, as StorageBlobLogs names them. */
const WRITES = [
  "PutBlob",
  "PutBlockList",
  "PutBlobFromURL",
  "CopyBlob",
  "CopyBlobFromURL",
  "AppendBlock",
];
const CHANGES = ["SetBlobMetadata", "SetBlobProperties", "SnapshotBlob", "UndeleteBlob"];
/** What went through in a container, by the path of its blobs. */
const doneIn = (container: string) =>
  [
    rowsOf(
      ["OperationName", "ObjectKey", "StatusText", "ConditionsUsed", "UserAgentHeader"],
      ["StorageBlobLogs"],
    ),
    `| where StatusText == "Success" and ObjectKey contains "/${container}/"`,
  ].join("\n");

/**
 * The connector creates evidence with If-None-Match, and changes none of it. Azure's own lifecycle deletes
 * what is as old as deleteAfterDays (learn.microsoft.com/azure/storage/blobs/lifecycle-management-overview).
 */
const EVIDENCE_CHANGED: LogAlert = {
  name: "evidence-changed",
  title: "Evidence was overwritten or deleted",
  severity: 1,
  description:
    "A blob in the container of evidence was written without the condition that it is new, changed, or " +
    "deleted; the connector does none of this. See who in StorageBlobLogs of the workspace (ObjectKey, " +
    "RequesterObjectId, CallerIpAddress). What was there before is a version of the blob: restore it, " +
    "and hold the archive against what was handed over: npm run verify.",
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

/** A deployment writes one, too, and Azure's log does not say what a deployment is. */
const PACKAGE_WRITTEN: LogAlert = {
  name: "package-written",
  title: "A package was written",
  severity: 3,
  description:
    "Somebody wrote or deleted a package that the site can run. A deployment does: if nobody of yours " +
    "deployed at that time, somebody else can run code as the site. npm run smoke says which package runs; " +
    "StorageBlobLogs of the workspace says who it was. Deploy again, and renew the account's keys.",
  events: [],
  query: [
    doneIn("packages"),
    `| where OperationName in (${listOf(["DeleteBlob", ...WRITES, ...CHANGES])})`,
  ].join("\n"),
  threshold: 0,
  evaluationFrequency: "PT15M",
  windowSize: "PT1H",
};

/** A package's name follows from its content: nobody has a reason to write one that is there. */
const PACKAGE_OVERWRITTEN: LogAlert = {
  name: "package-overwritten",
  title: "A package was written a second time",
  severity: 1,
  description:
    "A package that was there already was written again, without a deployment having removed it in between: " +
    "somebody has changed what the site runs at its next start. Stop the site; npm run smoke says whether " +
    "the package is what was deployed; StorageBlobLogs of the workspace says who wrote it. Renew the " +
    "account's keys, delete the blob, then npx pulumi refresh and npm run up.",
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
