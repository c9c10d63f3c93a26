import * as authorization from "@pulumi/azure-native/authorization/index.js";
import * as pulumi from "@pulumi/pulumi";
import { v5 as uuidv5 } from "uuid";

/** Azure's built-in roles that the program assigns. */
export const ROLES = {
  storageBlobDataContributor: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  storageBlobDataReader: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
  // The least that may put off when a message shows again, as a task that takes long has to.
  storageQueueDataContributor: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
  storageQueueDataMessageSender: "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
  keyVaultSecretsUser: "4633458b-17de-408a-b874-0445c86b69e6",
} as const;

/** Any fixed UUID: names derived under it are the same at every `up`. */
const NAMESPACE = "5d0b1a1c-7a54-4c0e-9d5b-2f0f6a4f3f0e";

/** Who gets roles: the site's identity, and nobody else. */
export type RoleGrantee = {
  principalId: pulumi.Input<string>;
  /** Azure names the definition of a role by where it is used. */
  subscriptionId: pulumi.Input<string>;
  /** Told of each new role. */
  hooks: pulumi.ResourceHookBinding;
};

const BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

/**
 * A condition of an assignment that leaves reading and `blobs/add/action`, which creates blobs, and takes
 * away what changes or removes them. The comparison is never true on the container that it is meant for:
 * Azure wants one beside the actions (learn.microsoft.com/azure/role-based-access-control/conditions-format).
 */
export const CREATE_ONLY = `((${["write", "delete", "move/action"]
  .map((action) => `!(ActionMatches{'${BLOBS}/${action}'})`)
  .join(
    " AND ",
  )}) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringNotEquals 'evidence'))`;

export type RoleAssignmentArgs = RoleGrantee & {
  role: keyof typeof ROLES;
  /** Resource id: the narrowest that serves. */
  scope: pulumi.Input<string>;
  /** What narrows it further, in the language of Azure ABAC. */
  condition?: string | undefined;
};

/** Gives an identity a role. The assignment's name follows from what it says, as Azure wants it. */
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
      // Without it Azure looks a fresh identity up in Entra, and may not find it yet.
      principalType: "ServicePrincipal",
      ...(condition !== undefined && { condition, conditionVersion: "2.0" }),
    },
    { ...opts, hooks },
  );
}
