import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { createProgress, summary } from "./progress.ts";

describe("progress", () => {
  it("writes plain lines, at most one a second and step, but each end", () => {
    const { lines, progress, clock } = start(false);
    const step = progress.step("Posts", 10);
    step.update(1);
    clock.now += 999;
    step.update(2);
    clock.now += 1;
    step.update(3);
    step.finish("all in");
    expect(lines.join("").split("\n")).toEqual([
      "Posts 0/10…",
      "Posts 3/10…",
      "Posts 3/10 done in 1.0 s: all in",
      "",
    ]);
  });

  it("says which step failed and why", () => {
    const { lines, progress } = start(false);
    progress.step("Sign-in").fail("no form");
    expect(lines.at(-1)).toBe("Sign-in FAILED: no form\n");
  });

  it("draws one bar a step on a terminal, and over it what has changed", () => {
    const { lines, progress, clock } = start(true);
    const first = progress.step("Capture", 4);
    progress.step("Import");
    first.update(2);
    first.finish();
    clock.now += 1000;
    progress.step("Check").finish();
    const drawn = lines.map((text) => stripVTControlCharacters(text).replaceAll(/([█░])+/g, "$1"));
    expect(drawn.map((text) => text.trim())).toEqual([
      "░ Capture 0/4…",
      "░ Import…",
      "█ Capture 2/4 done in 0.0 s\n░ Import…",
      "░ Check…",
      "█ Check done in 0.0 s",
    ]);
  });

  it("breaks a bar's line where the terminal would wrap it", () => {
    const { lines, progress } = start(true);
    progress.step("x".repeat(200));
    const widths = stripVTControlCharacters(lines.join(""))
      .split("\n")
      .map((line) => line.length);
    expect(Math.max(...widths)).toBe(60);
  });
});

describe("the summary", () => {
  it("is a table with aligned names", () => {
    expect(
      summary("Result", [
        ["posts", 12_345],
        ["mailbox folder", "/tmp/m"],
      ]),
    ).toBe("\nResult\n  posts           12,345\n  mailbox folder  /tmp/m\n");
  });
});

function start(isTTY: boolean) {
  const lines: string[] = [];
  const clock = { now: 0 };
  const writable = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      lines.push(text);
      done();
    },
  });
  const stream = Object.assign(writable, { isTTY, columns: 60 });
  return { lines, clock, progress: createProgress({ stream, now: () => clock.now }) };
}
