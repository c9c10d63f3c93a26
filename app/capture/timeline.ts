import { names } from "../archive/names.ts";
import { ConnectorError } from "../errors.ts";
import type { Post } from "../twitter/page.ts";
import type { TimelineQuery } from "../twitter/client.ts";
import type { Answer } from "../twitter/answer.ts";
import type { Source } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { addSeconds, type Interval } from "../time/intervals.ts";
import { PAGE_SIZE, readPages } from "./pages.ts";
import { firstIdAt, timeOfId } from "./post-id.ts";
import { postsSentAlong, type Found, toFound } from "./rediscovered.ts";
import { FIRST_TIME } from "./times.ts";
import type { PageQuery, Scan } from "./scan.ts";

/** A post may be edited for so long, and has an id of that time then (docs/x-api.md#edits). */
const EDITABLE_SECONDS = 3600;

/** How X is asked for an interval that lies on one side of FIRST_TIME. */
export function questionFor({ start, end }: Interval): PageQuery {
  return end <= FIRST_TIME
    ? { untilId: firstIdAt(FIRST_TIME) }
    : { startTime: start, endTime: end };
}

/** Reads an interval of a timeline, page by page, with the context of each. */
export async function readTimeline(
  deps: CaptureDeps,
  source: Source,
  {
    captureId,
    query,
    whyNotEmpty,
    isEarly,
  }: {
    captureId: string;
    query: PageQuery;
    whyNotEmpty?: string | undefined;
    /** Which posts may be late: their time was read before. */
    isEarly: (createdAt: string) => boolean;
  },
): Promise<{ scan: Scan; early: Found[] }> {
  const { store, log } = deps;
  const { jobId } = source;
  const pages = readPages(store, {
    ...readingOf(deps, source),
    folder: names.capturePages(source, captureId),
    query,
    whyNotEmpty,
  });
  const early: Found[] = [];
  let last: Scan | undefined;
  for await (const { name, page, scan } of pages) {
    await source.feed.completePage(deps, source, { name, page });
    log("capture.page", { jobId, posts: page.posts.length });
    if (page.missingFields) {
      log("capture.fields-missing", { jobId, detail: page.missingFields.join(", ") });
    }
    const isAnnounced = ({ createdAt }: Post) =>
      source.feed.goesWith === "the next task" || isEarly(createdAt);
    const { isRecord = () => true } = source.feed;
    const posts = page.posts.filter(
      (post) => isAnnounced(post) && isRecord(post, source.accountId),
    );
    early.push(...posts.map((post) => toFound(post, name)));
    early.push(...(await postsSentAlong(store, source.feed, { name, page })));
    last = scan;
  }
  if (!last) {
    throw new ConnectorError("x-bad-response", "X gave no page at all");
  }
  return { scan: last, early };
}

/** Whose posts must be on the pages of a source; anybody's, where the feed is of others. */
export function authorOf({ feed, accountId }: Source): { accountId?: string } {
  return feed.isOfAccount ? { accountId } : {};
}

/** How the pages of a source's timeline are read, whatever is asked of it. */
export function readingOf(deps: CaptureDeps, source: Source) {
  const { log, wait } = deps;
  const { jobId } = source;
  return {
    ...authorOf(source),
    fetchPage: (asked: PageQuery & { paginationToken?: string }) =>
      askTimeline(deps, source, { ...asked, maxResults: PAGE_SIZE }),
    wait,
    note: (reason: string) => log("capture.unexpected-answer", { jobId, reason }),
    noteAskedAgain: (about: { reason: string; asked: number; detail: string }) =>
      log("capture.request-repeated", { jobId, ...about }),
  };
}

/** Asks for a page; by ids, where X does not take the times that it is asked with. */
export async function askTimeline(
  { twitter, log }: CaptureDeps,
  source: Source,
  query: TimelineQuery,
): Promise<Answer> {
  const ask = (asked: TimelineQuery) => source.feed.fetchPage(twitter, source, asked);
  try {
    return await ask(query);
  } catch (refusal) {
    const hasTimes = query.startTime !== undefined || query.endTime !== undefined;
    if (!isRefused(refusal) || !hasTimes || query.paginationToken !== undefined) {
      throw refusal;
    }
    const answer = await ask(withoutTimes(query)).catch((error: unknown) => {
      throw isRefused(error) ? refusal : error;
    });
    const { jobId } = source;
    log("capture.unexpected-answer", {
      jobId,
      reason: "X refused start_time or end_time: asked by ids",
    });
    return answer;
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof ConnectorError && error.code === "x-bad-request";
}

/** The same question by ids: all of its posts, and maybe some around. Without a start where ids say no time. */
export function withoutTimes({ startTime, endTime, ...others }: TimelineQuery): TimelineQuery {
  const first = startTime === undefined ? undefined : firstIdAt(startTime);
  const sinceId =
    first === undefined || timeOfId(first) === undefined ? undefined : BigInt(first) - 1n;
  const untilId =
    endTime === undefined ? undefined : firstIdAt(addSeconds(endTime, EDITABLE_SECONDS));
  return {
    ...(untilId !== undefined && { untilId }),
    ...others,
    // Also where a later one was given: the question is to begin where it began.
    ...(sinceId !== undefined && { sinceId: String(sinceId) }),
  };
}
