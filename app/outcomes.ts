import { ConnectorError, type ErrorCode } from "./errors.ts";
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
};

type Rule = { kind: Outcome["kind"]; afterMs?: number; alert?: EventName; needsSignIn?: boolean };

const MINUTE_MS = 60_000;
const RETRY_FIRST_MS = 5_000;
const RETRY_LONGEST_MS = 10 * MINUTE_MS;
/** Tries of a task that fails without a reason to wait, before it is given up. */
export const MAX_ATTEMPTS = 10;

/**
 * The one place that decides what a failure means. Waiting for something that a person or a clock
 * will bring is parking: it costs no attempt. Everything else is tried again, a little later each time.
 */
const RULES: Record<ErrorCode, Rule> = {
  "window-open": { kind: "park" },
  "x-rate-limited": { kind: "park", afterMs: 15 * MINUTE_MS, alert: "x.rate-limited" },
  "x-credits-spent": { kind: "park", afterMs: 60 * MINUTE_MS, alert: "x.credits-spent" },
  "x-usage-capped": { kind: "park", afterMs: 60 * MINUTE_MS, alert: "x.usage-capped" },
  "x-token-refused": { kind: "park", afterMs: 5 * MINUTE_MS, needsSignIn: true },
  "job-needs-sign-in": { kind: "park", afterMs: 5 * MINUTE_MS },
  "x-keys-missing": { kind: "park", afterMs: 5 * MINUTE_MS },
  "entra-refused": { kind: "park", afterMs: 5 * MINUTE_MS },
  "platform-refused": { kind: "retry", alert: "platform.refused" },
  "platform-unavailable": { kind: "retry" },
  "sas-unusable": { kind: "fail-temporarily" },
  "job-gone": { kind: "fail-permanently" },
  "x-forbidden": { kind: "fail-permanently" },
  "x-bad-request": { kind: "retry" },
  "x-bad-response": { kind: "retry", alert: "capture.fields-missing" },
  "x-unavailable": { kind: "retry" },
  "unusable-record": { kind: "retry" },
  conflict: { kind: "retry" },
};

/** @param attempt how often the task has failed before without a reason to wait, from 0. */
export function decideOutcome(error: unknown, attempt: number, now: Date): Outcome {
  const known = error instanceof ConnectorError ? error : undefined;
  const { kind, afterMs, alert, needsSignIn } = known ? RULES[known.code] : UNKNOWN;
  const also = {
    ...(alert !== undefined && { alert }),
    ...(needsSignIn !== undefined && { needsSignIn }),
  };
  if (kind === "park") {
    return {
      kind,
      at: known?.retryAt ?? new Date(now.getTime() + (afterMs ?? MINUTE_MS)),
      ...also,
    };
  }
  if (kind === "retry" && attempt + 1 < MAX_ATTEMPTS) {
    return { kind, at: new Date(now.getTime() + backOffMs(attempt)), ...also };
  }
  return { kind: kind === "retry" ? "fail-temporarily" : kind, ...also };
}

const UNKNOWN: Rule = { kind: "retry" };

function backOffMs(attempt: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** attempt, RETRY_LONGEST_MS);
}
