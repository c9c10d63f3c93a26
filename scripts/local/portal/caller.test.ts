import { describe, expect, it } from "vitest";
import { judgeCaller } from "./caller.ts";

const EXPECTED = { resource: "https://service/1", tenantId: "t", appId: "app" };
const CLAIMS = { aud: "https://service/1", tid: "t", appid: "app" };

describe("a caller of the Import service", () => {
  it.each([
    ["a v1 token", CLAIMS],
    ["a v2 token", { aud: "https://service/1", tid: "t", azp: "app" }],
    ["the audience with a slash", { ...CLAIMS, aud: "https://service/1/" }],
  ])("is let in with %s", (_what, claims) => {
    expect(judgeCaller(claims, EXPECTED)).toBeUndefined();
  });

  it.each([
    ["another audience", { ...CLAIMS, aud: "https://storage.azure.com" }, "is for"],
    ["no audience", { tid: "t", appid: "app" }, "is for"],
    ["another tenant", { ...CLAIMS, tid: "u" }, "is of tenant"],
    ["another application", { ...CLAIMS, appid: "app2" }, "is not the application"],
    ["no application", { aud: "https://service/1", tid: "t" }, "is not the application"],
  ])("is kept out with %s", (_what, claims, why) => {
    expect(judgeCaller(claims, EXPECTED)).toContain(why);
  });

  it("is kept out while no connector is set up", () => {
    const claims = { aud: "https://service/1", tid: "t" };
    expect(judgeCaller(claims, { ...EXPECTED, appId: undefined })).toContain("is not");
  });
});
