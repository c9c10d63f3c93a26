import { ConnectorError, describeError, type ErrorCode, isStorageDown } from "./errors.ts";
import type { EventName } from "./events.ts";

/** What happens to a task after a failure. */
export type Outcome = {
  kind: "retry" | "park" | "fail-temporarily" | "fail-permanently";
  /** When the task is looked at again (retry, park). */
  at?: Date;
  /** An event beside the task's own, for an alert of its own. */
  alert?: EventName;
  /** The job's account has to be signed in again. */
  needsSignIn?: boolean;
  /** A person has to look: the message goes to the poison queue. */
  poison?: boolean;
};

type Rule = Pick<Outcome, "kind" | "alert" | "needsSignIn" | "poison"> & {
  /** How long it waits: always the same, or by default (retry) longer each time. */
  afterMs?: number;
  /** It waits as long again as it has waited already, up to so long, whatever the other side says. */
  growsToMs?: number;
  /** How often it is tried (retry), or how long it waits in all (park), before `afterwards`. */
  tries?: number;
  atMostMs?: number;
  afterwards?: Rule;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const RETRY_FIRST_MS = 5_000;
const RETRY_LONGEST_MS = 10 * MINUTE_MS;
/** Tries of a task that fails without a reason to wait, before it is given up. */
export const MAX_ATTEMPTS = 10;
/** Microsoft's sibling scripts on the Import service's host try 15 times, 60 s apart. */
export const COMPLETION_TRIES = 15;

const GIVE_UP: Rule = { kind: "fail-temporarily", poison: true };
/** Nothing says that it is for good: it is tried once an hour, and told each time. */
const STUCK_MS = 60 * MINUTE_MS;
const STUCK: Rule = { kind: "park", afterMs: STUCK_MS, alert: "work.stuck" };
/** It ends by itself, as every upload does: when the container's address expires, it is `sas-unusable`. */
const REFUSED_UPLOAD: Rule = {
  kind: "retry",
  alert: "platform.refused",
  afterwards: { kind: "park", afterMs: RETRY_LONGEST_MS },
};
/** A completion that is owed stays owed, and is told of until it is accepted. */
const OWE: Rule = { kind: "park", afterMs: HOUR_MS, alert: "platform.completion-pending" };
const COMPLETE: Rule = {
  kind: "retry",
  afterMs: MINUTE_MS,
  tries: COMPLETION_TRIES,
  afterwards: OWE,
};

/**
 * The one place that decides what a failure means. Waiting for something that a person or a clock
 * will bring is parking: it costs no attempt. Everything else is tried again, a little later each
 * time. Nothing is given up that time or a setting could mend, but for what only the platform can
 * mend, and does once it is told: `sas-unusable`.
 */
const RULES: Record<ErrorCode, Rule> = {
  "window-open": { kind: "park" },
  // When X says until when, that long; but not for ever as often as it says.
  "x-rate-limited": {
    kind: "park",
    afterMs: MINUTE_MS,
    growsToMs: 15 * MINUTE_MS,
    alert: "x.rate-limited",
  },
  "x-credits-spent": { kind: "park", afterMs: HOUR_MS, alert: "x.credits-spent" },
  "x-usage-capped": { kind: "park", afterMs: HOUR_MS, alert: "x.usage-capped" },
  "x-budget-spent": { kind: "park", afterMs: HOUR_MS, alert: "x.budget-spent" },
  // X was asked twice at once. Only what it still says minutes later is worth a person's way to it.
  "x-token-refused": {
    kind: "park",
    afterMs: 5 * MINUTE_MS,
    atMostMs: MINUTE_MS,
    afterwards: { kind: "park", afterMs: 5 * MINUTE_MS, needsSignIn: true },
  },
  // Said each time: an alert must not take it for mended after two days, as far as Azure looks back.
  "job-needs-sign-in": { kind: "park", afterMs: 5 * MINUTE_MS, alert: "job.needs-sign-in" },
  "x-keys-missing": { kind: "park", afterMs: 5 * MINUTE_MS },
  // A suspended account may come back after weeks, and a permission is a setting at X. Who does not
  // want to wait removes the job.
  "x-forbidden": { kind: "park", afterMs: HOUR_MS, alert: "x.forbidden" },
  // X may take the question again, or a setting or a new version asks another one.
  "x-bad-request": {
    kind: "retry",
    alert: "x.request-rejected",
    afterwards: { kind: "park", afterMs: HOUR_MS },
  },
  "x-bad-response": {
    kind: "retry",
    alert: "capture.fields-missing",
    afterwards: { kind: "park", afterMs: HOUR_MS },
  },
  "x-unavailable": {
    kind: "retry",
    afterwards: { kind: "park", afterMs: RETRY_LONGEST_MS, alert: "x.unavailable" },
  },
  "entra-refused": { kind: "park", afterMs: 5 * MINUTE_MS, alert: "entra.refused" },
  "consent-missing": { kind: "park", afterMs: 5 * MINUTE_MS, alert: "entra.refused" },
  // The platform may send a fresh address under the same TaskId, or has to ask again.
  "sas-unusable": {
    kind: "park",
    afterMs: 5 * MINUTE_MS,
    alert: "sas.unusable",
    atMostMs: HOUR_MS,
    afterwards: { kind: "fail-temporarily" },
  },
  "upload-refused": REFUSED_UPLOAD,
  "upload-name-taken": REFUSED_UPLOAD,
  "upload-unavailable": { kind: "retry", afterwards: { kind: "park", afterMs: RETRY_LONGEST_MS } },
  "daily-limit": { kind: "park" },
  "platform-refused": { ...COMPLETE, alert: "platform.refused" },
  // A list does not get shorter by waiting.
  "platform-too-large": { kind: "fail-permanently", alert: "platform.refused", poison: true },
  "platform-unavailable": COMPLETE,
  "job-gone": { kind: "fail-permanently" },
  "storage-unavailable": { kind: "park", alert: "archive.unreachable" },
  // Rehydration takes up to 15 hours, once a person has ordered it.
  "evidence-offline": { kind: "park", afterMs: HOUR_MS, alert: "archive.offline" },
  // What lies broken in the archive comes back by a person's hand alone, who then puts the work back.
  "unusable-record": { kind: "retry", afterwards: GIVE_UP },
  // The version of the connector that wrote it reads it: somebody has to deploy that one again.
  "newer-record": { kind: "park", afterMs: HOUR_MS, alert: "archive.newer-record" },
  // It may have died of others' work, or with its host; if of this, then once an hour and no more often.
  "process-ends": STUCK,
  // Others' changes end some time.
  conflict: { kind: "retry", afterwards: STUCK },
};
/** Nothing is known of it, neither that time could mend it nor that a new version could not. */
const UNKNOWN: Rule = { kind: "retry", afterwards: STUCK };

/**
 * @param attempt how often it has failed before without a reason to wait, from 0.
 * @param waitingSince since when it has been waiting for the same thing.
 */
export function decideOutcome(
  error: unknown,
  attempt: number,
  now: Date,
  waitingSince: Date = now,
): Outcome {
  const known = error instanceof ConnectorError ? error : undefined;
  const waitedMs = now.getTime() - waitingSince.getTime();
  const rule = applyRule(ruleOf(error), { attempt, waitedMs });
  const { kind, alert, needsSignIn, poison } = rule;
  const waits = kind === "park" || kind === "retry";
  const afterMs = rule.afterMs ?? (kind === "retry" ? backOffMs(attempt) : MINUTE_MS);
  const said = known?.retryAt?.getTime() ?? now.getTime() + afterMs;
  const least = now.getTime() + Math.min(waitedMs, rule.growsToMs ?? 0);
  return {
    kind,
    ...(waits && { at: new Date(Math.max(said, least)) }),
    ...(alert !== undefined && { alert }),
    ...(needsSignIn !== undefined && { needsSignIn }),
    ...(poison !== undefined && { poison }),
  };
}

/** What work waits for, by its error's code, and since when (ISO 8601). */
export type WaitsFor = { code: string; since: string };

/** Since when the same thing is waited for. */
export function waitFor(before: WaitsFor | undefined, error: unknown, now: Date): WaitsFor {
  const code = describeError(error).code ?? "unexpected";
  return before?.code === code ? before : { code, since: now.toISOString() };
}

function ruleOf(error: unknown): Rule {
  if (isStorageDown(error)) {
    return RULES["storage-unavailable"];
  }
  return error instanceof ConnectorError ? RULES[error.code] : UNKNOWN;
}

/** The rule itself, or what it says of afterwards, if it has had its tries or its time. */
function applyRule(rule: Rule, past: { attempt: number; waitedMs: number }): Rule {
  const { kind, alert, tries = MAX_ATTEMPTS, atMostMs = Number.POSITIVE_INFINITY } = rule;
  const isOver =
    (kind === "retry" && past.attempt + 1 >= tries) ||
    (kind === "park" && past.waitedMs >= atMostMs);
  return isOver ? { ...(alert && { alert }), ...(rule.afterwards ?? STUCK) } : rule;
}

function backOffMs(attempt: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** attempt, RETRY_LONGEST_MS);
}
