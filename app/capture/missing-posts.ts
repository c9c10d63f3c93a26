import * as z from "zod";
import { type FeedKey, names } from "../archive/names.ts";
import { type RecordOf, recordType } from "../archive/records.ts";
import { changeDocument, createDocument, readDocument, type Store } from "../archive/store.ts";
import { ConnectorError } from "../errors.ts";
import { type Page, parseContext, parsePage, type Post } from "../twitter/page.ts";
import { askById, type AskedById, SILENT } from "./ask-by-id.ts";
import type { CompleteDeps, NamedPage, Source } from "../feeds/feed.ts";
import type { CaptureDeps } from "./capture-deps.ts";
import { idsToLookUp, ownPostsMissing } from "./context.ts";
import { addToCoverage, type Gap, readCoverage, replaceGap } from "./coverage.ts";
import { addSeconds, floorToSecond } from "../time/intervals.ts";
import { keepAnswer, keepContext, withContext } from "./pages.ts";
import { timeOfId } from "./post-id.ts";
import { type Found, toFound } from "./rediscovered.ts";
import { FIRST_POST_TIME } from "./times.ts";

const HOUR_MS = 60 * 60_000;
/**
 * When X is asked again for what it did not hand out, counted from the time before. The first time lies
 * beyond what a capture looks back (look-back.ts), so that it finds nothing that is still to be found.
 */
const ASK_AGAIN_AFTER_MS = [2 * HOUR_MS, 24 * HOUR_MS];

const missingRecord = recordType(
  z.object({
    /** The stored page that names the posts. */
    page: z.string(),
    /** Posts of the account itself. */
    own: z.array(z.string()),
    /** Posts that the page's posts show, and which ones of them show each. */
    shown: z.array(z.object({ id: z.string(), by: z.array(z.string()) })),
    /** How often X was asked again. */
    asked: z.number(),
    askAt: z.string(),
  }),
);
type Missing = RecordOf<typeof missingRecord>;

type Deps = CompleteDeps & Pick<CaptureDeps, "announce">;
type Asker = Pick<Source, "jobId" | "feed" | "token">;

/**
 * Looks up what a stored page's posts show, and their other versions. What X does not hand out is
 * written down: a post of the account itself as a gap of its second, one that is only shown in the item
 * that shows it. X is asked again for both, twice.
 */
export async function completePage(
  deps: CompleteDeps,
  asker: Asker,
  stored: NamedPage,
): Promise<void> {
  const { store, twitter, log, now } = deps;
  const { name, page } = stored;
  const { jobId, token } = asker;
  const lookUp = (ids: string[]) => twitter.lookup(token, ids);
  const { known, silent } = await keepContext(store, { name, page, lookUp });
  const whole = withContext(page, known);
  const own = ownPostsMissing(whole);
  await recordGaps(deps, asker, { own, whole });
  const isShown = (id: string) => !own.includes(id) && !whole.includes.posts.has(id);
  const shown = silent.filter(isShown).map((id) => ({ id, by: showing(page, known, id) }));
  if (own.length === 0 && shown.length === 0) {
    return;
  }
  const missing = { page: name, own, shown, asked: 0, askAt: laterThan(now(), 0) };
  if (await createDocument(store, names.missingPostsOf(asker, name), missingRecord, missing)) {
    silent.forEach((postId) => log("capture.post-unanswered", { jobId, postId }));
  }
}

async function recordGaps(
  { store, log, now }: CompleteDeps,
  asker: Asker,
  { own, whole }: { own: string[]; whole: Page },
): Promise<void> {
  const gaps = own.map((postId): Gap => {
    const start = timeOfId(postId) ?? whole.posts.at(-1)?.createdAt ?? FIRST_POST_TIME;
    const why = whole.includes.missing.get(postId) ?? "without a reason";
    return {
      start,
      end: addSeconds(start, 1),
      reason: `X names post ${postId} of the account and does not hand it out: ${why}`,
      tried: "it was asked for by its id, and is asked for again 2 and 26 hours later",
      recordedAt: floorToSecond(now()),
      postId,
    };
  });
  const added = gaps.length === 0 ? [] : await addToCoverage(store, asker, { gaps });
  const { jobId } = asker;
  for (const { start: windowStart, end: windowEnd, reason, postId } of added) {
    log("gap.recorded", { jobId, windowStart, windowEnd, reason, ...(postId && { postId }) });
  }
}

