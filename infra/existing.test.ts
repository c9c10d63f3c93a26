import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readConfig } from "./config.ts";
import { within } from "./monitoring/kql.ts";
import { logAlerts } from "./monitoring/log-alerts.ts";
import { problemsIn } from "./testing/kusto.ts";
import { runKusto } from "./testing/kusto-run.ts";
import { evaluateMode, OWN_SUBNETS, OWN_WORKSPACE_ID, OWN_ZONES } from "./testing/modes.ts";
import { reveal } from "./testing/property-values.ts";

const PRIVATE = { network: "private-backend" };

describe("what a landing zone has already", () => {
  it.each<[what: string, existing: unknown, more: Record<string, string>, problem: RegExp]>([
    ["one subnet alone", { siteSubnetId: OWN_SUBNETS.siteSubnetId }, PRIVATE, /belong together/],
    [
      "one subnet for both",
      { ...OWN_SUBNETS, endpointsSubnetId: OWN_SUBNETS.siteSubnetId.toUpperCase() },
      PRIVATE,
      /takes no endpoints/,
    ],
    ["subnets without endpoints", OWN_SUBNETS, {}, /Set network to private-backend/],
    ["zones without endpoints", { dnsZones: "none" }, {}, /Set network to private-backend/],
    ["zones without subnets", { dnsZones: OWN_ZONES }, PRIVATE, /networks of yours/],
    [
      "subnets beside a range",
      OWN_SUBNETS,
      { ...PRIVATE, networkRange: "10.1.2.0/24" },
      /^- networkRange: no network is made/m,
    ],
    [
      "a subnet that is none",
      { siteSubnetId: "app" },
      PRIVATE,
      /existing\.siteSubnetId: must be a/,
    ],
    ["zones of another kind", { ...OWN_SUBNETS, dnsZones: "some" }, PRIVATE, /must be none, or/],
    [
      "a zone of another service",
      { ...OWN_SUBNETS, dnsZones: { ...OWN_ZONES, vault: OWN_ZONES.blob } },
      PRIVATE,
      /existing\.dnsZones.*privatelink\.vaultcore\.azure\.net/,
    ],
    [
      "two zones of three",
      { ...OWN_SUBNETS, dnsZones: { blob: OWN_ZONES.blob } },
      PRIVATE,
      /three/,
    ],
    ["a workspace's customer id", { workspaceId: "1234" }, {}, /existing\.workspaceId: must be/],
    ["a key that is none", { subnets: [] }, {}, /existing/],
  ])("is refused with its remedy: %s", (_what, existing, more, problem) => {
    expect(() => read({ existing: JSON.stringify(existing), ...more })).toThrow(problem);
    expect(() => read({ existing: JSON.stringify(existing), ...more })).toThrow(/pulumi config/);
  });

  it("is not made: subnets, zones and a workspace", async () => {
    const { resources, find, all, optionsOf } = await evaluateMode("landing zone");
    const types = resources.map(({ type }) => type).join(" ");
    expect(types).not.toMatch(
      /VirtualNetwork|NetworkSecurityGroup|PrivateZone|PrivateDnsZoneGroup|:Workspace/,
    );
    const endpoints = all("network:PrivateEndpoint");
    expect(endpoints).toHaveLength(3);
    for (const { inputs } of endpoints) {
      expect(inputs["subnet"]).toMatchObject({ id: OWN_SUBNETS.endpointsSubnetId });
    }
    expect(find("web:WebApp").inputs["virtualNetworkSubnetId"]).toBe(OWN_SUBNETS.siteSubnetId);
    const before = optionsOf("connector", "m365:connector:WebApp").dependsOn;
    expect(endpoints.filter(({ name }) => !before.includes(name))).toEqual([]);
  });

  it("has records in zones that are there", async () => {
    const { all } = await evaluateMode("landing zone with its own DNS zones");
    expect([...all("privatedns:PrivateZone"), ...all("privatedns:VirtualNetworkLink")]).toEqual([]);
    const records = all("network:PrivateDnsZoneGroup").flatMap(({ inputs }) =>
      z
        .array(z.looseObject({ name: z.string(), privateDnsZoneId: z.string() }))
        .parse(inputs["privateDnsZoneConfigs"])
        .map(({ name, privateDnsZoneId }) => [name, privateDnsZoneId]),
    );
    expect(Object.fromEntries(records)).toEqual(OWN_ZONES);
  });

  it("has zones of the program's where there are none, in the site's own network", async () => {
    const { all } = await evaluateMode("own subnets");
    expect(all("network:VirtualNetwork")).toEqual([]);
    const links = all("privatedns:VirtualNetworkLink").map(
      ({ inputs }) => inputs["virtualNetwork"],
    );
    const id = OWN_SUBNETS.siteSubnetId.replace(/\/subnets\/.*/, "");
    expect(links).toEqual([{ id }, { id }, { id }]);
  });
});

