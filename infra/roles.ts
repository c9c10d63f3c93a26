import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as pulumi from "@pulumi/pulumi";
import { v5 as uuidv5 } from "uuid";

/** Azure's built-in roles that the program assigns. */
export const ROLES = {
  storageBlobDataContributor: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  storageBlobDataReader: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
  // The least powerful role that may extend a message's visibility timeout, as long tasks must.
  storageQueueDataContributor: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
  storageQueueDataMessageSender: "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
  keyVaultSecretsUser: "4633458b-17de-408a-b874-0445c86b69e6",
} as const;

/** Any fixed UUID: names derived from it are the same at every `up`. */
const NAMESPACE = "5d0b1a1c-7a54-4c0e-9d5b-2f0f6a4f3f0e";

/** Receives all roles: the site's identity. */
export type RoleGrantee = {
  principalId: pulumi.Input<string>;
  /** Part of a role definition's id. */
  subscriptionId: pulumi.Input<string>;
  /** Called for each new role assignment. */
  hooks: pulumi.ResourceHookBinding;
};

const BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

/**
 * Condition of a role assignment that allows reading and `blobs/add/action`, which creates blobs, and
 * denies actions that change or delete them. Azure requires a comparison besides the actions; this one is
 * never true on the evidence container (learn.microsoft.com/azure/role-based-access-control/conditions-format).
 */
export const CREATE_ONLY = `((${["write", "delete", "move/action"]
  .map((action) => `!(ActionMatches{'${BLOBS}/${action}'})`)
  .join(
    " AND ",
  )}) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringNotEquals 'evidence'))`;

export type RoleAssignmentArgs = RoleGrantee & {
  role: keyof typeof ROLES;
  /** Resource id, as narrow as possible. */
  scope: pulumi.Input<string>;
  /** Azure ABAC condition that restricts the role further. */
  condition?: string | undefined;
};

/** Assigns a role to an identity. The assignment's name is derived from role, scope and identity. */
export function assignRole(
  name: string,
  { role, scope, condition, principalId, subscriptionId, hooks }: RoleAssignmentArgs,
  opts: pulumi.CustomResourceOptions,
): authorization.RoleAssignment {
  const definition = "providers/Microsoft.Authorization/roleDefinitions";
  return new authorization.RoleAssignment(
    name,
    {
      roleAssignmentName: pulumi
        .all([scope, principalId])
        .apply((parts) => uuidv5([role, ...parts].join("|"), NAMESPACE)),
      roleDefinitionId: pulumi.interpolate`/subscriptions/${subscriptionId}/${definition}/${ROLES[role]}`,
      scope,
      principalId,
      // Without it, Azure looks a new identity up in Entra and may not find it yet.
      principalType: "ServicePrincipal",
      ...(condition !== undefined && { condition, conditionVersion: "2.0" }),
    },
    { ...opts, hooks },
  );
}
