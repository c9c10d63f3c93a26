import { names } from "../archive/names.ts";
import type { Store } from "../archive/store.ts";
import type { TimelineFeed, TimelineKey } from "../feeds/feed.ts";
import type { Includes, Post } from "../twitter/page.ts";
import { intervalOf } from "./capture-id.ts";
import { capturesOf, type Coverage, settledIntervals } from "./coverage.ts";
import { contains, type Interval, join } from "../time/intervals.ts";
import { pageNames, readStoredPage, type StoredPage, storedPages } from "./pages.ts";

/** A post out of the archive, with what X said along with it and when. */
export type CapturedPost = {
  post: Post;
  includes: Includes;
  receivedAt: string;
  /** The stored page that it stands on. */
  page: string;
};

/**
 * Says of a stored page's name whether it counts: what a capture has stored that was cut off does
 * not yet, as its posts are still to be found.
 */
export function countsBy(coverage: Coverage): (page: string) => boolean {
  const known = join(settledIntervals(coverage));
  const read = join(coverage.intervals);
  const bySearch = join(coverage.intervals.filter(({ without }) => without !== undefined));
  const searches = coverage.gaps.flatMap(({ captureId }) => captureId ?? []);
  const readings = coverage.gaps.flatMap((gap) => gap.readings ?? []);
  return (page) => {
    const made = intervalOf(page);
    const isOf = (captureIds: string[]) =>
      captureIds.some((captureId) => page.includes(`/${captureId}/`));
    const liesIn = (intervals: Interval[]) =>
      !made || intervals.some(({ start, end }) => start <= made.start && made.end <= end);
    // The gap that a search is made for, or another reading, is there before it.
    if (/-search\d*\//.test(page)) {
      return isOf([...searches, ...readings]) || liesIn(bySearch);
    }
    return page.includes("-again") ? isOf(readings) || liesIn(read) : liesIn(known);
  };
}

/** Names of the stored pages that count and may hold posts of a window, in order of time. */
export async function* pagesOfWindow(
  store: Store,
  { window, coverage, ...of }: TimelineKey & { window: Interval; coverage: Coverage },
): AsyncGenerator<string> {
  const counts = countsBy(coverage);
  for (const captureId of capturesOf(window, coverage)) {
    for await (const name of pageNames(store, names.captures(of, captureId))) {
      if (counts(name)) {
        yield name;
      }
    }
  }
}

/** The posts of a window, each once, read from the archived pages one page at a time. */
export async function* postsOfWindow(
  store: Store,
  of: TimelineKey & { window: Interval; coverage: Coverage },
): AsyncGenerator<CapturedPost> {
  const seen = new Set<string>();
  for await (const name of pagesOfWindow(store, of)) {
    const stored = await readStoredPage(store, of.feed, name);
    for (const captured of stored ? postsOf(stored) : []) {
      const { id, createdAt } = captured.post;
      if (contains(of.window, createdAt) && !seen.has(id)) {
        seen.add(id);
        yield captured;
      }
    }
  }
}

/** All posts of the stored pages of a folder and of those in it, as they came. */
export async function* postsOfPages(
  store: Store,
  feed: TimelineFeed,
  folder: string,
): AsyncGenerator<CapturedPost> {
  for await (const stored of storedPages(store, feed, folder)) {
    yield* postsOf(stored);
  }
}

function postsOf({ name, page: { posts, includes }, receivedAt }: StoredPage): CapturedPost[] {
  return posts.map((post) => ({ post, includes, receivedAt, page: name }));
}
