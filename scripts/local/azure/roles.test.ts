import { expect, test } from "vitest";

import { ROLES, isAllowed } from "./roles.ts";

const ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
const RECORDS = `${ACCOUNT}/blobServices/default/containers/records`;
const WORK = `${ACCOUNT}/queueServices/default/queues/work`;
const READ = "blobServices/containers/blobs/read";
const WRITE = "blobServices/containers/blobs/write";
const MESSAGES = "queueServices/queues/messages";

test.each([
  ["Storage Blob Data Reader", RECORDS, READ, true],
  ["Storage Blob Data Reader", RECORDS, WRITE, false],
  ["Storage Blob Data Contributor", RECORDS, WRITE, true],
  ["Storage Blob Data Contributor", RECORDS, "blobServices/containers/blobs/tags/write", false],
  ["Storage Blob Data Owner", RECORDS, "blobServices/containers/blobs/tags/write", true],
  ["Storage Blob Data Owner", RECORDS, `${MESSAGES}/read`, false],
  ["Storage Queue Data Contributor", WORK, `${MESSAGES}/write`, true],
  ["Storage Queue Data Message Processor", WORK, `${MESSAGES}/process/action`, true],
  ["Storage Queue Data Message Processor", WORK, `${MESSAGES}/write`, false],
  ["Storage Queue Data Message Sender", WORK, `${MESSAGES}/add/action`, true],
  ["Storage Queue Data Message Sender", WORK, `${MESSAGES}/process/action`, false],
  ["Storage Queue Data Reader", WORK, `${MESSAGES}/read`, true],
  ["Key Vault Secrets User", RECORDS, "secrets/getSecret/action", true],
  ["Key Vault Secrets Officer", RECORDS, "secrets/getSecret/action", true],
])("%s on %s: %s is %s", (role, scope, action, expected) => {
  const assignment = { scope, roleId: roleIdOf(role), principalId: "p" };
  const access = { principalId: "p", anyOf: [action], scope };
  expect(isAllowed([assignment], access)).toBe(expected);
});

test.each([
  ["the scope itself", RECORDS, true],
  ["the account above it", ACCOUNT, true],
  ["the resource group", "/subscriptions/s/resourceGroups/g", true],
  ["the same scope in other letters", RECORDS.toUpperCase(), true],
  ["a scope that begins alike", RECORDS.slice(0, -1), false],
  ["a scope below it", `${RECORDS}/blobs/x`, false],
  ["another container", `${ACCOUNT}/blobServices/default/containers/secrets`, false],
])("an assignment on %s counts: %s %s", (_, scope, expected) => {
  const roleId = roleIdOf("Storage Blob Data Reader");
  const access = { principalId: "p", anyOf: [WRITE, READ], scope: RECORDS };
  expect(isAllowed([{ scope, roleId, principalId: "p" }], access)).toBe(expected);
});

test("an assignment of somebody else does not count", () => {
  const roleId = roleIdOf("Storage Blob Data Reader");
  const access = { principalId: "p", anyOf: [READ], scope: RECORDS };
  expect(isAllowed([{ scope: RECORDS, roleId, principalId: "q" }], access)).toBe(false);
});

function roleIdOf(name: string): string {
  return Object.keys(ROLES).find((id) => ROLES[id]?.name === name) ?? "";
}
