import { describe, expect, it } from "vitest";
import { runKusto } from "./kusto-run.ts";

const NOW = new Date("2026-06-02T12:00:00Z");
const at = (hour: number) => new Date(Date.UTC(2026, 5, 2, hour));
const TABLES = {
  T: [
    { Time: at(1), Name: "a", Count: 2, Text: '{"id":7,"who":"x"}' },
    { Time: at(9), Name: "b", Count: 3, Text: "no JSON" },
    { Time: at(11), Name: "a", Count: 5, Text: '{"id":8}' },
  ],
};

describe("a query", () => {
  it.each<[string, object[]]>([
    ['T | where Name == "a" and Count > 2 | project Count', [{ Count: 5 }]],
    ["T | where Time < ago(2h) | project Name", [{ Name: "a" }, { Name: "b" }]],
    ['T | where Name in ("b", "c") or Text contains "NO" | project Count', [{ Count: 3 }]],
    [
      "T | extend it = parse_json(Text) | project id = tostring(it.id), who = it.who",
      [
        { id: "7", who: "x" },
        { id: "", who: undefined },
        { id: "8", who: undefined },
      ],
    ],
    [
      'T | summarize n = countif(Count > 2), sum = sumif(Count, Name == "a"), first = min(Time) by Name',
      [
        { Name: "a", n: 1, sum: 7, first: at(1) },
        { Name: "b", n: 1, sum: 0, first: at(9) },
      ],
    ],
    ["T | where Count > 9 | summarize n = countif(Count > 2)", [{ n: 0 }]],
    ["T | where Count > 9 | summarize n = countif(Count > 2) by Name", []],
    [
      "T | summarize arg_max(Time, Count) by Name | where Count == 5",
      [{ Name: "a", Time: at(11), Count: 5 }],
    ],
    ["T | top 1 by Time desc | project hours = (now_ - Time) / 1h", [{ hours: undefined }]],
    ["T | top 1 by Time desc | project hours = (Time - ago(1d)) / 1h", [{ hours: 23 }]],
    ["T | summarize Count = sum(Count) by bin(Time, 1d)", [{ Time: at(0), Count: 10 }]],
    [
      "union isfuzzy=true (datatable(Name: string) []), Absent, T | summarize n = max(Count)",
      [{ n: 5 }],
    ],
  ])("%s", (query, rows) => {
    expect(runKusto(query, TABLES, NOW)).toEqual(rows);
  });

  it("that uses what is not known here is refused", () => {
    expect(() => runKusto("T | extend a = strlen(Name)", TABLES, NOW)).toThrow("knows no");
    expect(() => runKusto("T | distinct Name", TABLES, NOW)).toThrow("knows no DistinctOperator");
  });
});
