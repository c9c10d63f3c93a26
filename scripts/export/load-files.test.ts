import { describe, expect, it } from "vitest";
import { FIELDS } from "./fields.ts";
import { CSV, csvLine, DAT } from "./load-files.ts";

describe("A value in a Concordance load file", () => {
  it.each([
    ["of plain words", "At dawn", "At dawn", 0],
    ["with line ends of every kind", "a\nb\r\nc\rd", "a®b®c®d", 0],
    ["with quotes, a comma and a semicolon", `"a", 'b'; c`, `"a", 'b'; c`, 0],
    ["with the format's own characters", "a\u0014bþc®d", "a\uFFFDb\uFFFDc\uFFFDd", 3],
    ["of right-to-left words and an emoji", "שלום 🚢", "שלום 🚢", 0],
  ])("%s is held as it is, or what is replaced is counted", (_what, value, held, replaced) => {
    const made = DAT.toLine({ POSTID: value });
    const values = made.line.slice(1, -3).split("þ\u0014þ");
    expect(values[FIELDS.indexOf("POSTID")]).toBe(held);
    expect(values).toHaveLength(FIELDS.length);
    expect(made.replaced).toBe(replaced);
  });
});

describe("A value in a CSV load file", () => {
  it.each([
    ["of plain words", "At dawn", "At dawn"],
    ["with a comma", "a, b", '"a, b"'],
    ["with quotes", 'say "aye"', '"say ""aye"""'],
    ["with a line end", "a\nb", '"a\nb"'],
    ["that would be a formula", "=HYPERLINK(1)", "'=HYPERLINK(1)"],
    ["that would be a formula, by another sign", "@SUM(1)", "'@SUM(1)"],
    ["that would be a formula behind a tab", "\t=1", "'\t=1"],
  ])("%s is quoted as far as it must be", (_what, value, quoted) => {
    expect(csvLine([value])).toBe(`${quoted}\r\n`);
  });

  it("stands in the column of its field", () => {
    const names = CSV.head.replace("\uFEFF", "").trimEnd().split(",");
    const values = CSV.toLine({ LIKES: "7" }).line.trimEnd().split(",");
    expect(values[names.indexOf("LIKES")]).toBe("7");
  });
});
