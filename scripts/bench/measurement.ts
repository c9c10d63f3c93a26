/** What a figure should be; absent: it is told for what it is. */
export type Goal = { atLeast?: number; atMost?: number };

export type Figure = { unit: "s" | "ms" | "MB" | "x" | "1/s" | ""; goal?: Goal };

export type Measurement<Name extends string = string> = {
  /** What `--only` calls it. */
  name: string;
  /** What is compared with what. */
  about: string;
  goal: Readonly<Record<Name, Figure>>;
  /** Measures once: one value for each figure. */
  run: () => Promise<Record<Name, number>>;
};

export function isMet({ atLeast = -Infinity, atMost = Infinity }: Goal, value: number): boolean {
  return atLeast <= value && value <= atMost;
}

/** Seconds that something took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
