import { invalidRequest, Refusal } from "./problems.ts";

export type TimelineQuery = {
  maxResults: number;
  paginationToken: string | undefined;
  sinceId: bigint | undefined;
  untilId: bigint | undefined;
  startTime: number | undefined;
  endTime: number | undefined;
  exclude: ReadonlySet<string>;
};

/** The moment that a request's times are measured against. */
export type Clock = {
  now: number;
  /** Whether it follows the windows that the portal asks for instead of running. */
  followsWindows: boolean;
};

const MAX_RESULTS = { least: 5, most: 100, default: 10 };
const EARLIEST = Date.parse("2010-11-06T00:00:00Z");
const MIN_AGE_MS = 10_000;

/** Reads the query of a timeline; what X would answer with 400 throws a Refusal. */
export function readTimelineQuery(query: URLSearchParams, clock: Clock): TimelineQuery {
  const startTime = readTime(query, "start_time", clock, EARLIEST);
  const endTime = readTime(query, "end_time", clock, EARLIEST);
  if (startTime !== undefined && endTime !== undefined && startTime >= endTime) {
    refuse(query, "end_time", "'end_time' must be after 'start_time'");
  }
  return {
    maxResults: readCount(query, MAX_RESULTS),
    paginationToken: query.get("pagination_token") ?? undefined,
    sinceId: readId(query, "since_id"),
    untilId: readId(query, "until_id"),
    startTime,
    endTime,
    exclude: readExclude(query),
  };
}

export function invalidPaginationToken(query: URLSearchParams): Refusal {
  const token = query.get("pagination_token") ?? "";
  const message = `The \`pagination_token\` query parameter value [${token}] is not valid`;
  return new Refusal(invalidRequest("pagination_token", token, message));
}

export function readCount(
  query: URLSearchParams,
  { least, most, default: otherwise }: { least: number; most: number; default: number },
): number {
  const text = query.get("max_results") ?? String(otherwise);
  if (!/^\d+$/.test(text) || Number(text) < least || Number(text) > most) {
    refuse(query, "max_results", `is not between ${least} and ${most}`);
  }
  return Number(text);
}

export function readId(query: URLSearchParams, name: string): bigint | undefined {
  const text = query.get(name);
  if (text !== null && !/^\d{1,19}$/.test(text)) {
    refuse(query, name, "does not match ^[0-9]{1,19}$");
  }
  return text === null ? undefined : BigInt(text);
}

/**
 * A start must be 10 s old, by either clock. A real end too; an end on the clock that follows the
 * windows may be its very moment, because that clock stands still just after the window.
 */
export function readTime(
  query: URLSearchParams,
  name: string,
  clock: Clock,
  earliest: number,
): number | undefined {
  const text = query.get(name);
  if (text === null) {
    return undefined;
  }
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) {
    refuse(query, name, "is not a valid RFC3339 date-time (YYYY-MM-DDTHH:mm:ssZ)");
  }
  if (time < earliest) {
    refuse(query, name, `must be on or after ${new Date(earliest).toISOString()}`);
  }
  const minAge = name === "end_time" && clock.followsWindows ? 0 : MIN_AGE_MS;
  if (time > clock.now - minAge) {
    const now = new Date(clock.now).toISOString();
    refuse(query, name, `must be a minimum of 10 seconds prior to the request time (${now})`);
  }
  return time;
}

function readExclude(query: URLSearchParams): Set<string> {
  const names = query.get("exclude")?.split(",") ?? [];
  if (names.some((name) => name !== "replies" && name !== "retweets")) {
    refuse(query, "exclude", "is not one of [replies,retweets]");
  }
  return new Set(names);
}

export function refuse(query: URLSearchParams, name: string, what: string): never {
  const value = query.get(name) ?? "";
  const message = `The \`${name}\` query parameter value [${value}] ${what}`;
  throw new Refusal(invalidRequest(name, value, message));
}
