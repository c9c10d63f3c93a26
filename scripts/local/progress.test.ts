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

  it("draws one bar a step on a terminal, over the last drawing", () => {
    const { lines, progress } = start(true);
    const first = progress.step("Capture", 4);
    progress.step("Import");
    first.finish();
    expect(lines).toHaveLength(3);
    const drawn = lines[2]?.replaceAll("\u001B", "ESC").replaceAll(/[█░]+/g, ([bar]) => `${bar}`);
    expect(drawn).toBe("ESC[2AESC[2K█ Capture 0/4 done in 0.0 s\nESC[2K░ Import…\n");
  });

  it("cuts a bar's line before the terminal would wrap it", () => {
    const { lines, progress } = start(true);
    progress.step("x".repeat(200));
    expect(lines[0]?.length).toBeLessThan(70);
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

function start(tty: boolean) {
  const lines: string[] = [];
  const clock = { now: 0 };
  const write = (text: string) => lines.push(text);
  const progress = createProgress({ tty, columns: 60, write, now: () => clock.now });
  return { lines, clock, progress };
}
