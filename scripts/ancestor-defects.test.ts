import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const DEFECTS = 82;
/** `file`: "title" › "title"; "title". A file may be named once for several tests. */
const REFERENCE = /`([\w./-]+\.test\.ts)`: ((?:"[^"]+"(?: › |; (?="))?)+)/g;

const rows = rowsOf(read("docs/ancestor-defects.md"));
const references = rows.flatMap(({ number, here }) =>
  referencesOf(here).map(([file, title]) => ({ number, file, title })),
);

describe("docs/ancestor-defects.md", () => {
  it("names each defect once, in order", () => {
    expect(rows.map(({ number }) => number)).toEqual(
      Array.from({ length: DEFECTS }, (_, index) => `D${index + 1}`),
    );
  });

  it("names for each a test, or says that nothing keeps it out", () => {
    const others = rows.filter(({ here }) => referencesOf(here).length === 0);
    expect(others.filter(({ here }) => !here.startsWith("**Not kept out"))).toEqual([]);
  });

  it("quotes nothing but titles of a test file", () => {
    const rest = rows.map(({ number, here }) => `${number} ${here.replaceAll(REFERENCE, "")}`);
    expect(rest.filter((text) => /"|\.test\.ts/.test(text))).toEqual([]);
  });

  it.each(references)('$number: $file has "$title"', ({ file, title }) => {
    // A title or a row is the first thing in a call's parenthesis or a table's bracket.
    const place = new RegExp(`[([]\\s*${RegExp.escape(JSON.stringify(title))},`);
    expect(place.test(read(file))).toBe(true);
  });
});

function rowsOf(page: string): { number: string; here: string }[] {
  return [...page.matchAll(/^\| (D\d+) +\| .+ \| (.+?) +\|$/gm)].map(
    ([, number = "", here = ""]) => ({
      number,
      here,
    }),
  );
}

function referencesOf(text: string): [file: string, title: string][] {
  return [...text.matchAll(REFERENCE)].flatMap(([, file = "", titles = ""]) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]): [string, string] => [file, title]),
  );
}

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
}
