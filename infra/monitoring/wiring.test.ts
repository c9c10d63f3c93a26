import { describe, expect, it } from "vitest";
import { program } from "../program.ts";
import { evaluate, type Evaluation } from "../testing/mocks.ts";

describe("the whole program", () => {
  it("watches what it made, for as long and for whom the stack says", async () => {
    const { find, all } = await programOf({
      alertEmail: "operator@example.com",
      hoursWithoutDelivery: "12",
      logRetentionDays: "365",
    });
    expect(find("monitor:ActionGroup").inputs["emailReceivers"]).toMatchObject([
      { emailAddress: "operator@example.com" },
    ]);
    const workspace = find("operationalinsights:Workspace", "connector-monitoring-workspace");
    expect(workspace.inputs["retentionInDays"]).toBe(365);
    const undelivered = find(
      "monitor:ScheduledQueryRule",
      "connector-monitoring-undelivered",
    ).inputs;
    expect(undelivered["description"]).toContain("12 hours");
    const watched = all("monitor:DiagnosticSetting").map(({ inputs }) =>
      String(inputs["resourceUri"]).replace(/^.*\/(?=connector)/, ""),
    );
    expect(watched.toSorted()).toEqual([
      "connector-monitoring-workspace",
      "connector-plan",
      "connector-site",
      "connector-site",
      "connector-vault",
      "connectorarchive/blobServices/default",
      "connectorarchive/fileServices/default",
      "connectorarchive/queueServices/default",
      "connectorarchive/tableServices/default",
      "connectorpackage/blobServices/default",
      "connectorpackage/fileServices/default",
      "connectorpackage/queueServices/default",
      "connectorpackage/tableServices/default",
    ]);
  });

  it("watches, too, what only some stacks have", async () => {
    const { all } = await programOf({ sku: "S1", maxInstances: "4", network: "private-backend" });
    const watched = all("monitor:DiagnosticSetting").map(({ inputs }) =>
      String(inputs["resourceUri"]),
    );
    for (const name of [
      "connector-autoscale",
      "connector-private-network",
      "connector-private-guard",
    ]) {
      expect(
        watched.filter((uri) => uri.endsWith(`/${name}`)),
        name,
      ).toHaveLength(1);
    }
  });

  it("scales by itself where it is told how far", async () => {
    const { find } = await programOf({ sku: "S1", instances: "2", maxInstances: "4" });
    const { targetResourceUri, profiles } = find("monitor:AutoscaleSetting").inputs;
    expect(targetResourceUri).toMatch(/\/connector-plan$/);
    expect(profiles).toMatchObject([{ capacity: { minimum: "2", maximum: "4", default: "2" } }]);
  });

  it("does not scale by itself otherwise", async () => {
    const { all } = await programOf({});
    expect(all("monitor:AutoscaleSetting")).toEqual([]);
  });
});

async function programOf(config: Record<string, string>): Promise<Evaluation> {
  return evaluate(program, { config });
}
