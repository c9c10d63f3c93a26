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
    expect(missingActions(permissions)).toEqual(missing);
  });

  it("finds all of it for a Reader, and for nobody", () => {
    expect(missingActions([role(["*/read"])])).toHaveLength(7);
    expect(missingActions([])).toHaveLength(7);
  });

  it("takes a dot for a dot", () => {
    const almost = role(["Microsoft.Web.sites/*", "Microsoft.Storage/storageAccounts/*"]);
    expect(missingActions([almost])).toContain("Microsoft.Web/sites/write");
    expect(missingActions([almost])).not.toContain("Microsoft.Storage/storageAccounts/write");
  });
});
