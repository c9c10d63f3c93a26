import { describe, expect, it } from "vitest";
import { missingActions, type Permission } from "./permissions.ts";

const role = (actions: string[], notActions: string[] = []): Permission => ({
  actions,
  notActions,
});
const CONTRIBUTOR = role(
  ["*"],
  ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"],
);
const PUBLIC = { network: "public", existing: {} } as const;
const PRIVATE = { network: "private-backend", existing: {} } as const;
const ROLE_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/write";

describe("missingActions", () => {
  it.each<[string, Permission[], string[]]>([
    ["Owner", [role(["*"])], []],
    ["Contributor", [CONTRIBUTOR], [ROLE_ASSIGNMENTS]],
    [
      "Contributor and Role Based Access Control Administrator",
      [CONTRIBUTOR, role(["Microsoft.Authorization/roleAssignments/write", "*/read"])],
      [],
    ],
    [
      "Contributor and User Access Administrator, in another case",
      [CONTRIBUTOR, role(["microsoft.authorization/*"])],
      [],
    ],
  ])("finds what %s may not do", (_name, permissions, missing) => {
    expect(missingActions(permissions, PRIVATE)).toEqual(missing);
  });

  it("finds all of it for a Reader, and for nobody", () => {
    expect(missingActions([role(["*/read"])], PUBLIC)).toHaveLength(11);
    expect(missingActions([], PRIVATE)).toHaveLength(14);
  });

  it("asks for no right to make what a landing zone has", () => {
    const nobody = (existing: object) =>
      missingActions([], { network: "private-backend", existing });
    const all = nobody({});
    const without = nobody({ siteSubnetId: "s", dnsZones: "none", workspaceId: "w" });
    expect(all.filter((action) => !without.includes(action))).toEqual([
      "Microsoft.OperationalInsights/workspaces/write",
      "Microsoft.Network/virtualNetworks/write",
      "Microsoft.Network/privateDnsZones/write",
    ]);
  });

  it("finds what somebody may not do who may use no keys, or make no network", () => {
    const mostly = role(["*"], ["Microsoft.Storage/*/listKeys/action", "Microsoft.Network/*"]);
    const keys = "Microsoft.Storage/storageAccounts/listKeys/action";
    expect(missingActions([mostly], PUBLIC)).toEqual([keys]);
    expect(missingActions([mostly], PRIVATE)).toContain("Microsoft.Network/virtualNetworks/write");
  });

  it("takes a dot for a dot", () => {
    const almost = role(["Microsoft.Web.sites/*", "Microsoft.Storage/storageAccounts/*"]);
    expect(missingActions([almost], PUBLIC)).toContain("Microsoft.Web/sites/write");
    expect(missingActions([almost], PUBLIC)).not.toContain(
      "Microsoft.Storage/storageAccounts/write",
    );
  });
});
