import { describe, expect, it } from "vitest";
import { HELP, parseOptions } from "./options.ts";

const URL = "https://account.blob.core.windows.net/archive";

describe("The options of npm run verify", () => {
  it.each([
    ["an archive", ["--archive", URL], { archive: URL, json: false }],
    ["the selected stack's", [], { archive: undefined, outputs: undefined }],
    ["outputs", ["--outputs", "o.json"], { archive: undefined, outputs: "o.json" }],
    ["a kept folder", ["--kept", "DIR", "--json"], { kept: "DIR", json: true }],
    ["only a question", ["--help"], { help: true }],
  ])("take %s", (_title, argv, options) => {
    expect(parseOptions(argv)).toMatchObject(options);
  });

  it.each([
    ["two archives", ["--archive", URL, "--kept", "DIR"], "Which archive? Write one of"],
    ["outputs and an archive", ["--archive", URL, "--outputs", "o.json"], "Write one of"],
    ["an archive without TLS", ["--archive", "http://a/b"], "is not an https address"],
    ["a word", ["--archive", "archive"], "is not an https address"],
    ["an unknown option", ["--kept", "DIR", "--force"], "--force is not an option"],
  ])("refuse %s, with the remedy", (_title, argv, problem) => {
    expect(() => parseOptions(argv)).toThrow(problem);
  });

  it("are all in the help", () => {
    expect(HELP).toMatch(/--archive URL[^]*--outputs FILE[^]*--kept DIR[^]*--json/);
  });
});
