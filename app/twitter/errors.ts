import { ApiPartialResponseError, ApiRequestError, ApiResponseError } from "twitter-api-v2";
import { ConnectorError, type ErrorCode } from "../errors.ts";

const RATE_LIMIT_WINDOW_MS = 15 * 60_000;
const PACE_MS = 2_000;
/** Characters of X's words that are passed on. */
const MOST_WORDS = 600;
/** X's are longer by far; shorter ones would tear words apart. */
const SHORTEST_CREDENTIAL = 8;
const LEFT_OUT = "[left out]";

type Refusal = { status: number; slug: string; codes: number[]; title: string; detail: string };

/** What an answer of X other than 2xx means (x-api.md section 5). Rules in order, first match wins. */
export function classifyRefusal({ status, slug, codes }: Refusal): ErrorCode {
  if (slug === "credits" || slug === "credits-depleted" || status === 402) {
    return "x-credits-spent";
  }
  // A spent monthly cap is a 429 with calls left: waiting for the rate limit does not help.
  if (slug === "usage-capped") {
    return "x-usage-capped";
  }
  if (status === 429 || codes.includes(88)) {
    return "x-rate-limited";
  }
  if (status === 401 || codes.includes(89)) {
    return "x-token-refused";
  }
  if (status === 403) {
    return "x-forbidden";
  }
  return status >= 500 ? "x-unavailable" : "x-bad-request";
}

/**
 * Turns an error of twitter-api-v2 into ours. @see x-api.md section 6 for what the library loses.
 * @param sent the credentials of the call: X may quote what it was sent.
 */
export function toXError(error: unknown, now: Date, sent: string[]): ConnectorError {
  if (error instanceof ConnectorError) {
    return error;
  }
  if (error instanceof ApiResponseError) {
    const refusal = readRefusal(error.code, error.data);
    const code = classifyRefusal(refusal);
    const words = [refusal.title, refusal.detail].filter(Boolean).join(": ");
    const said = withoutCredentials(words, sent).slice(0, MOST_WORDS);
    return new ConnectorError(code, `X answered ${error.code}${said && ` (${said})`}`, {
      ...(code === "x-rate-limited" && { retryAt: rateLimitReset(error.headers, now) }),
    });
  }
  if (error instanceof ApiPartialResponseError) {
    return new ConnectorError("x-unavailable", "X's answer was cut off or unreadable");
  }
  if (error instanceof ApiRequestError) {
    // `requestError` is always undefined in twitter-api-v2 1.29; the cause only lies here.
    const cause: unknown = Reflect.get(Object(Reflect.get(error, "_options")), "error");
    return new ConnectorError("x-unavailable", "X could not be reached", { cause });
  }
  return new ConnectorError("x-unavailable", "The request to X failed", { cause: error });
}

/**
 * When the rate limit ends. With calls left, it is the pace that was too fast (search: one a second).
 * Otherwise: `x-rate-limit-reset`, doubted where it is absent, over, or further away
 * than a window of 15 minutes can be.
 */
export function rateLimitReset(headers: Record<string, unknown>, now: Date): Date {
  if (Number(headers["x-rate-limit-remaining"]) > 0) {
    return new Date(now.getTime() + PACE_MS);
  }
  const reset = Number(headers["x-rate-limit-reset"]) * 1000;
  const furthest = now.getTime() + RATE_LIMIT_WINDOW_MS;
  const believable = reset > now.getTime() && reset <= furthest;
  return new Date((believable ? reset : furthest) + 1000);
}

function readRefusal(status: number, data: unknown): Refusal {
  const body = toObject(data);
  const errors: unknown[] = Array.isArray(body["errors"]) ? body["errors"] : [];
  const first = toObject(errors[0]);
  return {
    status,
    slug: text(body["type"]).split("/").at(-1) ?? "",
    codes: errors.map((entry) => Number(toObject(entry)["code"])).filter(Number.isInteger),
    title: text(body["title"]),
    detail: text(body["detail"]) || text(first["message"]),
  };
}

function toObject(data: unknown): Record<string, unknown> {
  const value: unknown = Buffer.isBuffer(data) ? parseOrNothing(data) : data;
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function parseOrNothing(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** X's words without the credentials that it was sent, and without what looks like one. */
function withoutCredentials(words: string, sent: string[]): string {
  return sent
    .filter(({ length }) => length >= SHORTEST_CREDENTIAL)
    .reduce((so, credential) => so.replaceAll(credential, LEFT_OUT), words)
    .replaceAll(/[\w.~+=%-]{16,}/g, (run) =>
      /\d/.test(run) && /[a-z]/i.test(run) ? LEFT_OUT : run,
    );
}
