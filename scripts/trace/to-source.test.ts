import { Script } from "node:vm";
import { transform } from "esbuild";
import { expect, it } from "vitest";
import { toSource } from "./to-source.ts";

const SOURCE = `export type Person = { name: string };

function greet(person: Person | undefined): string {
  return person!.name;
}
greet(undefined);
`;

it("A place in the bundle is led back to file, line and column of the source", async () => {
  const { code, map } = await transform(SOURCE, {
    loader: "ts",
    format: "iife",
    minify: true,
    sourcemap: "external",
    sourcefile: "app/greet.ts",
  });
  const script = new Script(code, { filename: "file:///home/site/wwwroot/server.js" });
  const stack = stackOf(() => void script.runInThisContext());
  expect(stack).toMatch(/server\.js:1:\d+/);
  const traced = toSource(`{"stack":${JSON.stringify(stack)}}`, map);
  expect(traced).toContain("app/greet.ts:4:18");
  expect(traced).toContain("app/greet.ts:6:1");
  expect(traced).not.toMatch(/server\.js:\d+:\d+/);
});

it("What names no place in the bundle stays as it is", () => {
  const text = "at listOnTimeout (node:internal/timers:605:17), app-server.json:1:2";
  const map = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });
  expect(toSource(text, map)).toBe(text);
});

function stackOf(fail: () => void): string {
  try {
    fail();
  } catch (error) {
    return error instanceof Error ? (error.stack ?? "") : "";
  }
  return "";
}
