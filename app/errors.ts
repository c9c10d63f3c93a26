/** What went wrong, as far as anything is decided by it. `outcomes.ts` holds the decisions. */
export type ErrorCode =
  | "x-rate-limited"
  | "x-credits-spent"
  | "x-usage-capped"
  | "x-budget-spent"
  | "x-token-refused"
  | "x-keys-missing"
  | "x-forbidden"
  | "x-bad-request"
  | "x-unavailable"
  | "x-bad-response"
  | "entra-refused"
  | "consent-missing"
  | "sas-unusable"
  | "upload-refused"
  | "upload-name-taken"
  | "upload-unavailable"
  | "daily-limit"
  | "platform-refused"
  | "platform-too-large"
  | "platform-unavailable"
  | "job-gone"
  | "job-needs-sign-in"
  | "storage-unavailable"
  | "evidence-offline"
  | "unusable-record"
  | "newer-record"
  | "process-ends"
  | "conflict"
  | "window-open";

type About = { retryAt?: Date; parameters?: readonly string[]; isDoubtful?: boolean };

/** An error of the connector. Its message is for logs and people: no secret, no URL query in it. */
export class ConnectorError extends Error {
  override name = "ConnectorError" as const;
  readonly code: ErrorCode;
  /** When trying again makes sense, where the other side has said so. */
  readonly retryAt: Date | undefined;
  /** Which parameters of a question to X it does not take; empty where it names none. */
  readonly parameters: readonly string[];
  /** Whether X's answer may as well mean something else: an independent question may tell. */
  readonly isDoubtful: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    { retryAt, parameters = [], isDoubtful = false, ...options }: ErrorOptions & About = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAt = retryAt;
    this.parameters = parameters;
    this.isDoubtful = isDoubtful;
  }
}

/** Whether a record of the archive cannot be read: it is damaged, or a newer version wrote it. */
export function isUnreadable(error: unknown): error is ConnectorError {
  return (
    error instanceof ConnectorError &&
    (error.code === "unusable-record" || error.code === "newer-record")
  );
}

/**
 * Whether the storage account cannot be reached, or does not let us in: whatever the libraries for
 * Azure Storage, and for the token that they ask for, say of it, nothing is wrong with the work.
 */
export function isStorageDown(error: unknown): boolean {
  if (!(error instanceof Error) || !STORAGE_ERRORS.has(error.name)) {
    return false;
  }
  const status = numberField(error, "statusCode") ?? 0;
  return status < 400 || status >= 500 || [401, 403, 408, 429].includes(status);
}

const STORAGE_ERRORS = new Set([
  "RestError",
  "AbortError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
  "NoTokenError",
]);

export type ErrorDescription = { code?: string; error: string; status?: number; stack?: string };

/**
 * What may be said of an error in a log line. Messages of other people's errors are left out: they
 * quote addresses with their query (a SAS), headers (a token) or bodies.
 */
export function describeError(error: unknown): ErrorDescription {
  if (error instanceof ConnectorError) {
    const cause = error.cause === undefined ? undefined : describeError(error.cause);
    return {
      code: error.code,
      error: cause ? `${error.message} (${cause.error})` : error.message,
      ...(cause?.status === undefined ? {} : { status: cause.status }),
    };
  }
  if (!(error instanceof Error)) {
    return { error: typeof error };
  }
  const code = stringField(error, "code");
  const status = numberField(error, "statusCode");
  return {
    ...(code === undefined ? {} : { code }),
    error: error.name,
    ...(status === undefined ? {} : { status }),
    stack: framesOf(error),
  };
}

/** The stack's frames alone: the message stands before them, and may itself look like one. */
function framesOf({ stack = "", message }: Error): string {
  const frames = stack
    .replace(message, "")
    .split("\n")
    .filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
  return frames.slice(0, 8).join("\n");
}

function stringField(error: object, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" && /^[\w.-]{1,64}$/.test(value) ? value : undefined;
}

function numberField(error: object, name: string): number | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "number" ? value : undefined;
}
