import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type EventName, EVENTS } from "./events.ts";
import { createLog } from "./log.ts";
import { createTestLog } from "./testing/test-log.ts";

describe("Every event", () => {
  const names = Object.keys(EVENTS).filter((name): name is EventName => name in EVENTS);

  it.each(names)("is written as a line with its level: %s", (name) => {
    const log = createTestLog();
    log.log(name, { jobId: "job-1" });
    expect(log.lines()).toEqual([
      { level: EVENTS[name], time: expect.any(String) as unknown, event: name, jobId: "job-1" },
    ]);
  });

  it.each(["debug", "info", "warn", "error"])("is left out below the level %s", (level) => {
    const written: string[] = [];
    const log = createLog(level, { write: (line) => void written.push(line) });
    for (const name of names) {
      log(name);
    }
    const order = ["debug", "info", "warn", "error"];
    const expected = names.filter((name) => order.indexOf(EVENTS[name]) >= order.indexOf(level));
    expect(written).toHaveLength(expected.length);
  });

  it.each(names)("is logged by the app: %s", (name) => {
    expect(sourceOfTheApp()).toContain(`"${name}"`);
  });
});

let source: string | undefined;
function sourceOfTheApp(): string {
  source ??= readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((file) => /(?<!\.test)\.ts$/.test(file) && !/^testing|^events\.ts$/.test(file))
    .map((file) => readFileSync(`${import.meta.dirname}/${file}`, "utf8"))
    .join("\n");
  return source;
}
