import { afterEach, describe, expect, it, vi } from "vitest";
import { evaluate, type Evaluation } from "../testing/mocks.ts";

afterEach(() => {
  vi.resetModules();
});

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
    expect(
      find("operationalinsights:Workspace", "monitoring-workspace").inputs["retentionInDays"],
    ).toBe(365);
    const undelivered = find("monitor:ScheduledQueryRule", "monitoring-undelivered").inputs;
    expect(undelivered["description"]).toContain("12 hours");
    const watched = all("monitor:DiagnosticSetting").map(({ inputs }) =>
      String(inputs["resourceUri"]).replace(/^.*\/(connector-|vault-|archive|package|monit)/, "$1"),
    );
    expect(watched.toSorted()).toEqual([
      "archiveaccount/blobServices/default",
      "archiveaccount/fileServices/default",
      "archiveaccount/queueServices/default",
      "archiveaccount/tableServices/default",
      "connector-plan",
      "connector-site",
      "connector-site",
      "monitoring-workspace",
      "packageaccount/blobServices/default",
      "packageaccount/fileServices/default",
      "packageaccount/queueServices/default",
      "packageaccount/tableServices/default",
      "vault-vault",
    ]);
  });

  it("watches, too, what only some stacks have", async () => {
    const { all } = await programOf({ sku: "S1", maxInstances: "4", network: "private-backend" });
    const watched = all("monitor:DiagnosticSetting").map(({ inputs }) =>
      String(inputs["resourceUri"]),
    );
    for (const name of ["connector-autoscale", "private-network", "private-guard"]) {
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
  return evaluate(() => import("../index.ts"), { config });
}
