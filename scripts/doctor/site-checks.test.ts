import { describe, expect, it } from "vitest";
import { type Finding, MendableError, runChecks } from "../checks/check.ts";
import type { Site } from "../site/site.ts";
import { TEST_OUTPUTS } from "../stack/testing/test-outputs.ts";
import { siteChecks } from "./site-checks.ts";

const HEALTH = { version: "1.2.3", packageHash: TEST_OUTPUTS.packageHash, missing: [] };

describe("what Validate says", () => {
  it("is a line for each subject, all well", async () => {
    const findings = await diagnoseSite({ Status: true, Message: null });
    expect(findings.map(({ what, result }) => `${what}: ${result}`)).toEqual([
      "Site: ok",
      "Package: ok",
      "Validate: ok",
      "X keys accepted: ok",
      "Callback URL accepted: ok",
      "Entra token obtainable: ok",
      "Import service reachable: ok",
      "Archive writable: ok",
      "Worker alive: ok",
    ]);
  });

  it.each<[message: string, failing: string, remedy: RegExp]>([
    ["X: X answered 401", "X keys accepted", /pulumi config set --secret twitterApiKey/],
    ["X callback URL: X answered 403", "Callback URL accepted", /npm run handoff/],
    ["Microsoft Entra: no token", "Entra token obtainable", /npm run up/],
    ["Import service: away", "Import service reachable", /outbound network/],
    ["Archive: it cannot be written to", "Archive writable", /roles/],
    ["Worker: it does not get through", "Worker alive", /Restart/],
  ])("%s", async (message, failing, remedy) => {
    const findings = await diagnoseSite({ Status: false, Message: message });
    expect(findings.filter(({ result }) => result === "failed")).toEqual([
      {
        what: failing,
        result: "failed",
        detail: message.slice(message.indexOf(": ") + 2),
        remedy: expect.stringMatching(remedy) as unknown,
      },
    ]);
  });

  it("is told in full where it belongs to no subject", async () => {
    const findings = await diagnoseSite({ Status: false, Message: "Moon: it is full\nX: no" });
    expect(findings.find(({ what }) => what === "Validate")).toMatchObject({
      result: "failed",
      detail: "Moon: it is full",
    });
  });

  it("is no word on the callback URL while X refuses the keys", async () => {
    const findings = await diagnoseSite({ Status: false, Message: "X: X answered 401" });
    expect(findings.find(({ what }) => what === "Callback URL accepted")).toMatchObject({
      result: "not checked",
      detail: '"X keys accepted" comes first',
    });
  });

  it.each<[what: string, answer: Response, detail: RegExp]>([
    ["a 401", new Response("", { status: 401 }), /another APISecretKey or tenant/],
    ["a page", new Response("<html>"), /answered 200, and not in the portal's words/],
    ["a 500", Response.json({ Status: true, Message: null }, { status: 500 }), /answered 500/],
  ])("is nothing at all with %s", async (_what, answer, detail) => {
    const findings = await run({ ...site(), validate: async () => answer });
    expect(findings.find(({ what }) => what === "Validate")).toMatchObject({
      result: "failed",
      detail: expect.stringMatching(detail) as unknown,
    });
    expect(findings.find(({ what }) => what === "Worker alive")?.result).toBe("not checked");
  });

  it("is asked with the stack's own tenant and password, once", async () => {
    const asked: unknown[] = [];
    await run({
      ...site(),
      validate: async (credential) => {
        asked.push(credential);
        return Response.json({ Status: true, Message: null });
      },
    });
    const { tenantId, apiSecretKey: password } = TEST_OUTPUTS;
    expect(asked).toEqual([{ tenantId, password }]);
  });
});

describe("a site", () => {
  it("that does not answer leaves the rest unchecked", async () => {
    const health = async () => {
      throw new MendableError("nothing listens there", "start it");
    };
    const findings = await run({ ...site(), health });
    expect(findings[0]).toEqual({
      what: "Site",
      result: "failed",
      detail: "nothing listens there",
      remedy: "start it",
    });
    expect(new Set(findings.slice(1).map(({ result }) => result))).toEqual(
      new Set(["not checked"]),
    );
  });

  it("that runs another package than was deployed is found", async () => {
    const health = async () => ({ ...HEALTH, packageHash: "b".repeat(64) });
    const findings = await run({ ...site(), health });
    expect(findings.find(({ what }) => what === "Package")).toMatchObject({
      result: "failed",
      detail: "the site runs bbbbbbbbbbbbbbbb, the stack deployed aaaaaaaaaaaaaaaa",
    });
  });
});

function site(said: object = { Status: true, Message: null }): Site {
  return {
    health: async () => HEALTH,
    validate: async () => Response.json(said),
    get: async () => new Response(),
  };
}

function diagnoseSite(said: { Status: boolean; Message: string | null }): Promise<Finding[]> {
  return run(site(said));
}

function run(of: Site): Promise<Finding[]> {
  const silent = { begin: () => undefined, end: () => undefined };
  return runChecks(siteChecks({ outputs: TEST_OUTPUTS, site: of }), silent);
}
