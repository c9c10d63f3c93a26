import type { Billed } from "../contracts.ts";
import type { Answer } from "./answer-posts.ts";
import type { Timeline } from "./timeline.ts";

/** How many requests one token may make in 15 minutes (docs/x-api.md#rate-limits). */
export const REQUESTS_PER_WINDOW = {
  "GET /2/tweets/search/all": 300,
  "GET /2/users/:id/tweets": 900,
  "GET /2/tweets": 5000,
  "GET /2/tweets/:id": 900,
  "GET /2/users/:id/mentions": 300,
  "GET /2/users/me": 75,
  "GET /2/users": 900,
  "/2/webhooks": 450,
  "/2/activity/subscriptions": 500,
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
export function createSearchPace(now: () => number, pauseMs = SEARCH_PAUSE_MS): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const isTooSoon = now() - last < pauseMs;
    last = isTooSoon ? last : now();
    return isTooSoon;
  };
}

/** Dollars, by what X returns (docs/x-api.md#prices): of the asking account's own timelines, and of others. */
const PRICES = { ownedRead: 0.001, post: 0.005, user: 0.01 };

/** What an answer hands out. */
export type Returned = {
  posts?: readonly { id: string; author_id: string }[];
  users?: readonly { id: string }[];
  includes?: Answer["includes"];
  /** Whether the posts are of a timeline of the account that asks. */
  isOwned?: boolean;
};

/**
 * Counts what is returned, and what is billed: each post and each user once a UTC day
 * (docs/x-api.md#prices), those that only go along, too; `reads` and `otherReads` leave these out.
 */
export function createBilling(now: () => number, { account, everyPost }: Timeline) {
  const owned = new Set<string>();
  const others = new Set<string>();
  const returned = new Map<string, number>();
  const charged = { ownPosts: kind(), otherPosts: kind(), users: kind() };
  let all = 0;
  const charge = (what: keyof typeof charged, id: string, price: number) => {
    const key = `${utcDay(now())} ${id}`;
    charged[what].set(key, charged[what].get(key) ?? price);
  };
  const kindOf = (author: string | undefined) =>
    author === account.id ? "ownPosts" : "otherPosts";
  return {
    count({ posts = [], users = [], includes = {}, isOwned = false }: Returned): void {
      for (const { id, author_id: author } of posts) {
        (author === account.id ? owned : others).add(`${utcDay(now())} ${id}`);
        returned.set(id, (returned.get(id) ?? 0) + 1);
        all += 1;
        charge(kindOf(author), id, isOwned ? PRICES.ownedRead : PRICES.post);
      }
      for (const { id } of [...(includes["tweets"] ?? []), ...(includes["posts"] ?? [])]) {
        charge(kindOf(everyPost.get(String(id))?.author_id), String(id), PRICES.post);
      }
      for (const { id } of [...users, ...(includes["users"] ?? [])]) {
        charge("users", String(id), PRICES.user);
      }
    },
    reads: () => owned.size,
    otherReads: () => others.size,
    returned: (postId?: string) => (postId === undefined ? all : (returned.get(postId) ?? 0)),
    billed: (): Billed => {
      const { ownPosts, otherPosts, users } = charged;
      const prices = [ownPosts, otherPosts, users].flatMap((each) => [...each.values()]);
      const dollars = prices.reduce((sum, price) => sum + price, 0);
      return {
        ownPosts: ownPosts.size,
        otherPosts: otherPosts.size,
        users: users.size,
        dollars: Number(dollars.toFixed(3)),
      };
    },
  };
}

function kind(): Map<string, number> {
  return new Map();
}

function utcDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
