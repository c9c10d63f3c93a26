import type { Decide } from "./draw-faults.ts";
import type { Call, Fault, Faults } from "./fault.ts";

/** Strikes while it is on, and keeps count. */
export type Striker = {
  faults: Faults;
  /** What a kill kills. */
  aimAt(kill: () => void): void;
  begin(): void;
  end(): void;
  /** How often each fault struck: `<service> <fault>`. */
  counts(): Record<string, number>;
  total(): number;
};

export function createStriker(decide: Decide): Striker {
  const counts = new Map<string, number>();
  let isOn = false;
  let kill = () => {};
  const faults: Faults = {
    decide(call: Call): Fault | undefined {
      const fault = isOn ? decide(call) : undefined;
      if (fault !== undefined) {
        const name = `${call.service} ${fault}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      return fault;
    },
    kill: () => kill(),
  };
  return {
    faults,
    aimAt(target) {
      kill = target;
    },
    begin() {
      isOn = true;
    },
    end() {
      isOn = false;
    },
    counts: () => Object.fromEntries([...counts].toSorted(([a], [b]) => a.localeCompare(b))),
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
  };
}
