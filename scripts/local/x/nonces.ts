/** X refuses a timestamp that is further from its own clock. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

type Use = { consumerKey: string; nonce: string; timestamp: string };

/** Remembers nonces: each counts once per timestamp and consumer (RFC 5849 section 3.3). */
export class Nonces {
  readonly #now: () => number;
  /** In the order of arrival; the value is when the entry may be forgotten. */
  readonly #used = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether this use is the first, and its timestamp is near enough; it counts as used then. */
  use({ consumerKey, nonce, timestamp }: Use): boolean {
    const now = this.#now();
    this.#forget(now);
    const key = JSON.stringify([consumerKey, timestamp, nonce]);
    const isInTime = Math.abs(now - Number(timestamp) * 1000) <= MAX_CLOCK_SKEW_MS;
    if (!isInTime || this.#used.has(key)) {
      return false;
    }
    this.#used.set(key, now + 2 * MAX_CLOCK_SKEW_MS);
    return true;
  }

  #forget(now: number): void {
    for (const [key, forgettableAt] of this.#used) {
      if (forgettableAt >= now) {
        return;
      }
      this.#used.delete(key);
    }
  }
}
