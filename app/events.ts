/**
 * Every event that the connector can log, with its level. Alert rules query these names; the compiler
 * finds every use of a renamed one.
 */
export const EVENTS = {
  "connector.started": "info",
  "connector.stopping": "info",
  "connector.stopped": "info",
  "connector.failed": "error",
  "request.refused": "warn",
  "request.failed": "error",
  "validate.failed": "warn",
  /** The portal asks for consent two pages after it has called Validate. */
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
  "job.token-accepted-again": "info",
  "job.deleted": "info",
  "token.revoked": "info",
  "token.not-revoked": "warn",
  "task.accepted": "info",
  "task.started": "debug",
  "task.delivered": "info",
  "task.waiting": "warn",
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
  "archive.newer-record": "error",
  "feed.refused": "error",
  "feed.waiting": "warn",
  "profile.changed": "info",
  "delivery.daily-limit-near": "warn",
  "delivery.over-daily-limit": "warn",
  /** Items already existed, and the SAS permits neither overwriting nor reading: once for each run. */
  "delivery.already-uploaded": "info",
  "delivery.content-differs": "error",
  "delivery.other-format": "info",
  "delivery.post-stuck": "error",
  "sas.unusable": "error",
  "capture.scheduled": "debug",
  "capture.not-scheduled": "error",
  "capture.waiting": "warn",
  "capture.failed": "error",
  "capture.page": "debug",
  "capture.estimated": "info",
  "capture.completed": "info",
  "capture.late-post": "info",
  "capture.unexpected-answer": "warn",
  "capture.post-unanswered": "warn",
  "capture.ids-over-limit": "warn",
  "capture.request-repeated": "warn",
  "capture.posts-missing": "warn",
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
  "x.request-rejected": "error",
  "x.vocabulary-changed": "warn",
  "entra.refused": "error",
  "platform.refused": "error",
  "platform.completion-pending": "error",
} as const satisfies Record<string, "debug" | "info" | "warn" | "error">;

export type EventName = keyof typeof EVENTS;

/**
 * Fields of a log line. A field never holds a token, a SAS, a credential or an address with its query:
 * keep that in mind when you add one.
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
  feed: string;
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
