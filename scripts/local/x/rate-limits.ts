import type { Context } from "hono";
import { createRateLimits, type Endpoint } from "./meters.ts";
import { Refusal, TOO_MANY_REQUESTS } from "./problems.ts";

/** Counts a request of a token, says in headers what is left, and refuses what is too many. */
export type CountRequest = (c: Context, token: string, endpoint: Endpoint) => void;

export function createRequestCounter(now: () => number): CountRequest {
  const countRequest = createRateLimits(now);
  return (c, token, endpoint) => {
    const rate = countRequest(token, endpoint);
    c.header("x-rate-limit-limit", String(rate.limit));
    c.header("x-rate-limit-remaining", String(rate.remaining));
    c.header("x-rate-limit-reset", String(rate.reset));
    if (rate.isExceeded) {
      throw new Refusal(TOO_MANY_REQUESTS);
    }
  };
}
