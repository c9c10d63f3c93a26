import { createHash } from "node:crypto";
import { names } from "../archive/names.ts";
import type { Blob, Store } from "../archive/store.ts";
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
import { askById, type AskedById, type Asking, givenOf } from "./ask-by-id.ts";
import { isAboutFields } from "../twitter/vocabulary.ts";
import { idsToLookUp } from "./context.ts";
import { addPage, leadsInACircle, type PageQuery, type PageRequest, type Walk } from "./walk.ts";

/** The most that X gives of a timeline at a time. */
export const PAGE_SIZE = 100;
/** How often X is asked for a page before it is believed that it sends fewer posts than it says. */
const ASKED_FOR_A_SHORT_PAGE = 3;
/** Pages in a row that bring nothing, after which a reading is given up until the next try. */
const MOST_IDLE_PAGES = 20;

export type Reading = {
  folder: string;
  query: PageQuery;
  fetchPage: (query: PageQuery & { paginationToken?: string }) => Promise<Answer>;
  /** Told of what X does and should not. */
  note: (oddity: string) => void;
};

export type PageOfWalk = { name: string; page: Page; walk: Walk };

/**
 * Reads the pages of a query, each stored verbatim before it is looked at. Pages that are stored
 * already (by a run that was cut off) are not asked for again: the chain of stored pages is the
 * cursor. It ends where X gives no `next_token`; an empty page does not end it (x-api.md section 1).
 * Where X does not know its cursor any more, or leads in a circle, it begins again, once a run; its
 * pages go on in the same folder, and a page that was asked for without a token tells where.
 */
export async function* readPages(store: Store, reading: Reading): AsyncGenerator<PageOfWalk> {
  const { folder, query, note } = reading;
  let walk: Walk | undefined;
  let token: string | undefined;
  let isCircle = false;
  let mayBeginAgain = true;
  let idlePages = 0;
  for (let number = 1; ; number += 1) {
    const name = names.page(folder, number);
    const stored = await store.read(name);
    if (!stored && isCircle) {
      mayBeginAgain = beginAgain(mayBeginAgain, "X leads from page to page in a circle");
    }
    const fetchNext = () => keepPage(store, name, reading, { ...(walk?.query ?? query), token });
    let kept = stored ?? (await fetchNext().catch(unlessTokenIsUnknown(token)));
    if (!kept) {
      note("X does not know its next_token any more");
      mayBeginAgain = beginAgain(mayBeginAgain, "X does not know its own next_token");
      token = undefined;
      kept = await fetchNext();
    }
    const request = requestOf(kept);
    const page = parseTimeline(kept.body);
    isCircle = leadsInACircle(request.token === undefined ? undefined : walk, page.nextToken);
    walk = addPage(walk, request, page);
    token = isCircle ? undefined : walk.nextToken;
    if (!stored) {
      walk.oddities.forEach(note);
      idlePages = walk.isIdle ? idlePages + 1 : 0;
    }
    yield { name, page, walk };
    if (walk.nextToken === undefined) {
      return;
    }
    if (idlePages >= MOST_IDLE_PAGES) {
      throw new ConnectorError("x-bad-response", `X sent ${idlePages} pages without a new post`);
    }
  }
}

/** The walk that a folder's stored pages make, without a question to X; undefined where there is none. */
export async function storedWalk(store: Store, folder: string): Promise<Walk | undefined> {
  let walk: Walk | undefined;
  for await (const name of store.list(folder)) {
    const blob = await store.read(name);
    walk = blob ? addPage(walk, requestOf(blob), parseTimeline(blob.body)) : walk;
  }
  return walk;
}

/** Names of the stored pages of a folder and of those in it, in the order in which they came. */
export async function* pageNames(store: Store, folder: string): AsyncGenerator<string> {
  for await (const name of store.list(folder)) {
    if (name.includes("/pages/")) {
      yield name;
    }
  }
}

/** A page as it was stored, with its context, when X answered with it, and the SHA-256 of its bytes. */
export type StoredPage = { name: string; page: Page; receivedAt: string; sha256: string };

/** Reads stored pages again, in the order in which they came, each with its context. */
export async function* storedPages(store: Store, folder: string): AsyncGenerator<StoredPage> {
  for await (const name of pageNames(store, folder)) {
    const stored = await readStoredPage(store, name);
    if (stored) {
      yield stored;
    }
  }
}

export async function readStoredPage(store: Store, name: string): Promise<StoredPage | undefined> {
  const blob = await store.read(name);
  if (!blob) {
    return undefined;
  }
  const page = parsePage(blob.body);
  const { known } = await askById(storedContext(store, { name, page }));
  const sha256 = createHash("sha256").update(blob.body).digest("hex");
  return {
    name,
    page: withContext(page, known),
    receivedAt: blob.metadata["receivedat"] ?? "",
    sha256,
  };
}