/** The posts of a page that show another one. */
function showing(page: Page, known: AskedById["known"], id: string): string[] {
  const { missing: _, ...others } = withContext(page, known).includes;
  const includes = { ...others, missing: page.includes.missing };
  return page.posts
    .filter((post) => idsToLookUp({ posts: [post], includes }).includes(id))
    .map((post) => post.id);
}

/**
 * Asks X again for what it did not hand out, where it is time for that. A post of the account that it
 * gives now waits in the outbox, and its gap is closed; so do posts whose context it gives now, to go
 * out anew.
 */
export async function askForMissing(deps: Deps, asker: Asker): Promise<void> {
  const { store, log, now } = deps;
  const { jobId } = asker;
  for await (const name of store.list(names.missingPosts(asker))) {
    const missing = (await readDocument(store, name, missingRecord))?.value;
    if (missing && missing.askAt <= now().toISOString()) {
      try {
        await askAgain(deps, asker, { name, missing });
      } catch (error) {
        // What is missing keeps up nothing that is there: it is asked for with the next capture.
        if (!(error instanceof ConnectorError) || !error.code.startsWith("x-")) {
          throw error;
        }
        log("capture.waiting", { jobId, code: error.code }, error);
        return;
      }
    }
  }
}

async function askAgain(
  deps: Deps,
  asker: Asker,
  { name: entry, missing: { page, own, shown, asked } }: { name: string; missing: Missing },
): Promise<void> {
  const { store, now } = deps;
  const again = names.askedAgainPages(asker, page, asked + 1, "missing");
  const ids = [...own, ...shown.map(({ id }) => id)];
  const { given, known } = await askInto(deps, asker, { pages: again, ids });
  const found: Found[] = [];
  for (const number of new Set(own.flatMap((id) => given.get(id) ?? []))) {
    const name = names.page(again, number);
    const posts = await keepContextOf(deps, asker, name);
    found.push(...posts.filter(({ id }) => own.includes(id)).map((post) => toFound(post, name)));
  }
  await deps.announce(asker, found);
  const foundIds = new Set(found.map(({ id }) => id));
  await closeGaps(store, asker, foundIds);
  const shownNow = shown.filter(({ id }) => given.has(id));
  await handOverAgain(deps, asker, {
    pages: names.askedAgainPages(asker, page, asked + 1, "showing"),
    ids: [...new Set(shownNow.flatMap(({ by }) => by))],
  });
  const still = {
    own: own.filter((id) => !foundIds.has(id)),
    shown: shown.filter(({ id }) => !given.has(id) && known.missing.get(id) === SILENT),
  };
  const isOver = still.own.length + still.shown.length === 0;
  if (isOver || asked + 1 >= ASK_AGAIN_AFTER_MS.length) {
    await store.remove(entry);
    return;
  }
  await changeDocument(store, {
    name: entry,
    type: missingRecord,
    change: () => ({ page, ...still, asked: asked + 1, askAt: laterThan(now(), asked + 1) }),
  });
}

function askInto(
  { store, twitter }: Deps,
  { token }: Asker,
  { pages, ids }: { pages: string; ids: string[] },
): Promise<AskedById> {
  return askById({
    wanted: () => ids,
    read: (number) => store.read(names.page(pages, number)),
    ask: (number, some) =>
      keepAnswer(store, names.page(pages, number), () => twitter.lookup(token, some), parseContext),
  });
}

/** Has posts go out anew that can be shown whole now. */
async function handOverAgain(
  deps: Deps,
  asker: Asker,
  { pages, ids }: { pages: string; ids: string[] },
): Promise<void> {
  const { given } = await askInto(deps, asker, { pages, ids });
  for (const [id, number] of given) {
    const page = names.page(pages, number);
    await keepContextOf(deps, asker, page);
    await deps.announce(asker, [{ as: "completed", id, page }]);
  }
}

async function keepContextOf(
  { store, twitter }: Deps,
  { token }: Asker,
  name: string,
): Promise<Post[]> {
  const blob = await store.read(name);
  if (!blob) {
    return [];
  }
  const page = parsePage(blob.body);
  await keepContext(store, { name, page, lookUp: (ids) => twitter.lookup(token, ids) });
  return page.posts;
}

async function closeGaps(store: Store, of: FeedKey, found: Set<string>): Promise<void> {
  const { gaps } = await readCoverage(store, of);
  for (const gap of gaps.filter(({ postId }) => postId !== undefined && found.has(postId))) {
    await replaceGap(store, of, { gap, intervals: [], gaps: [] });
  }
}

function laterThan(now: Date, asked: number): string {
  return new Date(now.getTime() + (ASK_AGAIN_AFTER_MS[asked] ?? 0)).toISOString();
}
