export type Clock = {
  now: () => Date;
  set: (instant: string) => void;
  advance: (ms: number) => void;
};

/** A clock that stands still until it is told to move. */
export function createClock(start = "2026-06-01T12:00:00Z"): Clock {
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    set(instant) {
      time = Date.parse(instant);
    },
    advance(ms) {
      time += ms;
    },
  };
}
