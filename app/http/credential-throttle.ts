import type { Log } from "../log.ts";

const MOST_OF_ONE_ADDRESS = 10;
const MOST_IN_ALL = 100;
export const WINDOW_SECONDS = 15 * 60;
/** What is remembered at a time: about a megabyte. */
export const MOST_ADDRESSES = 10_000;

/** Wrong credentials at one door, counted for a quarter of an hour. */
export type CredentialThrottle = {
  /** Counts a try of an address. @returns whether it is one too many. */
  count(address: string): boolean;
  /** Counts a try of whomever. @returns whether it is one too many. */
  countInAll(): boolean;
  /** Takes back a try that was counted before it turned out right. */
  forgive(address: string): void;
};

/**
 * `door` is what the log calls it: it says once in a quarter of an hour that there were too many.
 * Who has so many addresses that old ones are forgotten has long had too many tries in all.
 */
export function createCredentialThrottle(
  door: string,
  { log, now }: { log: Log; now: () => Date },
): CredentialThrottle {
  const ofAddress = createCounter(now, MOST_ADDRESSES);
  const inAll = createCounter(now, 1);
  const isTooMany = (tries: number, most: number, whose: string) => {
    if (tries === most + 1) {
      log("credentials.throttled", { detail: `${door}: too many wrong tries ${whose}` });
    }
    return tries > most;
  };
  return {
    count: (address) => isTooMany(ofAddress.add(address, 1), MOST_OF_ONE_ADDRESS, "of one address"),
    countInAll: () => isTooMany(inAll.add("all", 1), MOST_IN_ALL, "in all"),
    forgive: (address) => void ofAddress.add(address, -1),
  };
}

/** Counts by key, each for a quarter of an hour from its first. */
function createCounter(now: () => Date, mostKeys: number) {
  // In the order in which they end: a count begins when its key is set.
  const counts = new Map<string, { count: number; end: number }>();
  const forget = (isEnough: (end: number) => boolean) => {
    for (const [key, { end }] of counts) {
      if (isEnough(end)) {
        return;
      }
      counts.delete(key);
    }
  };
  return {
    /** @returns the count of the key with these, never less than none. */
    add(key: string, more: number): number {
      const time = now().getTime();
      forget((end) => end > time);
      const known = counts.get(key);
      if (known) {
        known.count = Math.max(0, known.count + more);
        return known.count;
      }
      forget(() => counts.size < mostKeys);
      const count = Math.max(0, more);
      counts.set(key, { count, end: time + WINDOW_SECONDS * 1000 });
      return count;
    },
  };
}
