import { randomBytes } from "node:crypto";

import { z } from "zod";

import { armId, autoname, readInputs, requireExisting } from "../arm.ts";
import { removeFrom } from "../../remove-from.ts";
import type { Change, Lifecycles, Made, Provider, ResourceRequest, World } from "../world.ts";

export const vault: Provider = {
  "azure-native:keyvault:Vault": makeVault,
  "azure-native:keyvault:Secret": makeSecret,
};

export const vaultLifecycles: Lifecycles = {
  "azure-native:keyvault:Vault": {
    update: updateVault,
    remove: ({ id }, { softDeleted }) => void softDeleted.add(id.toLowerCase()),
  },
  "azure-native:keyvault:Secret": {
    // A value is never changed: it gets a version of its own.
    update: ({ resource, inputs, ...change }, world) =>
      makeSecret({ ...change, inputs: { ...inputs, secretName: resource.name } }, world),
    // The provider deletes a secret itself at the vault's data plane; within its vault it just goes.
    refuseRemoval: ({ id }) =>
      `Forbidden: ${id} is deleted at the vault's data plane, where the deployer has no role (ForbiddenByRbac)`,
    remove: ({ id }, { secrets, softDeleted }) => {
      removeFrom(secrets, (one) => one.id === id);
      softDeleted.add(id.toLowerCase());
    },
  },
};

const KIND = "Microsoft.KeyVault/vaults";

const vaultInputs = z.looseObject({
  resourceGroupName: z.string(),
  vaultName: z
    .string()
    .regex(/^(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/, "3 to 24 letters, digits, hyphens")
    .optional(),
  properties: z.looseObject({
    tenantId: z.guid(),
    sku: z.looseObject({ family: z.literal("A"), name: z.enum(["standard", "premium"]) }),
    // Always explicit: the default changes with the API version (docs/azure.md#settings).
    enableRbacAuthorization: z.literal(true, { error: "must be true: only roles are judged here" }),
    softDeleteRetentionInDays: z.int().min(7).max(90).optional(),
    enablePurgeProtection: z.boolean().optional(),
  }),
});

function makeVault(request: ResourceRequest, world: World): Made {
  const inputs = readInputs(vaultInputs, request);
  if (inputs.properties.tenantId !== world.tenantId) {
    throw new Error(
      `Vault "${request.name}" names tenant ${inputs.properties.tenantId}, which is not the deployer's`,
    );
  }
  const name = inputs.vaultName ?? autoname(request.name.replaceAll("-", "").slice(0, 16));
  const id = armId(world, { group: inputs.resourceGroupName, kind: KIND, name });
  requireNotDeleted(world, id);
  const properties = { ...inputs.properties, vaultUri: vaultUri(name) };
  return { id, name, state: { name, type: KIND, properties } };
}

/** Source: learn.microsoft.com/azure/key-vault/general/soft-delete-overview */
function updateVault(change: Change, world: World): Made {
  const { properties } = readInputs(vaultInputs, change);
  const old = readInputs(vaultInputs, { ...change, inputs: change.oldInputs }).properties;
  if (properties.softDeleteRetentionInDays !== old.softDeleteRetentionInDays) {
    throw new Error(
      'BadRequest: the property "softDeleteRetentionInDays" has been set already and it can\'t be modified',
    );
  }
  if (old.enablePurgeProtection && !properties.enablePurgeProtection) {
    throw new Error('BadRequest: the property "enablePurgeProtection" cannot be set to false');
  }
  if (properties.tenantId !== world.tenantId) {
    throw new Error(`BadRequest: vault "${change.name}" may not move to another tenant`);
  }
  const { id, name } = change.resource;
  return { id, name, state: { properties: { ...properties, vaultUri: vaultUri(name) } } };
}

const secretInputs = z.looseObject({
  resourceGroupName: z.string(),
  vaultName: z.string(),
  secretName: z
    .string()
    .regex(/^[0-9A-Za-z-]{1,127}$/, "1 to 127 letters, digits and hyphens")
    .optional(),
  properties: z.looseObject({
    value: z.string().min(1).max(25_600),
    attributes: z.looseObject({ enabled: z.boolean().default(true) }).optional(),
  }),
});

function makeSecret(request: ResourceRequest, world: World): Made {
  const inputs = readInputs(secretInputs, request);
  const { value, ...properties } = inputs.properties;
  const owner = armId(world, {
    group: inputs.resourceGroupName,
    kind: KIND,
    name: inputs.vaultName,
  });
  requireExisting(world, owner, "the vault");
  const name = inputs.secretName ?? autoname(request.name);
  const id = `${owner}/secrets/${name}`;
  requireNotDeleted(world, id);
  const version = randomBytes(16).toString("hex");
  const enabled = properties.attributes?.enabled ?? true;
  world.secrets.push({ id, vault: inputs.vaultName, name, version, value, enabled });
  const secretUri = `${vaultUri(inputs.vaultName)}secrets/${name}`;
  const uris = { secretUri, secretUriWithVersion: `${secretUri}/${version}` };
  return {
    id,
    name,
    state: { name, type: `${KIND}/secrets`, properties: { ...properties, ...uris } },
  };
}

function vaultUri(name: string): string {
  return `https://${name}.vault.azure.net/`.toLowerCase();
}

/** A deleted name can be recovered or purged, but not made anew (docs/azure.md#key-vault). */
function requireNotDeleted({ softDeleted }: World, id: string): void {
  if (softDeleted.has(id.toLowerCase())) {
    throw new Error(`Conflict: ${id} is in a deleted but recoverable state; its name is taken`);
  }
}
