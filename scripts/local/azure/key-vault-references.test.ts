import { expect, test } from "vitest";

import { readReference, resolveSetting } from "./key-vault-references.ts";

const VERSION = "0123456789abcdef0123456789abcdef";

test.each([
  ["SecretUri=https://v.vault.azure.net/secrets/n", { vault: "v", name: "n" }],
  ["SecretUri=https://v.vault.azure.net/secrets/n/", { vault: "v", name: "n" }],
  [
    `SecretUri=https://v.vault.azure.net/secrets/n/${VERSION}`,
    { vault: "v", name: "n", version: VERSION },
  ],
  ["VaultName=v;SecretName=n", { vault: "v", name: "n" }],
  [
    `VaultName=v;SecretName=n;SecretVersion=${VERSION}`,
    { vault: "v", name: "n", version: VERSION },
  ],
  ["SecretUri=https://v.example.com/secrets/n", undefined],
  ["SecretUri=https://v.vault.azure.net/keys/n", undefined],
  ["VaultName=v", undefined],
  ["", undefined],
])("@Microsoft.KeyVault(%s) asks for %j", (inner, address) => {
  expect(readReference(`@Microsoft.KeyVault(${inner})`)).toEqual(address);
});

test("another value is no reference", () => {
  expect(readReference("plain")).toBeUndefined();
});

const ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v/secrets/n";
const SECRETS = [
  { id: ID, vault: "v", name: "n", version: VERSION, value: "old", enabled: true },
  { id: ID, vault: "v", name: "n", version: "f".repeat(32), value: "new", enabled: true },
  { id: `${ID}2`, vault: "v", name: "n2", version: VERSION, value: "off", enabled: false },
];
const READER = "4633458b-17de-408a-b874-0445c86b69e6";
const ASSIGNMENTS = [{ scope: ID.replace("/secrets/n", ""), roleId: READER, principalId: "p" }];

test.each([
  ["the newest version", "VaultName=v;SecretName=n", "p", "new"],
  ["a version", `VaultName=v;SecretName=n;SecretVersion=${VERSION}`, "p", "old"],
  [
    "a version that is not there",
    `VaultName=v;SecretName=n;SecretVersion=${"0".repeat(32)}`,
    "p",
    undefined,
  ],
  ["a secret that is not there", "VaultName=v;SecretName=m", "p", undefined],
  ["a secret that is disabled", "VaultName=v;SecretName=n2", "p", undefined],
  ["a secret without a role", "VaultName=v;SecretName=n", "q", undefined],
  ["a secret without an identity", "VaultName=v;SecretName=n", undefined, undefined],
])("%s: %s read by %s is %s", (_, inner, principalId, expected) => {
  const value = `@Microsoft.KeyVault(${inner})`;
  const keeper = { secrets: SECRETS, assignments: ASSIGNMENTS, principalId };
  expect(resolveSetting(value, keeper)).toBe(expected ?? value);
});
