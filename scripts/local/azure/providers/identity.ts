import { randomUUID } from "node:crypto";

import { z } from "zod";

import { armId, autoname, groupId, readInputs, requireExisting } from "../arm.ts";
import { removeFrom } from "../../remove-from.ts";
import { type Condition, readCondition } from "../condition.ts";
import { ROLES } from "../roles.ts";
import type { Change, Lifecycles, Made, Provider, ResourceRequest, World } from "../world.ts";

export const identity: Provider = {
  "azure-native:resources:ResourceGroup": makeResourceGroup,
  "azure-native:managedidentity:UserAssignedIdentity": makeIdentity,
  "azure-native:authorization:RoleAssignment": makeRoleAssignment,
};

export const identityLifecycles: Lifecycles = {
  "azure-native:managedidentity:UserAssignedIdentity": {
    remove: ({ id }, { identities }) => removeFrom(identities, (one) => one.id === id),
  },
  "azure-native:authorization:RoleAssignment": {
    update: changeRoleAssignment,
    remove: ({ id }, { assignments }) => removeFrom(assignments, (one) => one.id === id),
  },
};

const groupInputs = z.looseObject({
  resourceGroupName: z
    .string()
    .regex(/^[-\w.()]{0,89}[-\w()]$/)
    .optional(),
});

function makeResourceGroup(request: ResourceRequest, world: World): Made {
  const inputs = readInputs(groupInputs, request);
  const name = inputs.resourceGroupName ?? autoname(request.name);
  const id = groupId(world, name);
  return { id, name, state: { name, type: "Microsoft.Resources/resourceGroups" } };
}

const identityInputs = z.looseObject({
  resourceGroupName: z.string(),
  resourceName: z
    .string()
    .regex(/^[A-Za-z0-9][-\w]{2,127}$/)
    .optional(),
});

function makeIdentity(request: ResourceRequest, world: World): Made {
  const inputs = readInputs(identityInputs, request);
  const name = inputs.resourceName ?? autoname(request.name);
  const kind = "Microsoft.ManagedIdentity/userAssignedIdentities";
  const id = armId(world, { group: inputs.resourceGroupName, kind, name });
  const ids = { clientId: randomUUID(), principalId: randomUUID() };
  world.identities.push({ id, ...ids });
  return { id, name, state: { name, type: kind, tenantId: world.tenantId, ...ids } };
}

const assignmentInputs = z.looseObject({
  scope: z.string().startsWith("/"),
  roleDefinitionId: z.string(),
  principalId: z.guid(),
  // Without it a fresh identity is refused now and then: PrincipalNotFound (docs/azure.md#roles).
  principalType: z.literal("ServicePrincipal"),
  roleAssignmentName: z.guid().optional(),
  condition: z.string().optional(),
  conditionVersion: z.literal("2.0").optional(),
});

function makeRoleAssignment(request: ResourceRequest, world: World): Made {
  const { scope, roleDefinitionId, principalId, ...inputs } = readInputs(assignmentInputs, request);
  const roleId = readRoleId(roleDefinitionId);
  const condition = conditionOf(inputs);
  requireExisting(world, scope, "the scope");
  if (!world.identities.some((one) => one.principalId === principalId)) {
    throw new Error(`PrincipalNotFound: principal ${principalId} does not exist in the directory`);
  }
  if (world.assignments.some((one) => isSame(one, { scope, roleId, principalId }))) {
    throw new Error("RoleAssignmentExists: the role assignment already exists");
  }
  const name = inputs.roleAssignmentName ?? randomUUID();
  const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
  world.assignments.push({ id, scope, roleId, principalId, condition });
  return { id, name, state: { name, type: "Microsoft.Authorization/roleAssignments" } };
}

type Conditional = Pick<z.infer<typeof assignmentInputs>, "condition" | "conditionVersion">;

/** Azure takes a condition with its version only. */
function conditionOf({ condition, conditionVersion }: Conditional): Condition | undefined {
  if ((condition === undefined) !== (conditionVersion === undefined)) {
    throw new Error("InvalidConditionVersion: condition and conditionVersion go together");
  }
  return condition === undefined ? undefined : readCondition(condition);
}

/** All that can be changed of an assignment is its condition (and description). */
function changeRoleAssignment(change: Change, world: World): Made {
  const { id, name } = change.resource;
  const assignment = world.assignments.find((one) => one.id === id);
  if (assignment) {
    assignment.condition = conditionOf(readInputs(assignmentInputs, change));
  }
  return { id, name, state: {} };
}

function isSame(one: World["assignments"][number], other: World["assignments"][number]): boolean {
  const keys = [one, other].map(({ scope, roleId, principalId }) =>
    `${scope} ${roleId} ${principalId}`.toLowerCase(),
  );
  return keys[0] === keys[1];
}

function readRoleId(roleDefinitionId: string): string {
  const roleId =
    /\/providers\/Microsoft\.Authorization\/roleDefinitions\/([0-9a-f-]{36})$/i
      .exec(roleDefinitionId)?.[1]
      ?.toLowerCase() ?? "";
  if (!(roleId in ROLES)) {
    throw new Error(
      `Role definition ${roleDefinitionId} is not known to the local Azure: roles.ts`,
    );
  }
  return roleId;
}
