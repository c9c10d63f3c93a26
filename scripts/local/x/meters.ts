/** How many requests one token may make in 15 minutes (docs/x-api.md#rate-limits). */
export const REQUESTS_PER_WINDOW = {
  "GET /2/tweets/search/all": 300,
  "GET /2/users/:id/tweets": 900,
  "GET /2/tweets": 5000,
  "GET /2/tweets/:id": 900,
  "GET /2/users/me": 75,
};

export type Endpoint = keyof typeof REQUESTS_PER_WINDOW;

export type RateLimit = { limit: number; remaining: number; reset: number; isExceeded: boolean };

const WINDOW_MS = 15 * 60_000;
/** Search takes one request a second, whatever is left of the window. */
const SEARCH_PAUSE_MS = 1000;

/** Counts requests per token and endpoint; a window starts with its first request. */
export function createRateLimits(now: () => number) {
  const windows = new Map<string, { used: number; endsAt: number }>();
  return function count(token: string, endpoint: Endpoint): RateLimit {
    const key = `${endpoint} ${token}`;
    const known = windows.get(key);
    const current =
      known === undefined || known.endsAt <= now() ? { used: 0, endsAt: now() + WINDOW_MS } : known;
    current.used += 1;
    windows.set(key, current);
    const limit = REQUESTS_PER_WINDOW[endpoint];
    return {
      limit,
      remaining: Math.max(0, limit - current.used),
      reset: Math.ceil(current.endsAt / 1000),
      isExceeded: current.used > limit,
    };
  };
}

/** Whether a search comes too soon after the one before. */
export function createSearchPace(now: () => number): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const isTooSoon = now() - last < SEARCH_PAUSE_MS;
    last = isTooSoon ? last : now();
    return isTooSoon;
  };
}

/**
 * Counts posts: each return of one, and what is billed: once per post and UTC day
 * (docs/x-api.md#prices). Posts of others that were looked up are dearer, and are counted apart.
 */
export function createBilling(now: () => number, accountId: string) {
  const owned = new Set<string>();
  const others = new Set<string>();
  const returned = new Map<string, number>();
  let all = 0;
  return {
    count(posts: readonly { id: string; author_id: string }[]): void {
      const day = new Date(now()).toISOString().slice(0, 10);
      for (const { id, author_id: author } of posts) {
        (author === accountId ? owned : others).add(`${day} ${id}`);
        returned.set(id, (returned.get(id) ?? 0) + 1);
        all += 1;
      }
    },
    reads: () => owned.size,
    otherReads: () => others.size,
    returned: (postId?: string) => (postId === undefined ? all : (returned.get(postId) ?? 0)),
  };
}
