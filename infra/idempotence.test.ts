import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { buildPackage, type Package } from "./package/build-package.ts";
import { program } from "./program.ts";
import { evaluate } from "./testing/mocks.ts";
import { type Mode, MODES } from "./testing/modes.ts";

/** Together they have everything in them that the program can make. */
const modes = ["client secret", "own registration with a secret", "private backend"] as const;

/** Both within one turn of the passwords of Entra. */
const NOW = new Date("2026-06-01T12:00:00Z");
const LATER = new Date("2026-06-02T13:30:00Z");

let built: Promise<Package> | undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

// That the engine then changes nothing is shown where there is one (engine-modes.test.ts).
describe.each(modes)("the program, %s", (mode) => {
  it("asks for the same whenever it is evaluated", async () => {
    const first = await askedAt(NOW, mode);
    expect(first.length).toBeGreaterThan(50);
    expect(await askedAt(LATER, mode)).toEqual(first);
  });
});

async function askedAt(time: Date, mode: Mode) {
  vi.setSystemTime(time);
  const { resources, optionsOf } = await evaluate(() => program(() => (built ??= buildPackage())), {
    config: MODES[mode],
  });
  return resources
    .map(({ type, name, inputs }) => ({ type, name, inputs, options: optionsOf(name, type) }))
    .toSorted((one, other) =>
      `${one.type} ${one.name}`.localeCompare(`${other.type} ${other.name}`),
    );
}