const ruleSchema = z.object({
  scopes: z.array(z.string()),
  criteria: z.object({ allOf: z.array(z.object({ query: z.string() })) }),
});

describe("a workspace that others use, too", () => {
  it("gets every log, and its own are left to whose it is", async () => {
    const { all } = await evaluateMode("landing zone");
    const settings = all("monitor:DiagnosticSetting");
    expect(settings.length).toBeGreaterThan(5);
    for (const { name, inputs } of settings) {
      expect(inputs["workspaceId"], name).toBe(OWN_WORKSPACE_ID);
      expect(inputs["resourceUri"], name).not.toBe(OWN_WORKSPACE_ID);
    }
  });

  it("is asked for what is ours alone, in Azure's own language", async () => {
    const { all } = await evaluateMode("landing zone");
    const rules = all("monitor:ScheduledQueryRule");
    expect(rules).toHaveLength(
      logAlerts({ hoursWithoutDelivery: 6, daysWithoutRequest: 2 }).length,
    );
    const open = rules.flatMap(({ name, inputs }) => {
      const { scopes, criteria } = ruleSchema.parse(reveal(inputs));
      expect(scopes).toEqual([OWN_WORKSPACE_ID]);
      const [query = ""] = criteria.allOf.map((one) => one.query);
      expect(problemsIn(query), name).toEqual([]);
      return /_ResourceId contains ".+\/" or _ResourceId contains ".+\/"/.test(query) ? [] : [name];
    });
    // What the workspace says of itself.
    expect(open).toEqual(["connector-monitoring-logs-capped"]);
  });

  it("has a workbook over what is ours alone, with a name of its own", async () => {
    const shared = (await evaluateMode("landing zone")).find("applicationinsights:Workbook").inputs;
    const own = (await evaluateMode("complete")).find("applicationinsights:Workbook").inputs;
    expect(String(shared["serializedData"])).toContain("_ResourceId contains");
    expect(String(own["serializedData"])).not.toContain("_ResourceId contains");
    expect(shared["resourceName"]).not.toBe(own["resourceName"]);
  });

  it("fires for ours, and not for another connector in it", () => {
    const now = new Date("2026-06-02T12:00:00Z");
    const [group] = ["/subscriptions/s/resourceGroups/Connector1"];
    const alert = logAlerts({ hoursWithoutDelivery: 6, daysWithoutRequest: 2 }).find(
      ({ name }) => name === "package-written",
    );
    const row = (_ResourceId: string) => ({
      TimeGenerated: new Date("2026-06-02T11:50:00Z"),
      OperationName: "PutBlob",
      ObjectKey: "/a/packages/app-1.zip",
      StatusText: "Success",
      ConditionsUsed: "",
      UserAgentHeader: "",
      _ResourceId,
    });
    const firing = (id: string) =>
      runKusto(within(alert?.query ?? "", [group ?? ""]), { StorageBlobLogs: [row(id)] }, now);
    const account = "providers/microsoft.storage/storageaccounts/a";
    expect(firing(`/subscriptions/s/resourcegroups/connector1/${account}`)).toHaveLength(1);
    expect(firing(`/subscriptions/s/resourcegroups/connector12/${account}`)).toEqual([]);
  });
});

function read(config: Record<string, string>) {
  const values = Object.entries(config).map(([key, value]) => [`p:${key}`, value] as const);
  pulumi.runtime.setAllConfig({
    "azure-native:location": "westeurope",
    ...Object.fromEntries(values),
  });
  return readConfig(new pulumi.Config("p"));
}
