import { describe, expect, it } from "vitest";
import { createTestLog } from "../testing/test-log.ts";
import { createCallDescriber, type DescribedCall } from "./describe-call.ts";

const CALL: DescribedCall = {
  method: "GET",
  path: "/setup/validate",
  authorization: `Basic ${Buffer.from("tenant:the-password").toString("base64")}`,
  headers: ["X-MS-Client-Request-Id", "host", "authorization"],
  queries: ["jobId"],
};
const tokenOf = (claims: object) =>
  ["header", Buffer.from(JSON.stringify(claims)).toString("base64url"), "signature"].join(".");

describe("createCallDescriber", () => {
  it("says once in which way the platform calls, and nothing that it said", () => {
    const { lines, text } = described(CALL, CALL, { ...CALL, headers: [...CALL.headers] });
    expect(lines).toEqual([
      expect.objectContaining({
        event: "platform.called",
        method: "GET",
        path: "/setup/validate",
        authentication: "Basic",
        headers: "authorization, host, x-ms-client-request-id",
        queries: "jobId",
      }),
    ]);
    expect(text).not.toMatch(/tenant|the-password|dGVuYW50/);
  });

  it("tells ways apart by credential, path and names", () => {
    const { lines } = described(
      CALL,
      { ...CALL, path: "/job/iscreated" },
      { ...CALL, headers: ["host"] },
      { ...CALL, queries: ["JobId"] },
      { ...CALL, authorization: `Bearer ${tokenOf({ ver: "1.0" })}` },
      { ...CALL, authorization: `Bearer ${tokenOf({ ver: "2.0" })}` },
    );
    expect(lines.map(({ authentication }) => authentication)).toEqual([
      "Basic",
      "Basic",
      "Basic",
      "Basic",
      "Entra token, version 1",
      "Entra token, version 2",
    ]);
  });

  it("logs no more ways than there can be, and no name that is none", () => {
    const calls = Array.from({ length: 300 }, (_, nth) => ({
      ...CALL,
      queries: [`q${nth}`, "not a name", "x".repeat(100)],
    }));
    const { lines } = described(...calls);
    expect(lines).toHaveLength(200);
    expect(lines[7]?.["queries"]).toBe("q7");
  });
});

function described(...calls: DescribedCall[]) {
  const log = createTestLog();
  const describeCall = createCallDescriber(log.log);
  calls.forEach((call) => describeCall(call));
  return { lines: log.lines(), text: JSON.stringify(log.lines()) };
}
