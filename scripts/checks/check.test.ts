import { describe, expect, it } from "vitest";
import {
  type Check,
  exitCodeOf,
  failed,
  type Finding,
  MendableError,
  notChecked,
  NotCheckedError,
  ok,
  runChecks,
} from "./check.ts";

const silent = { begin: () => undefined, end: () => undefined };

describe("runChecks", () => {
  it("has a finding for each check, whether it returns or throws its verdict", async () => {
    const findings = await runChecks(
      [
        { what: "a", run: () => ok("fine") },
        { what: "b", run: async () => failed("broken", "mend it") },
        { what: "c", run: throwing(new MendableError("broken", "mend it")) },
        { what: "d", run: throwing(new NotCheckedError("cannot look", "install it")) },
        { what: "e", run: throwing(new NotCheckedError("cannot look")) },
      ],
      silent,
    );
    expect(findings).toEqual([
      { what: "a", result: "ok", detail: "fine" },
      { what: "b", result: "failed", detail: "broken", remedy: "mend it" },
      { what: "c", result: "failed", detail: "broken", remedy: "mend it" },
      { what: "d", result: "not checked", detail: "cannot look", remedy: "install it" },
      { what: "e", result: "not checked", detail: "cannot look" },
    ]);
  });

  it("runs nothing that needs what is not ok, nor what needs that", async () => {
    const ran: string[] = [];
    const check = (what: string, needs: string[], verdict = ok("")): Check => ({
      what,
      needs,
      run: () => {
        ran.push(what);
        return verdict;
      },
    });
    const findings = await runChecks(
      [
        check("broken", [], failed("", "")),
        check("unknown", [], notChecked("")),
        check("fine", []),
        check("a", ["broken"]),
        check("b", ["fine", "unknown"]),
        check("c", ["a"]),
        check("d", ["fine"]),
      ],
      silent,
    );
    expect(ran).toEqual(["broken", "unknown", "fine", "d"]);
    expect(findings.find(({ what }) => what === "c")).toEqual({
      what: "c",
      result: "not checked",
      detail: '"a" comes first',
    });
  });

  it("does not take a defect of its own for a finding", async () => {
    const checks = [{ what: "a", run: throwing(new TypeError("defect")) }];
    await expect(runChecks(checks, silent)).rejects.toThrow("defect");
  });
});

describe("exitCodeOf", () => {
  it.each<[Finding["result"][], number]>([
    [[], 0],
    [["ok", "not checked"], 0],
    [["ok", "failed", "ok"], 1],
  ])("%j is %i", (results, code) => {
    const findings = results.map((result) => ({ what: "", result, detail: "" }));
    expect(exitCodeOf(findings)).toBe(code);
  });
});

function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}