/**
 * Looks up what a stored page's posts show and X did not send along, and stores the answers beside.
 * @returns what became of it, as `askById` has it.
 */
export async function keepContext(
  store: Store,
  { name, page, lookUp }: { name: string; page: Page; lookUp: (ids: string[]) => Promise<Answer> },
): Promise<AskedById> {
  const ask = (number: number, ids: string[]) =>
    keepAnswer(store, names.context(name, number), () => lookUp(ids), parseContext);
  return askById({ ...storedContext(store, { name, page }), ask });
}

function storedContext(store: Store, { name, page }: { name: string; page: Page }): Asking {
  return {
    wanted: (known) => idsToLookUp({ ...page, includes: mergeIncludes(page.includes, known) }),
    read: (number) => store.read(names.context(name, number)),
  };
}

/** A page together with what its context makes known; of the account's own posts, all that were given. */
export function withContext(page: Page, known: Includes): Page {
  const includes = mergeIncludes(page.includes, known);
  return { ...page, posts: [...page.posts, ...givenOf(page.refused ?? [], includes)], includes };
}

export type Kept = Pick<Blob, "body" | "metadata">;

/**
 * Stores an answer of X under a name, and gives it back as it is stored: the first one stays. An
 * answer that cannot be used is kept apart, so that the next try asks anew.
 */
export async function keepAnswer(
  store: Store,
  name: string,
  fetchAnswer: () => Promise<Answer>,
  parse: (body: Uint8Array) => unknown = parsePage,
): Promise<Kept> {
  const { body, about } = await fetchAnswer();
  const kept = { contentType: "application/json", metadata: about };
  try {
    parse(body);
  } catch (error) {
    await store.put(name.replace(/\/(?:pages|proof|context)\//, "/rejected/"), body, kept);
    throw error;
  }
  if (await store.create(name, body, kept)) {
    return { body, metadata: about };
  }
  return (await store.read(name)) ?? { body, metadata: about };
}

/** The same for a question that was asked before, it may be: its answer stands. */
export async function askOnce(
  store: Store,
  name: string,
  ...asked: [fetchAnswer: () => Promise<Answer>, parse: (body: Uint8Array) => unknown]
): Promise<Kept> {
  return (await store.read(name)) ?? keepAnswer(store, name, ...asked);
}

/** A page that is shorter than X says is asked for again; the last answer stands. */
async function keepPage(
  store: Store,
  name: string,
  { fetchPage }: Reading,
  { token, ...query }: PageQuery & { token: string | undefined },
): Promise<Kept> {
  const asked = { ...query, ...(token !== undefined && { paginationToken: token }) };
  const fetchAnswer = async () => {
    let answer = await fetchPage(asked);
    for (let again = 1; again < ASKED_FOR_A_SHORT_PAGE && isShort(answer.body); again += 1) {
      answer = await fetchPage(asked);
    }
    return answer;
  };
  return keepAnswer(store, name, fetchAnswer, parseTimeline);
}

function isShort(body: Uint8Array): boolean {
  try {
    const { posts, unread = [], resultCount = 0 } = parseTimeline(body);
    return posts.length + unread.length < resultCount;
  } catch {
    // Whoever keeps the answer says what is wrong with it.
    return false;
  }
}

function unlessTokenIsUnknown(token: string | undefined): (error: unknown) => undefined {
  return (error) => {
    const isRefused =
      error instanceof ConnectorError && error.code === "x-bad-request" && !isAboutFields(error);
    if (!isRefused || token === undefined) {
      throw error;
    }
    return undefined;
  };
}

function beginAgain(mayBeginAgain: boolean, problem: string): false {
  if (!mayBeginAgain) {
    throw new ConnectorError("x-bad-response", problem);
  }
  return false;
}

function requestOf({ metadata }: Kept): PageRequest {
  const [path, asked] = (metadata["request"] ?? "").split("?");
  const query = new URLSearchParams(asked);
  const [startTime, endTime, sinceId, token] = [
    "start_time",
    "end_time",
    "since_id",
    "pagination_token",
  ].map((name) => query.get(name) ?? undefined);
  return {
    query: {
      ...(startTime !== undefined && { startTime }),
      ...(endTime !== undefined && { endTime }),
      ...(sinceId !== undefined && { sinceId }),
    },
    ...(token !== undefined && { token }),
    askedAt: metadata["askedat"] ?? metadata["receivedat"] ?? "",
    isSearch: path === "tweets/search/all",
  };
}
