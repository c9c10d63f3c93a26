import RateLimiterMemory from "rate-limiter-flexible/lib/RateLimiterMemory.js";
import type { Log } from "./log.ts";

const MOST_OF_ONE_ADDRESS = 10;
const MOST_IN_ALL = 100;
export const WINDOW_SECONDS = 15 * 60;

/** Wrong credentials at one door, counted for a quarter of an hour. */
export type WrongTries = {
  /** Counts a try of an address. @returns whether it is one too many. */
  count(address: string): Promise<boolean>;
  /** Counts a try of whomever. @returns whether it is one too many. */
  countInAll(): Promise<boolean>;
  /** Takes back a try that was counted before it turned out right. */
  forgive(address: string): Promise<void>;
};

/** `door` is what the log calls it: it says once in a quarter of an hour that there were too many. */
export function createWrongTries(door: string, log: Log): WrongTries {
  const ofAddress = createLimiter(MOST_OF_ONE_ADDRESS);
  const inAll = createLimiter(MOST_IN_ALL);
  const isTooMany = async (limiter: RateLimiterMemory, key: string, whose: string) => {
    const { consumedPoints } = await limiter.penalty(key);
    if (consumedPoints === limiter.points + 1) {
      log("credentials.throttled", { detail: `${door}: too many wrong tries ${whose}` });
    }
    return consumedPoints > limiter.points;
  };
  return {
    count: (address) => isTooMany(ofAddress, address, "of one address"),
    countInAll: () => isTooMany(inAll, "all", "in all"),
    async forgive(address) {
      await ofAddress.reward(address);
    },
  };
}

function createLimiter(points: number): RateLimiterMemory {
  return new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
}
