import { ApiPartialResponseError, ApiRequestError, ApiResponseError } from "twitter-api-v2";
import { ConnectorError, type ErrorCode } from "../errors.ts";

const RATE_LIMIT_WINDOW_MS = 15 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
/** Characters of X's words that are passed on, and of a list in them: X lists all names that it takes. */
const MOST_WORDS = 600;
const MOST_OF_A_LIST = 60;
/** X's are longer by far; shorter ones would tear words apart. */
const SHORTEST_CREDENTIAL = 8;
const LEFT_OUT = "[left out]";

/** What an answer says of why it is none, as far as it says so in X's form. */
type Refusal = {
  status: number;
  slug: string;
  codes: number[];
  title: string;
  detail: string;
  /** X's words on each thing that it does not take, and the parameters of the question that it names. */
  reasons: string[];
  parameters: string[];
  /** The body is no JSON object, as all of X's are: somebody else has answered, or nobody in order. */
  isForeign: boolean;
};

/**
 * What an answer of X other than 2xx means (docs/x-api.md#errors). Rules in order, first match wins. Of
 * what was asked for before and answered, 404 is an outage (X had one of eight hours on its timelines,
 * 2025-09-10); so is a refusal that is not X's own, or that does not say what is refused.
 */
export function classifyRefusal({ status, slug, codes, ...said }: Refusal): ErrorCode {
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
  // 135: a clock is wrong, ours or X's, and no new sign-in mends it.
  if (said.isForeign || status === 404 || status === 408 || status >= 500 || codes.includes(135)) {
    return "x-unavailable";
  }
  if (status === 401 || codes.includes(89)) {
    return "x-token-refused";
  }
  if (status === 403) {
    return "x-forbidden";
  }
  const isReasoned =
    slug === "invalid-request" || said.parameters.length > 0 || said.reasons.length > 0;
  return status > 400 || (status === 400 && isReasoned) ? "x-bad-request" : "x-unavailable";
}

/**
 * Turns an error of twitter-api-v2 into ours. @see docs/x-api.md#twitter-api-v2 for what the library loses.
 */
