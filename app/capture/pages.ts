import { createHash } from "node:crypto";
import { names } from "../archive/names.ts";
import type { Blob, Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import type { NamedPage, TimelineFeed } from "../feeds/feed.ts";
import type { Answer } from "../twitter/answer.ts";
import {
  type Includes,
  mergeIncludes,
  type Page,
  parseContext,
  parsePage,
  parseTimeline,
} from "../twitter/page.ts";
import { type AskAgainDeps, askUntilBelieved, type Judgement } from "./ask-again.ts";
import { askById, type AskedById, type Asking, givenOf } from "./ask-by-id.ts";
import { isAboutFields } from "../twitter/vocabulary.ts";
import { idsToLookUp } from "./context.ts";
import {
  extendScan,
  contradictionIn,
  leadsInACircle,
  nextQuestion,
  type PageQuery,
  type PageRequest,
  strangeIn,
  type Scan,
} from "./scan.ts";

/** The most that X gives of a timeline at a time. */
export const PAGE_SIZE = 100;
/** Pages in a row that bring nothing, after which a reading is given up until the next try. */
const MOST_IDLE_PAGES = 20;

export type Reading = AskAgainDeps & {
  folder: string;
  /** Whose posts must be on the pages; absent: anybody's. */
  accountId?: string;
  query: PageQuery;
  fetchPage: (query: PageQuery & { paginationToken?: string }) => Promise<Answer>;
  /** Told of what X does and should not. */
  note: (oddity: string) => void;
  /** Why a first page without posts contradicts what else is known, in words. */
  whyNotEmpty?: string | undefined;
};

type Question = PageQuery & { token?: string };

export type PageOfScan = { name: string; page: Page; scan: Scan };

/**
 * Reads the pages of a query, each stored verbatim before it is looked at. Pages that are stored
 * already (by a run that was cut off) are not asked for again: the chain of stored pages is the
 * cursor. It ends where X gives no `next_token` and nothing that is older than what is here; an
 * empty page does not end it (docs/x-api.md#timelines). An answer that contradicts itself, or is
 * empty, is asked for again before it is believed. Where X does not know its cursor any more, or
 * leads in a circle, it begins again, once a run; its pages go on in the same folder, and a page
 * that was asked for without a token tells where.
 */
export async function* readPages(store: Store, reading: Reading): AsyncGenerator<PageOfScan> {
  const { folder, query, note } = reading;
  let scan: Scan | undefined;
  let isCircle = false;
  let mayBeginAgain = true;
  let idlePages = 0;
  for (let number = 1; ; number += 1) {
    const question: Question | undefined = scan === undefined ? query : nextQuestion(scan);
    if (question === undefined) {
      return;
    }
    const name = names.page(folder, number);
    const stored = await store.read(name);
    if (!stored && isCircle) {
      mayBeginAgain = beginAgain(mayBeginAgain, "X leads from page to page in a circle");
    }
    const begun = scan?.query ?? query;
    const keepNext = (asked: Question) => keepPage(store, name, reading, { before: scan, asked });
    let kept =
      stored ??
      (await keepNext(isCircle ? begun : question).catch(unlessTokenIsUnknown(question.token)));
    if (!kept) {
      note("X does not know its next_token any more");
      mayBeginAgain = beginAgain(mayBeginAgain, "X does not know its own next_token");
      kept = await keepNext(begun);
    }
    const request = requestOf(kept);
    const page = parseTimeline(kept.body);
    isCircle = leadsInACircle(request.token === undefined ? undefined : scan, page.nextToken);
    scan = extendScan(scan, request, page);
    if (!stored) {
      scan.oddities.forEach(note);
      idlePages = scan.isIdle ? idlePages + 1 : 0;
    }
    yield { name, page, scan };
    if (idlePages >= MOST_IDLE_PAGES) {
      throw new ConnectorError("x-bad-response", `X sent ${idlePages} pages without a new post`);
    }
  }
}

/** The walk that a folder's stored pages make, without a question to X; undefined where there is none. */
export async function storedScan(store: Store, folder: string): Promise<Scan | undefined> {
  let scan: Scan | undefined;
  for await (const name of store.list(folder)) {
    const blob = await store.read(name);
    scan = blob ? extendScan(scan, requestOf(blob), parseTimeline(blob.body)) : scan;
  }
  return scan;
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
export async function* storedPages(
  store: Store,
  feed: TimelineFeed,
  folder: string,
): AsyncGenerator<StoredPage> {
  for await (const name of pageNames(store, folder)) {
    const stored = await readStoredPage(store, feed, name);
    if (stored) {
      yield stored;
    }
  }
}

export async function readStoredPage(
  store: Store,
  feed: TimelineFeed,
  name: string,
): Promise<StoredPage | undefined> {
  const blob = await store.read(name);
  if (!blob) {
    return undefined;
  }
  const page = parsePage(blob.body);
  const known = await feed.readContext(store, { name, page });
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

/** What those answers make known. */
export async function readContext(store: Store, stored: NamedPage): Promise<Includes> {
  return (await askById(storedContext(store, stored))).known;
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
    const digest = createHash("sha256").update(body).digest("hex").slice(0, 16);
    await store.create(names.rejected(name, digest), body, kept);
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

/** The same for a few posts of a timeline or a search: that there is none is not believed on one answer. */
export async function askProbe(
  store: Store,
  name: string,
  {
    request,
    ...asking
  }: AskAgainDeps & { ask: () => Promise<Answer>; request: Omit<PageRequest, "askedAt"> },
): Promise<Kept> {
  const asked = { before: undefined, request };
  return (await store.read(name)) ?? keepBelieved(store, name, { ...asking, ...asked });
}

/** A page that is empty or contradicts itself is asked for again before it is kept. */
async function keepPage(
  store: Store,
  name: string,
  reading: Reading,
  { before, asked: { token, ...query } }: { before: Scan | undefined; asked: Question },
): Promise<Kept> {
  const { accountId, whyNotEmpty } = reading;
  const ask = () =>
    reading.fetchPage({ ...query, ...(token !== undefined && { paginationToken: token }) });
  const request = {
    query,
    ...(token !== undefined && { token }),
    ...(accountId !== undefined && { accountId }),
  };
  return keepBelieved(store, name, { ...reading, ask, before, request, whyNotEmpty });
}

async function keepBelieved(
  store: Store,
  name: string,
  {
    before,
    request,
    whyNotEmpty,
    ...asking
  }: AskAgainDeps & { ask: () => Promise<Answer> } & Context,
): Promise<Kept> {
  const fetchAnswer = () =>
    askUntilBelieved(store, name, {
      ...asking,
      judge: ({ body }) => {
        const page = readOrNothing(body);
        return page ? judge(page, { before, request, whyNotEmpty }) : { worth: 0 };
      },
    });
  return keepAnswer(store, name, fetchAnswer, (body) => {
    const strange = strangeIn(request, parseTimeline(body));
    if (strange !== undefined) {
      throw new ConnectorError("x-bad-response", strange);
    }
  });
}

/** What an answer is held against. */
type Context = {
  before: Scan | undefined;
  request: Omit<PageRequest, "askedAt">;
  whyNotEmpty?: string | undefined;
};

function judge(page: Page, { before, request, whyNotEmpty }: Context): Judgement {
  const sent = page.posts.length + (page.unparseable ?? []).length;
  const isFirst = before === undefined;
  const contradiction =
    contradictionIn(before, request, page) ??
    (isFirst && sent === 0 && page.nextToken === undefined ? whyNotEmpty : undefined);
  // What is older than the last page's posts is nothing, as a rule: two answers say so already.
  const endsChain =
    request.token === undefined && !isFirst && before.deadEnd === undefined && sent === 0;
  return {
    contradiction,
    isSilent: sent === 0 && !endsChain,
    worth: strangeIn(request, page) === undefined ? sent : -1,
  };
}

/** Whoever keeps the answer says what is wrong with one that cannot be read. */
function readOrNothing(body: Uint8Array): Page | undefined {
  try {
    return parseTimeline(body);
  } catch {
    return undefined;
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
  const [startTime, endTime, sinceId, untilId, token] = [
    "start_time",
    "end_time",
    "since_id",
    "until_id",
    "pagination_token",
  ].map((name) => query.get(name) ?? undefined);
  return {
    query: {
      ...(startTime !== undefined && { startTime }),
      ...(endTime !== undefined && { endTime }),
      ...(sinceId !== undefined && { sinceId }),
      ...(untilId !== undefined && { untilId }),
    },
    ...(token !== undefined && { token }),
    askedAt: metadata["askedat"] ?? metadata["receivedat"] ?? "",
    isSearch: path === "tweets/search/all",
  };
}
