import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { TwitterConnectorArgs } from "./connector-args.ts";
import { program as ownProgram } from "../examples/own-program/index.ts";
import { evaluate } from "./testing/mocks.ts";
import { TwitterConnector } from "./twitter-connector.ts";

const ARGS: TwitterConnectorArgs = {
  deployer: {
    tenantId: "11111111-1111-4111-8111-111111111111",
    subscriptionId: "00000000-0000-4000-8000-000000000001",
  },
  package: { hash: "a1".repeat(32), zip: Buffer.from("zip"), zipHash: "", bundleBytes: 1 },
};

/** A program of a platform team's own. */
function programOf(connectors: Record<string, Partial<TwitterConnectorArgs>>) {
  return evaluate(async () => {
    const made = Object.entries(connectors).map(
      ([name, args]) => [name, new TwitterConnector(name, { ...ARGS, ...args })] as const,
    );
    return Object.fromEntries(made.map(([name, { connectorUrl }]) => [name, connectorUrl]));
  });
}

describe("a connector as a component of another program", () => {
  it("stands beside others in one stack, each with all of its own", async () => {
    const { resources, all } = await programOf({
      press: {},
      council: { network: "private-backend" },
    });
    const twice = resources
      .map(({ type, name }) => `${type} ${name}`)
      .filter((one, index, others) => others.indexOf(one) !== index);
    expect(twice).toEqual([]);
    expect(all("web:WebApp").map(({ name }) => name)).toEqual(["press-site", "council-site"]);
    expect(all("Application").map(({ inputs }) => inputs["displayName"])).toEqual([
      "m365-twitter-connector-test-press",
      "m365-twitter-connector-test-council",
    ]);
    const own = (name: string) => resources.filter((one) => one.name.startsWith(name)).length;
    expect(own("press") + own("council")).toBe(resources.length);
  });

  it("is used so by the example", async () => {
    const { all, outputs } = await evaluate(() => ownProgram(async () => ARGS.package));
    expect(all("web:WebApp").map(({ name }) => name)).toEqual(["press-site", "support-site"]);
    expect(Object.keys(outputs)).toEqual(["connectorUrls", "callbackUrls", "passwords"]);
    expect(await pulumi.isSecret(pulumi.output(outputs["passwords"]))).toBe(true);
  });

  it.each<[string, string, Partial<TwitterConnectorArgs>, string]>([
    ["a name that Azure would not take", "Press-Office", {}, "1 to 9 lower-case letters"],
    ["a size that sleeps", "press", { sku: "F1" }, "sku: must be an App Service size"],
    ["contradictions", "press", { zoneRedundant: true }, "zoneRedundant: a Basic plan"],
    [
      "a part of the Twitter values",
      "press",
      { twitterApiKey: "key" },
      "twitterAccessToken: missing",
    ],
    [
      "no federation across tenants",
      "press",
      { ...otherTenant(), credential: "federated" },
      "federated needs",
    ],
  ])("refuses %s before anything is made", async (_, name, args, message) => {
    await expect(programOf({ [name]: args })).rejects.toThrow(message);
  });
});

function otherTenant() {
  return { tenantId: "99999999-9999-4999-8999-999999999999" };
}
