import { describe, expect, it } from "vitest";
import { problemsIn } from "./kusto.ts";

describe("problemsIn", () => {
  it.each([
    ["AppServiceConsoleLogs | where Level == 'Error' | count", []],
    ["AppServiceConsoleLogs | sumarize count()", [expect.stringContaining("Query operator")]],
    ["AppServiceLogs | count", [expect.stringContaining("'AppServiceLogs' does not refer")]],
    ["Operation | where Severity == 1", [expect.stringContaining("'Severity' does not refer")]],
    ["Operation | extend a = parse_jason(Detail)", [expect.stringContaining("'parse_jason'")]],
  ])("of %s", (query, expected) => {
    expect(problemsIn(query)).toEqual(expect.arrayContaining(expected));
    expect(problemsIn(query).length > 0).toBe(expected.length > 0);
  });
});