export function toXError(error: unknown, asked: Asked): ConnectorError {
  if (error instanceof ConnectorError) {
    return error;
  }
  if (error instanceof ApiResponseError) {
    return toRefusal({ status: error.code, body: error.data, headers: error.headers }, asked);
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

export type Answered = { status: number; body: unknown; headers: Record<string, unknown> };
/** When it was asked, and with which credentials: X may quote what it was sent. */
type Asked = { now: Date; sent: string[] };

function toRefusal({ status, body, headers }: Answered, { now, sent }: Asked): ConnectorError {
  const refusal = readRefusal(status, body);
  const code = classifyRefusal(refusal);
  const retryAt = code === "x-rate-limited" ? rateLimitReset(headers, now) : undefined;
  const said = withoutCredentials(wordsOf(refusal), sent).slice(0, MOST_WORDS);
  const words = refusal.isForeign ? ` with ${describeForeign(headers)}` : said && ` (${said})`;
  return new ConnectorError(code, `X answered ${status}${words}`, {
    parameters: refusal.parameters,
    isDoubtful: code === "x-unavailable" && status < 500,
    ...(retryAt && { retryAt }),
  });
}

/**
 * What is wrong with an answer whose status says that all is well: it is another's page, JSON of
 * another shape, or an error for all that. Undefined where it has the shape of an answer of X.
 */
export function refusalWithin(answered: Answered, asked: Asked): ConnectorError | undefined {
  const { data, meta, errors, status, title } = toObject(answered.body);
  // X says nothing so of posts that are not there.
  const isEmpty = String(answered.body).trim() === "{}";
  const isOfParts = Array.isArray(errors) && errors.length > 0 && !errors.some(isWhole);
  if (data !== undefined || meta !== undefined || isOfParts || isEmpty) {
    return undefined;
  }
  if (errors === undefined && title === undefined) {
    const message = `X answered ${answered.status} with ${describeForeign(answered.headers)}`;
    return new ConnectorError("x-unavailable", message, { isDoubtful: true });
  }
  const isOfQuestion = Array.isArray(errors) && errors.some((one) => toObject(one)["parameters"]);
  const meant = Number(status) >= 400 ? Number(status) : isOfQuestion ? 400 : answered.status;
  return toRefusal({ ...answered, status: meant }, asked);
}

/** Whether an entry of `errors` is about the whole question, and not about one thing of many. */
function isWhole(entry: unknown): boolean {
  const { code, parameters } = toObject(entry);
  return code !== undefined || parameters !== undefined;
}

function describeForeign(headers: Record<string, unknown>): string {
  const [type = ""] = text(headers["content-type"]).split(";");
  return `a body that is not X's (${/^[\w.+/-]{1,60}$/.test(type) ? type : "of no known type"})`;
}

/**
 * When the rate limit ends: `x-rate-limit-reset`, and the resets of the limits of 24 hours that are
 * spent. They are times of X's clock, as `date` is; none is believed to be further away than its
 * window is long. Undefined where X names no time to come.
 */
export function rateLimitReset(headers: Record<string, unknown>, now: Date): Date | undefined {
  const clock = Date.parse(text(headers["date"])) || now.getTime();
  const waitFor = (limit: string, longestMs: number) =>
    Math.min(Number(headers[`${limit}-reset`]) * 1000 - clock, longestMs);
  const isSpent = (limit: string) => Number(headers[`${limit}-remaining`] ?? Number.NaN) <= 0;
  const waits = [
    waitFor("x-rate-limit", RATE_LIMIT_WINDOW_MS),
    ...DAY_LIMITS.filter(isSpent).map((limit) => waitFor(limit, DAY_MS)),
  ].filter((ms) => ms > 0);
  return waits.length > 0 ? new Date(now.getTime() + Math.max(...waits) + 1000) : undefined;
}

const DAY_LIMITS = ["x-app-limit-24hour", "x-user-limit-24hour"];

function readRefusal(status: number, data: unknown): Refusal {
  const body = toObject(data);
  const errors = (Array.isArray(body["errors"]) ? body["errors"] : []).map(toObject);
  return {
    status,
    slug: text(body["type"]).split("/").at(-1) ?? "",
    codes: errors.map(({ code }) => Number(code)).filter(Number.isInteger),
    title: text(body["title"]),
    detail: text(body["detail"]),
    reasons: errors.map(reasonOf).filter(Boolean),
    parameters: errors.flatMap(({ parameters }) => Object.keys(toObject(parameters))),
    isForeign: isForeign(data),
  };
}

/** What one entry of `errors` says: `{parameters: {name: [values]}, message}`, or less. */
function reasonOf({ message, parameters }: Record<string, unknown>): string {
  const words = text(message);
  const unsaid = Object.entries(toObject(parameters))
    .filter(([name]) => !words.includes(name))
    .map(([name, values]) => `${name} [${String(values)}]`);
  return [words, ...unsaid].filter(Boolean).join(" ");
}

function wordsOf({ title, detail, reasons }: Refusal): string {
  const said = [[title, detail].filter(Boolean).join(": "), ...reasons].filter(Boolean).join(" ");
  return said.replaceAll(/\[([^\]]*)\]/g, (list, inner: string) =>
    inner.length > MOST_OF_A_LIST ? `[${inner.slice(0, MOST_OF_A_LIST)}…]` : list,
  );
}

/** Only of questions to the API: X's sign-in answers in forms and in plain words. */
function isForeign(data: unknown): boolean {
  return Buffer.isBuffer(data) && data.length > 0 && !isObject(parseOrNothing(data));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toObject(data: unknown): Record<string, unknown> {
  const value: unknown = Buffer.isBuffer(data) ? parseOrNothing(data) : data;
  return isObject(value) ? { ...value } : {};
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
