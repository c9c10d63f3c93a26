/**
 * Every event that the connector can log, with its level. Alert rules query these names, so an
 * event is renamed here or nowhere.
 */
export const EVENTS = {
  "connector.started": "info",
  "connector.stopping": "info",
  "connector.stopped": "info",
  "connector.failed": "error",
  "request.refused": "warn",
  "request.failed": "error",
  "validate.failed": "warn",
  /** The portal asks for consent two pages after it has asked for Validate. */
  "validate.consent-missing": "info",
  /** Once for each way to call: kind of credential, names of headers and queries. */
  "platform.called": "info",
  "credentials.throttled": "warn",
  "sign-in.password-refused": "warn",
  "sign-in.denied": "warn",
  "sign-in.refused": "warn",
  "job.created": "info",
  "job.signed-in-again": "info",
  "job.needs-sign-in": "error",
  "job.token-taken-again": "info",
  "job.deleted": "info",
  "token.revoked": "info",
  "token.not-revoked": "warn",
  "task.accepted": "info",
  "task.started": "debug",
  "task.delivered": "info",
  "task.waits": "warn",
  "task.failed": "error",
  "work.poisoned": "error",
  "work.message-lost": "warn",
  "work.queue-unreachable": "error",
  "work.lease-lost": "warn",
  "work.hangs": "error",
  "work.failed": "error",
  "work.stuck": "error",
  "archive.unreachable": "error",
  "archive.offline": "error",
  "delivery.daily-limit-near": "warn",
  "delivery.over-daily-limit": "warn",
  /** Items that a SAS may neither overwrite nor read were there before: once for each run of a task. */
  "delivery.already-there": "info",
  "delivery.differs": "error",
  "delivery.other-format": "info",
  "delivery.post-stuck": "error",
  "sas.unusable": "error",
  "capture.scheduled": "debug",
  "capture.not-scheduled": "error",
  "capture.waits": "warn",
  "capture.failed": "error",
  "capture.page": "debug",
  "capture.estimated": "info",
  "capture.completed": "info",
  "capture.late-post": "info",
  "capture.odd-answer": "warn",
  "capture.post-silent": "warn",
  "capture.ids-not-read": "warn",
  "capture.asked-again": "warn",
  "capture.posts-not-given": "warn",
  "capture.search-refused": "error",
  "capture.fields-missing": "error",
  "gap.recorded": "error",
  "gap.closed": "info",
  "media.not-archived": "warn",
  "media.mistyped": "warn",
  "x.credits-spent": "error",
  "x.usage-capped": "error",
  "x.budget-spent": "error",
  "x.rate-limited": "warn",
  "x.forbidden": "error",
  "x.unavailable": "error",
  "x.question-refused": "error",
  "x.vocabulary-changed": "warn",
  "entra.refused": "error",
  "platform.refused": "error",
  "platform.completion-pending": "error",
} as const satisfies Record<string, "debug" | "info" | "warn" | "error">;

export type EventName = keyof typeof EVENTS;

/**
 * What a log line may say. A name is added here with care: no field ever holds a token, a SAS, a
 * credential or an address with its query.
 */
export type EventFields = Partial<{
  accountId: string;
  asked: number;
  attempt: number;
  authentication: string;
  bytes: number;
  code: string;
  count: number;
  detail: string;
  durationMs: number;
  error: string;
  format: number;
  gap: string;
  headers: string;
  items: number;
  jobId: string;
  omitted: number;
  mediaKey: string;
  members: string;
  method: string;
  page: number;
  path: string;
  port: number;
  postId: string;
  posts: number;
  queries: string;
  reason: string;
  retryAt: string;
  sasAllows: string;
  sasExpires: string;
  stack: string;
  status: number;
  taskId: string;
  version: string;
  waiting: number;
  windowEnd: string;
  windowStart: string;
}>;
