const BACKOFF_FIRST_MS = 5_000;
const REST_LONGEST_MS = 60_000;

/** Rests after failures that follow each other, each longer than the one before. */
export type Backoff = {
  /** @returns when it is over. */
  begin(): Date;
  over(): void;
  leftMs(): number;
  /** True from the first failure until something succeeds. */
  isGoingOn(): boolean;
};

export function createBackoff(now: () => Date): Backoff {
  let count = 0;
  let until = 0;
  return {
    begin() {
      const ms = Math.min(BACKOFF_FIRST_MS * 2 ** count, REST_LONGEST_MS);
      count += 1;
      until = now().getTime() + ms;
      return new Date(until);
    },
    over() {
      count = 0;
      until = 0;
    },
    leftMs: () => Math.max(until - now().getTime(), 0),
    isGoingOn: () => count > 0,
  };
}

export type Sleep = {
  /** Ends at once if it was woken since the last sleep. */
  for(ms: number): Promise<void>;
  /** Ends in its time, whoever wakes it. */
  soundlyFor(ms: number): Promise<void>;
  wake(): void;
  /** Wakes it for good. */
  end(): void;
};

export function createSleep(): Sleep {
  let isWoken = false;
  let isSound = false;
  let hasEnded = false;
  let rouse = () => {};
  const sleepFor = (ms: number) =>
    new Promise<void>((resolve) => {
      if (hasEnded || (isWoken && !isSound)) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, ms);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  return {
    async for(ms) {
      await sleepFor(ms);
      isWoken = false;
    },
    async soundlyFor(ms) {
      isSound = true;
      await sleepFor(ms);
      isSound = false;
    },
    wake() {
      isWoken = true;
      if (!isSound) {
        rouse();
      }
    },
    end() {
      hasEnded = true;
      rouse();
    },
  };
}
