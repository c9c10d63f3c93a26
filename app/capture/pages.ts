import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Answer } from "../twitter/client.ts";
import {
  type Includes,
  mergeIncludes,
  type Page,
  parseContext,
  parsePage,
  parseTimeline,
} from "../twitter/page.ts";
import { idsToLookUp } from "./context.ts";

export type PageQuery = { startTime?: string; endTime?: string; sinceId?: string };
/** Ids that X takes in one lookup. */
const LOOKUP_SIZE = 100;

type FetchPage = (query: PageQuery & { paginationToken?: string }) => Promise<Answer>;

/**
 * Reads the pages of a query, each stored verbatim before it is looked at. Pages that are stored
 * already (by a run that was cut off) are not asked for again: the chain of stored pages is the
 * cursor. It ends where X gives no `next_token`; an empty page does not end it (x-api.md section 1).
 */
export async function* readPages(
  store: Store,
  { folder, query, fetchPage }: { folder: string; query: PageQuery; fetchPage: FetchPage },
): AsyncGenerator<{ name: string; page: Page }> {
  let asked = query;
  let token: string | undefined;
  for (let number = 1; ; number += 1) {
    const name = names.page(folder, number);
    const stored = await store.read(name);
    if (number === 1 && stored) {
      asked = queryOf(stored.metadata["request"] ?? "");
    }
    const next = token;
    const body =
      stored?.body ??
      (await keepAnswer(
        store,
        name,
        () => fetchPage({ ...asked, ...(next !== undefined && { paginationToken: next }) }),
        parseTimeline,
      ));
    const page = parseTimeline(body);
    yield { name, page };
    if (page.nextToken === undefined) {
      return;
    }
    if (page.nextToken === token) {
      throw new ConnectorError("x-bad-response", "X answers with the same page again and again");
    }
    token = page.nextToken;
  }
}

/** Reads stored pages again, in the order in which they came, each with its context. */
export async function* storedPages(
  store: Store,
  folder: string,
): AsyncGenerator<{ page: Page; receivedAt: string }> {
  for await (const name of store.list(folder)) {
    const blob = await store.read(name);
    if (blob) {
      const page = parsePage(blob.body);
      const includes = await storedContext(store, { name, page });
      yield { page: { ...page, includes }, receivedAt: blob.metadata["receivedat"] ?? "" };
    }
  }
}

/** Looks up what a stored page's posts show and X did not send along, once, and stores it beside. */
export async function keepContext(
  store: Store,
  { name, page, lookUp }: { name: string; page: Page; lookUp: (ids: string[]) => Promise<Answer> },
): Promise<void> {
  for (const [index, ids] of chunk(idsToLookUp(page)).entries()) {
    const contextName = names.context(name, index + 1);
    if (!(await store.read(contextName))) {
      await keepAnswer(store, contextName, () => lookUp(ids), parseContext);
    }
  }
}

async function storedContext(
  store: Store,
  { name, page }: { name: string; page: Page },
): Promise<Includes> {
  let { includes } = page;
  for (const [index] of chunk(idsToLookUp(page)).entries()) {
    const blob = await store.read(names.context(name, index + 1));
    includes = blob ? mergeIncludes(includes, parseContext(blob.body)) : includes;
  }
  return includes;
}

/** Ids in lots that X takes at a time. */
export function chunk(ids: string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / LOOKUP_SIZE) }, (_, index) =>
    ids.slice(index * LOOKUP_SIZE, (index + 1) * LOOKUP_SIZE),
  );
}

/**
 * Stores an answer of X under a name, and gives it back as it is stored: the first one stays. An
 * answer that cannot be used is kept apart, so that the next try asks anew.
 */
export async function keepAnswer(
  store: Store,
  name: string,
  fetchAnswer: () => Promise<Answer>,
  parse: (body: Uint8Array) => unknown = parsePage,
): Promise<Uint8Array> {
  const { body, about } = await fetchAnswer();
  const kept = { contentType: "application/json", metadata: about };
  try {
    parse(body);
  } catch (error) {
    await store.put(name.replace(/\/(?:pages|proof|context)\//, "/rejected/"), body, kept);
    throw error;
  }
  if (await store.create(name, body, kept)) {
    return body;
  }
  const earlier = await store.read(name);
  return earlier?.body ?? body;
}

function queryOf(request: string): PageQuery {
  const query = new URLSearchParams(request.split("?")[1]);
  const [startTime, endTime, sinceId] = ["start_time", "end_time", "since_id"].map(
    (name) => query.get(name) ?? undefined,
  );
  return {
    ...(startTime !== undefined && { startTime }),
    ...(endTime !== undefined && { endTime }),
    ...(sinceId !== undefined && { sinceId }),
  };
}
