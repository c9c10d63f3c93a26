import { expect, it } from "vitest";
import { parseOptions } from "./options.ts";

it("Without options the log comes on standard input", () => {
  expect(parseOptions([])).toEqual({ help: false, log: undefined });
});

it("A log that is there is taken, one that is not is named", () => {
  expect(parseOptions(["--log", import.meta.filename]).log).toBe(import.meta.filename);
  expect(() => parseOptions(["--log", "nowhere.log"])).toThrow(
    "nowhere.log: there is no such file",
  );
});
