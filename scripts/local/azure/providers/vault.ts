import { randomBytes } from "node:crypto";

import { z } from "zod";

import { armId, autoname, readInputs, requireExisting } from "../arm.ts";
import type { Made, Provider, ResourceRequest, World } from "../world.ts";

export const vault: Provider = {
  "azure-native:keyvault:Vault": makeVault,
  "azure-native:keyvault:Secret": makeSecret,
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
    // Always explicit: the default changes with the API version (azure.md section 1).
    enableRbacAuthorization: z.literal(true, { error: "must be true: only roles are judged here" }),
    softDeleteRetentionInDays: z.int().min(7).max(90).optional(),
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
  const properties = { ...inputs.properties, vaultUri: vaultUri(name) };
  return { id, name, state: { name, type: KIND, properties } };
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
