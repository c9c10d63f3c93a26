import { names } from "../../app/archive/names.ts";
import type { Blob, Store } from "../../app/archive/store.ts";
import { captureIdOf } from "../../app/capture/capture-id.ts";
import type { Coverage } from "../../app/capture/coverage.ts";
import { addSeconds, type Interval } from "../../app/time/intervals.ts";
import { createMemoryStore } from "../../app/testing/memory-store.ts";
import { postsOf } from "../../app/feeds/posts.ts";

export const JOB_ID = "job-1";
export const ACCOUNT = { id: "42", name: "An organization" };

const START = "2026-01-01T00:00:00Z";
const POSTS_OF_A_PAGE = 100;
/** X counts the milliseconds of an id from here. */
const X_EPOCH_MS = 1_288_834_974_657n;

export type ArchivedTimeline = { store: Store; window: Interval; coverage: Coverage };

/**
 * An archive in which a window of text posts, one a second, was captured at once. Its pages are
 * written when they are read, so that however many there are, none takes memory.
 */
export function createTimeline(posts: number): ArchivedTimeline {
  const window = { start: START, end: addSeconds(START, posts) };
  const captureId = captureIdOf(window);
  const folder = names.capturePages(postsOf(JOB_ID), captureId);
  const pages = Math.ceil(posts / POSTS_OF_A_PAGE);
  const store: Store = {
    ...createMemoryStore(),
    async read(name) {
      const number = name.startsWith(folder) ? Number.parseInt(name.slice(folder.length), 10) : 0;
      return number > 0 ? renderPage(posts, number) : undefined;
    },
    async *list(prefix) {
      for (let number = 1; folder.startsWith(prefix) && number <= pages; number += 1) {
        yield names.page(folder, number);
      }
    },
  };
  return {
    store,
    window,
    coverage: { intervals: [{ ...window, captureId, posts }], gaps: [] },
  };
}

/** Newest first, as X has them. */
function renderPage(posts: number, number: number): Blob {
  const newest = posts - 1 - (number - 1) * POSTS_OF_A_PAGE;
  const length = Math.min(POSTS_OF_A_PAGE, newest + 1);
  const data = Array.from({ length }, (_, index) => renderPost(newest - index));
  const users = [{ id: ACCOUNT.id, name: ACCOUNT.name, username: "organization" }];
  const meta = { result_count: length, newest_id: data[0]?.id, oldest_id: data.at(-1)?.id };
  const body = Buffer.from(JSON.stringify({ data, includes: { users }, meta }));
  return { body, etag: '"1"', metadata: { receivedat: "2026-02-01T00:00:00.000Z" } };
}

function renderPost(index: number) {
  const at = Date.parse(START) + index * 1000;
  const id = String((BigInt(at) - X_EPOCH_MS) << 22n);
  return {
    id,
    text: `Post ${index}: what we said to everybody &amp; mean to keep, with a link https://t.co/abcdefghij and a word to @somebody. ${"Some more words of no meaning. ".repeat(3)}`,
    created_at: new Date(at).toISOString(),
    author_id: ACCOUNT.id,
    conversation_id: id,
    edit_history_tweet_ids: [id],
    entities: {
      urls: [{ url: "https://t.co/abcdefghij", expanded_url: "https://example.com/a/longer/path" }],
      mentions: [{ username: "somebody", id: "43" }],
    },
    lang: "en",
    public_metrics: { like_count: 3, reply_count: 2, retweet_count: 1, quote_count: 0 },
  };
}
