import type { Condition } from "./condition.ts";

/** A role given to a principal on a scope (an ARM id), as the authorization provider keeps it. */
export type RoleAssignment = {
  id?: string;
  scope: string;
  roleId: string;
  principalId: string;
  /** It gives only the actions that meet it. */
  condition?: Condition | undefined;
};

export type Access = { principalId: string; anyOf: string[]; scope: string };

/**
 * Built-in roles that are known here, with the actions (after the provider's resource type) that they
 * give. Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles. A star ends a
 * pattern. `kind`: whose tokens such a role is good for.
 */
export const ROLES: Record<string, { name: string; kind: RoleKind; actions: string[] }> = {
  "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": {
    name: "Storage Blob Data Reader",
    kind: "storage",
    actions: [
      "blobServices/containers/read",
      "blobServices/generateUserDelegationKey/action",
      "blobServices/containers/blobs/read",
    ],
  },
  "ba92f5b4-2d11-453d-a403-e96b0029c9fe": {
    name: "Storage Blob Data Contributor",
    kind: "storage",
    actions: [
      "blobServices/containers/delete",
      "blobServices/containers/read",
      "blobServices/containers/write",
      "blobServices/generateUserDelegationKey/action",
      "blobServices/containers/blobs/delete",
      "blobServices/containers/blobs/read",
      "blobServices/containers/blobs/write",
      "blobServices/containers/blobs/move/action",
      "blobServices/containers/blobs/add/action",
    ],
  },
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": {
    name: "Storage Blob Data Owner",
    kind: "storage",
    actions: ["blobServices/containers/*", "blobServices/generateUserDelegationKey/action"],
  },
  "974c5e8b-45b9-4653-ba55-5f855dd0fb88": {
    name: "Storage Queue Data Contributor",
    kind: "storage",
    actions: [
      "queueServices/queues/delete",
      "queueServices/queues/read",
      "queueServices/queues/write",
      "queueServices/queues/messages/delete",
      "queueServices/queues/messages/read",
      "queueServices/queues/messages/write",
      "queueServices/queues/messages/process/action",
    ],
  },
  "8a0f0c08-91a1-4084-bc3d-661d67233fed": {
    name: "Storage Queue Data Message Processor",
    kind: "storage",
    actions: ["queueServices/queues/messages/read", "queueServices/queues/messages/process/action"],
  },
  "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": {
    name: "Storage Queue Data Message Sender",
    kind: "storage",
    actions: ["queueServices/queues/messages/add/action"],
  },
  "19e7f393-937e-4f77-808e-94535e297925": {
    name: "Storage Queue Data Reader",
    kind: "storage",
    actions: ["queueServices/queues/read", "queueServices/queues/messages/read"],
  },
  "de139f84-1756-47ae-9be6-808fbbe84772": {
    name: "Website Contributor",
    kind: "management",
    actions: [],
  },
  "4633458b-17de-408a-b874-0445c86b69e6": {
    name: "Key Vault Secrets User",
    kind: "vault",
    actions: ["secrets/getSecret/action", "secrets/readMetadata/action"],
  },
  "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": {
    name: "Key Vault Secrets Officer",
    kind: "vault",
    actions: ["secrets/*"],
  },
  "3913510d-42f4-4e42-8a64-420c390055eb": {
    name: "Monitoring Metrics Publisher",
    kind: "monitor",
    actions: ["metrics/write", "telemetry/write"],
  },
};

export type RoleKind = "storage" | "vault" | "monitor" | "management";

/** The right to read a secret's value. */
export const GET_SECRET = "secrets/getSecret/action";

/** Whether these assignments let the principal do one of the actions on the scope or below it. */
export function isAllowed(assignments: readonly RoleAssignment[], access: Access): boolean {
  return assignments.some(
    (assignment) =>
      assignment.principalId === access.principalId &&
      isWithin(access.scope, assignment.scope) &&
      access.anyOf.some(
        (action) =>
          gives(assignment.roleId, action) &&
          (assignment.condition?.(action, containerIn(access.scope)) ?? true),
      ),
  );
}

function containerIn(scope: string): string {
  return /\/containers\/([^/]+)/i.exec(scope)?.[1] ?? "";
}

/** ARM ids are compared without regard to case, step by step. */
function isWithin(scope: string, parent: string): boolean {
  return `${scope}/`.toLowerCase().startsWith(`${parent}/`.toLowerCase());
}

function gives(roleId: string, action: string): boolean {
  return (ROLES[roleId]?.actions ?? []).some((pattern) =>
    pattern.endsWith("*") ? action.startsWith(pattern.slice(0, -1)) : action === pattern,
  );
}
