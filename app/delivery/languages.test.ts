import { expect, it } from "vitest";
import { languageName } from "./languages.ts";

it.each([
  ["en", "English"],
  ["pt", "Portuguese"],
  ["iw", "Hebrew"],
  ["qme", "none (links to media only)"],
  ["xx-Zzzz", "xx-Zzzz"],
  ["constructor", "constructor"],
])("The language %s is called %s", (code, name) => {
  expect(languageName(code)).toBe(name);
});
