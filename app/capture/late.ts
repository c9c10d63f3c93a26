import pMap from "p-map";
import type { Store } from "../archive/store.ts";
import { readAnswered } from "../delivery/ledger.ts";
import { addToOutbox, OUTBOX_WRITERS } from "../delivery/outbox.ts";
import type { Log } from "../log.ts";
import { earlierVersionsOf, type Page, type Post } from "../twitter/page.ts";
import { type Coverage, readCoverage } from "./coverage.ts";
import { addSeconds, contains, type Interval, join } from "../time/intervals.ts";
import { readStoredPage } from "./pages.ts";
import { postsOfWindow } from "./posts.ts";

/** A post of a time that was read before, and the stored page that holds it. */
export type EarlyPost = Pick<Post, "id" | "createdAt"> & {
  isEdited: boolean;
  page: string;
  /** Of an earlier version that X sent along with a post: when that one was made. */
  sentWith?: string;
};

/**
 * How far a capture that nobody asked for looks back: a post can be edited for an hour, and then has a
 * new id and perhaps its old time (docs/x-api.md#edits); others become visible late. X bills a post
 * once a UTC day, so that this costs nothing but the posts of as many seconds before midnight, which
 * are billed once more.
 */
export const LOOK_BACK_SECONDS = 75 * 60;

/** Where to begin, so that so much is read again of what is known right before an interval. */
export function lookBackFrom(start: string, seconds: number, { intervals }: Coverage): string {
  const known = join(intervals).find((one) => one.start < start && start <= one.end);
  const wanted = addSeconds(start, -seconds);
  return known ? (known.start > wanted ? known.start : wanted) : start;
}

/**
 * Has those posts wait in the outbox that no reading of their time has given. It is done before the
 * new reading counts: one that is cut off finds them again. Until it counts, nobody takes them.
 */
export async function holdLatePosts(
  { store, log, now }: { store: Store; log: Log; now: () => Date },
  jobId: string,
  early: EarlyPost[],
): Promise<void> {
  if (early.length === 0) {
    return;
  }
  // As it is now: another process may have done the same meanwhile, and what it held be gone.
  const coverage = await readCoverage(store, jobId);
  const known = await knownIds(store, jobId, { early, coverage });
  const answered = await readAnswered(store, jobId);
  const late = early.filter(({ id }) => !known.has(id));
  await pMap(
    late,
    async ({ id: postId, createdAt, isEdited, page }) => {
      const isAnswered = answered.some((window) => contains(window, createdAt));
      const reason = isEdited && isAnswered ? "edited" : "late";
      const foundAt = now().toISOString();
      await addToOutbox(store, jobId, { postId, reason, pages: [page], foundAt });
      log("capture.late-post", { jobId, postId });
    },
    { concurrency: OUTBOX_WRITERS },
  );
}

export function toEarlyPost({ id, createdAt, versions }: Post, page: string): EarlyPost {
  return { id, createdAt, isEdited: versions.length > 1, page };
}

/**
 * The account's own posts that stand beside a page's data: earlier versions of edited ones, as what X
 * sends of those is the newest, and what it refused on the page and gave when it was asked by its id.
 */
export async function postsSentAlong(
  store: Store,
  { name, page: { posts, refused = [] } }: { name: string; page: Page },
): Promise<EarlyPost[]> {
  const isEdited = posts.some(({ versions }) => versions.length > 1);
  const stored = isEdited || refused.length > 0 ? await readStoredPage(store, name) : undefined;
  if (!stored) {
    return [];
  }
  const { page } = stored;
  const versions = page.posts.flatMap((post) =>
    earlierVersionsOf(post, page.includes).map(({ id, createdAt }) => ({
      id,
      createdAt,
      isEdited: false,
      page: name,
      sentWith: post.createdAt,
    })),
  );
  const given = page.posts.filter(({ id }) => refused.includes(id));
  return [...versions, ...given.map((post) => toEarlyPost(post, name))];
}

async function knownIds(
  store: Store,
  jobId: string,
  { early, coverage }: { early: EarlyPost[]; coverage: Coverage },
): Promise<Set<string>> {
  const ids = new Set<string>();
  const window = spanOf(early);
  for await (const captured of window ? postsOfWindow(store, { jobId, window, coverage }) : []) {
    const { post, includes } = captured;
    [post, ...earlierVersionsOf(post, includes)].forEach(({ id }) => ids.add(id));
  }
  return ids;
}

function spanOf(early: EarlyPost[]): Interval | undefined {
  const times = early
    .flatMap(({ createdAt, sentWith = createdAt }) => [createdAt, sentWith])
    .toSorted((a, b) => (a < b ? -1 : 1));
  const [start, end = start] = [times[0], times.at(-1)];
  return start !== undefined && end !== undefined ? { start, end: addSeconds(end, 1) } : undefined;
}
