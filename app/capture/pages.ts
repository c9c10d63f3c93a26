import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { Answer } from "../twitter/client.ts";
import { type Page, parsePage } from "../twitter/page.ts";

export type PageQuery = { startTime?: string; endTime?: string; sinceId?: string };
type FetchPage = (query: PageQuery & { paginationToken?: string }) => Promise<Answer>;

/**
 * Reads the pages of a query, each stored verbatim before it is looked at. Pages that are stored
 * already (by a run that was cut off) are not asked for again: the chain of stored pages is the
 * cursor. It ends where X gives no `next_token`; an empty page does not end it (x-api.md section 1).
 */
export async function* readPages(
  store: Store,
  { folder, query, fetchPage }: { folder: string; query: PageQuery; fetchPage: FetchPage },
): AsyncGenerator<Page> {
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
      (await keepAnswer(store, name, () =>
        fetchPage({ ...asked, ...(next !== undefined && { paginationToken: next }) }),
      ));
    const page = parsePage(body);
    yield page;
    if (page.nextToken === undefined) {
      return;
    }
    if (page.nextToken === token) {
      throw new ConnectorError("x-bad-response", "X answers with the same page again and again");
    }
    token = page.nextToken;
  }
}

/** Reads stored pages again, in the order in which they came. */
export async function* storedPages(
  store: Store,
  folder: string,
): AsyncGenerator<{ page: Page; receivedAt: string }> {
  for await (const name of store.list(folder)) {
    const blob = await store.read(name);
    if (blob) {
      yield { page: parsePage(blob.body), receivedAt: blob.metadata["receivedat"] ?? "" };
    }
  }
}

/**
 * Stores an answer of X under a name, and gives it back as it is stored: the first one stays. An
 * answer that cannot be used is kept apart, so that the next try asks anew.
 */
export async function keepAnswer(
  store: Store,
  name: string,
  fetchAnswer: () => Promise<Answer>,
): Promise<Uint8Array> {
  const { body, about } = await fetchAnswer();
  const kept = { contentType: "application/json", metadata: about };
  try {
    parsePage(body);
  } catch (error) {
    await store.put(name.replace(/\/(?:pages|proof)\//, "/rejected/"), body, kept);
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
