import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { createReport } from "./report.ts";

const FAILED = {
  what: "Roles",
  result: "failed",
  detail: "two are missing:\nreader\nwriter",
  remedy: "npm run up",
} as const;

describe("createReport", () => {
  it("writes plain lines where there is no terminal, the remedy below", () => {
    const { report, text } = reportTo(false);
    report.begin("Node");
    report.end({ what: "Node", result: "ok", detail: "24.21.0" });
    report.end(FAILED);
    report.end({ what: "Site", result: "not checked", detail: "no az" });
    report.end({ what: "Alerts", result: "warning", detail: "none" });
    expect(text()).toBe(
      [
        "ok          Node                     24.21.0",
        "failed      Roles                    two are missing:",
        "    reader",
        "    writer",
        "    Remedy: npm run up",
        "not checked Site                     no az",
        "warning     Alerts                   none",
        "",
      ].join("\n"),
    );
  });

  it("shows on a terminal what is running, and signs in colour", () => {
    const { report, text } = reportTo(true);
    report.begin("Roles");
    expect(text()).toContain("… Roles");
    report.end(FAILED);
    expect(text()).toContain("\u001B[31m✖\u001B[39m Roles");
    expect(stripVTControlCharacters(text())).toContain("    Remedy: npm run up\n");
  });
});

function reportTo(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80, rows: 24 });
  let written = "";
  stream.on("data", (chunk: Buffer) => {
    written += chunk.toString();
  });
  return { report: createReport(stream), text: () => written };
}
