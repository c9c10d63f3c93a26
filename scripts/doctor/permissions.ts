import type { ProgramConfig } from "../../infra/config.ts";

/** Somebody's permissions at a scope, as Azure lists them: one entry for each role. */
export type Permission = { actions: string[]; notActions: string[] };

/** One action for each kind of resource that the program creates. */
const NEEDED_ACTIONS = [
  "Microsoft.Resources/subscriptions/resourceGroups/write",
  "Microsoft.ManagedIdentity/userAssignedIdentities/write",
  "Microsoft.Storage/storageAccounts/write",
  // Pulumi uploads the package with a key of its account.
  "Microsoft.Storage/storageAccounts/listKeys/action",
  "Microsoft.KeyVault/vaults/write",
  "Microsoft.KeyVault/vaults/secrets/write",
  "Microsoft.Web/sites/write",
  "Microsoft.Insights/diagnosticSettings/write",
  "Microsoft.Insights/scheduledQueryRules/write",
  "Microsoft.Authorization/roleAssignments/write",
];

/** Needed actions that no role grants. */
export function missingActions(
  permissions: readonly Permission[],
  { network, existing }: Pick<ProgramConfig, "network" | "existing">,
): string[] {
  const { siteSubnetId, dnsZones, workspaceId } = existing;
  const isPrivate = network === "private-backend";
  const more: [action: string, isNeeded: boolean][] = [
    ["Microsoft.OperationalInsights/workspaces/write", workspaceId === undefined],
    ["Microsoft.Network/virtualNetworks/write", isPrivate && siteSubnetId === undefined],
    ["Microsoft.Network/privateEndpoints/write", isPrivate],
    ["Microsoft.Network/privateDnsZones/write", isPrivate && dnsZones === undefined],
  ];
  const needed = [
    ...NEEDED_ACTIONS,
    ...more.flatMap(([action, isNeeded]) => (isNeeded ? [action] : [])),
  ];
  return needed.filter(
    (action) =>
      !permissions.some(
        ({ actions, notActions }) =>
          actions.some((pattern) => matches(pattern, action)) &&
          !notActions.some((pattern) => matches(pattern, action)),
      ),
  );
}

/** Azure's patterns: `*` matches anything including slashes; case is ignored. */
function matches(pattern: string, action: string): boolean {
  const parts = pattern.split("*").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(".*")}$`, "i").test(action);
}

/** Built-in directory roles that may register an app, by template id. */
export const REGISTERING_ROLES: Record<string, string> = {
  "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
  "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
  "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
  "cf1c38e5-3621-4004-a7cb-879624dced7c": "Application Developer",
};

/** Graph's application permissions that may register an app, by id. */
export const REGISTERING_PERMISSIONS: Record<string, string> = {
  "18a4783c-866b-4cc7-a460-3d5e5662c884": "Application.ReadWrite.OwnedBy",
  "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9": "Application.ReadWrite.All",
};
