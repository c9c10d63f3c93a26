import { GET_SECRET, isAllowed } from "./roles.ts";
import type { RoleAssignment } from "./roles.ts";
import type { VaultSecret } from "./world.ts";

/** What a reference asks for; without version, the newest. */
export type SecretAddress = { vault: string; name: string; version?: string };

/**
 * The address in an app setting's value, undefined if the value is no Key Vault reference or not a
 * well-formed one. Source: docs/azure.md#key-vault.
 */
export function readReference(value: string): SecretAddress | undefined {
  const inner = /^@Microsoft\.KeyVault\((.*)\)$/.exec(value)?.[1];
  if (inner === undefined) {
    return undefined;
  }
  const fields = new Map(
    inner.split(";").map((field) => {
      const [name = "", content = ""] = field.split(/=(.*)/s);
      return [name, content];
    }),
  );
  const uri = fields.get("SecretUri");
  return uri === undefined ? readNames(fields) : readSecretUri(uri);
}

/**
 * The value of a setting as the process gets it. A reference that cannot be resolved stays what it
 * is: the literal reaches the process, as on Azure.
 */
export function resolveSetting(
  value: string,
  { secrets, assignments, principalId }: LeaseHeartbeat,
): string {
  const address = readReference(value);
  const secret = address && findSecret(secrets, address);
  if (!secret?.enabled || principalId === undefined) {
    return value;
  }
  const access = { principalId, anyOf: [GET_SECRET], scope: secret.id };
  return isAllowed(assignments, access) ? secret.value : value;
}

export type LeaseHeartbeat = {
  /** Oldest version first. */
  secrets: readonly VaultSecret[];
  assignments: readonly RoleAssignment[];
  /** Of the identity that the site reads with; undefined: it has none. */
  principalId: string | undefined;
};

function readNames(fields: Map<string, string>): SecretAddress | undefined {
  const [vault, name, version] = ["VaultName", "SecretName", "SecretVersion"].map((field) =>
    fields.get(field),
  );
  return vault && name ? { vault, name, ...(version && { version }) } : undefined;
}

function readSecretUri(uri: string): SecretAddress | undefined {
  const pattern =
    /^https:\/\/([a-z0-9-]+)\.vault\.azure\.net\/secrets\/([\w-]+)\/?([0-9a-f]{32})?\/?$/i;
  const [, vault = "", name = "", version] = pattern.exec(uri) ?? [];
  return vault && name ? { vault, name, ...(version && { version }) } : undefined;
}

function findSecret(secrets: readonly VaultSecret[], address: SecretAddress) {
  return secrets.findLast(
    ({ vault, name, version }) =>
      same(vault, address.vault) &&
      same(name, address.name) &&
      (address.version === undefined || same(version, address.version)),
  );
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
