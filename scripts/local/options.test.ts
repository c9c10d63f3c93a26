import { describe, expect, it } from "vitest";
import { HELP, parseOptions } from "./options.ts";

describe("the options of npm run local", () => {
  it("has defaults for everything", () => {
    expect(parseOptions([])).toEqual({
      help: false,
      once: false,
      json: false,
      history: false,
      windowHours: 24,
    });
  });

  it("reads every option of the table", () => {
    const line =
      "--once --json --history --posts p --users u --user 12 --includes i --window 0.5 --x http://127.0.0.1:1 --keep d";
    expect(parseOptions(line.split(" "))).toEqual({
      help: false,
      once: true,
      json: true,
      history: true,
      windowHours: 0.5,
      posts: "p",
      users: "u",
      user: "12",
      includes: "i",
      x: "http://127.0.0.1:1",
      keep: "d",
    });
  });

  it("reads --option=value, and --window .25", () => {
    expect(parseOptions(["--window=.25", "--keep=a b"])).toMatchObject({
      windowHours: 0.25,
      keep: "a b",
    });
  });

  it.each([
    ["an unknown option", ["--nope"], "--nope is not an option"],
    [
      "a fault that cannot be played",
      ["--fault", "crash"],
      "--fault crash is none that can be played",
    ],
    ["an unknown short option", ["-x"], "-x is not an option"],
    ["a flag that got a value", ["--once=yes"], '--once takes no value: remove "yes"'],
    ["an option without its value", ["--posts"], "--posts needs a value"],
    ["an option whose value is empty", ["--keep="], "--keep needs a value"],
    ["an option followed by another", ["--keep", "--once"], "--keep needs a value"],
    ["a word that belongs to nothing", ["file.ndjson"], '"file.ndjson" belongs to no option'],
    ["a window of nothing", ["--window", "0"], "--window 0 is not a number of hours above 0"],
    ["a window that is a word", ["--window", "day"], "--window day is not a number of hours"],
    ["a negative window", ["--window=-1"], "--window -1 is not a number of hours"],
    ["an endless window", ["--window", "Infinity"], "--window Infinity is not a number"],
    ["another X that is no address", ["--posts", "p", "--x", "ftp://h"], "--x ftp://h is not"],
    ["another X without the truth", ["--x", "http://h"], "add --posts FILE"],
    ["users without posts", ["--users", "u"], "--users says nothing without a timeline"],
    ["a user without posts", ["--user", "1"], "--user says nothing without a timeline"],
    ["includes without posts", ["--includes", "i"], "--includes says nothing"],
    ["an option given twice", ["--keep", "a", "--keep", "b"], "--keep is given twice"],
  ])("refuses %s", (_what, argv, message) => {
    expect(() => parseOptions(argv)).toThrow(message);
  });

  it("names all problems at once", () => {
    expect(() => parseOptions(["--nope", "--window", "x", "--users", "u"])).toThrow(
      /--nope[^]*--users[^]*--window/,
    );
  });

  it("explains every option in its help", () => {
    expect(HELP.match(/^ {2}--\w+/gm)).toHaveLength(12);
  });
});
