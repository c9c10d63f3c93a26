import { readFile } from "node:fs/promises";

import type { BlobServiceClient } from "@azure/storage-blob";
import type { QueueServiceClient } from "@azure/storage-queue";
import * as pulumi from "@pulumi/pulumi";
import {
  AllowedCopyScope,
  DefaultAction,
  Kind,
  MinimumTlsVersion,
  PublicAccess,
  PublicNetworkAccess,
  SkuName,
} from "@pulumi/azure-native/types/enums/storage/index.js";
import { z } from "zod";

import { addImplicit, armId, autoname, readInputs, requireExisting } from "../arm.ts";
import { blobClientByKey, queueClientByKey } from "../key-clients.ts";
import type { FrontAccount } from "../storage-front.ts";
import type {
  Change,
  Lifecycles,
  Made,
  MadeResource,
  Provider,
  ResourceRequest,
  World,
} from "../world.ts";

export const storage: Provider = {
  "azure-native:storage:StorageAccount": makeAccount,
  "azure-native:storage:BlobContainer": makeContainer,
  "azure-native:storage:BlobContainerImmutabilityPolicy": makeRetention,
  "azure-native:storage:Queue": makeQueue,
  "azure-native:storage:Blob": makeBlob,
};

export const storageLifecycles: Lifecycles = {
  "azure-native:storage:StorageAccount": { update: updateAccount, remove: removeAccount },
  "azure-native:storage:BlobContainer": {
    remove: async ({ id, name }, world) => {
      await blobsOf(world, id).getContainerClient(name).deleteIfExists();
    },
  },
  "azure-native:storage:BlobContainerImmutabilityPolicy": {
    remove: ({ id }, { front }) => void front.writeOnce.delete(containerOf(id)),
  },
  "azure-native:storage:Queue": {
    remove: async ({ id, name }, world) => {
      await queuesOf(world, id).getQueueClient(name).deleteIfExists();
    },
  },
  "azure-native:storage:Blob": {
    remove: async ({ id, name }, world) => {
      const container = /\/containers\/([^/]+)\/blobs\//.exec(id)?.[1] ?? "";
      await blobsOf(world, id).getContainerClient(container).getBlobClient(name).deleteIfExists();
    },
  },
};

const ACCOUNT_KIND = "Microsoft.Storage/storageAccounts";

const accountInputs = z.looseObject({
  resourceGroupName: z.string(),
  accountName: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/, "3 to 24 lower-case letters and digits")
    .optional(),
  kind: z.enum(Kind),
  sku: z.looseObject({ name: z.enum(SkuName) }),
  // TLS1_3 is in the list, but the service does not support it (docs/azure.md#settings).
  minimumTlsVersion: z.enum(MinimumTlsVersion).exclude(["TLS1_3"]).optional(),
  allowedCopyScope: z.enum(AllowedCopyScope).optional(),
  publicNetworkAccess: z.enum(PublicNetworkAccess).optional(),
  networkRuleSet: z.looseObject({ defaultAction: z.enum(DefaultAction) }).optional(),
  // The service's defaults: keys are good, anonymous reading is not.
  allowSharedKeyAccess: z.boolean().default(true),
  allowBlobPublicAccess: z.boolean().default(false),
});

function makeAccount(request: ResourceRequest, world: World): Made {
  const inputs = readInputs(accountInputs, request);
  const azurite = world.spareAccounts.shift();
  if (!azurite) {
    throw new Error("The local Azure has no storage account left: raise SPARE_ACCOUNTS");
  }
  // Azurite's accounts are fixed at its start, so its names stand in for autonaming.
  const name = inputs.accountName ?? azurite.name;
  if (world.front.accounts.has(name)) {
    throw new Error(`StorageAccountAlreadyTaken: the storage account named ${name} is taken`);
  }
  const id = armId(world, { group: inputs.resourceGroupName, kind: ACCOUNT_KIND, name });
  const { allowSharedKeyAccess, allowBlobPublicAccess } = inputs;
  world.front.accounts.set(name, { id, azurite, allowSharedKeyAccess, allowBlobPublicAccess });
  for (const service of ["blob", "queue", "table", "file"]) {
    addImplicit(world, `${id}/${service}Services/default`, `${ACCOUNT_KIND}/${service}Services`);
  }
  return {
    id,
    name,
    state: { name, type: ACCOUNT_KIND, primaryEndpoints: endpoints(world, name) },
  };
}

/** Source: learn.microsoft.com/azure/storage/common/redundancy-migration */
function updateAccount(change: Change, world: World): Made {
  const { allowSharedKeyAccess, allowBlobPublicAccess, sku } = readInputs(accountInputs, change);
  const old = readInputs(accountInputs, { ...change, inputs: change.oldInputs });
  if (isZoneRedundant(sku.name) !== isZoneRedundant(old.sku.name)) {
    throw new Error(
      `BadRequest: from ${old.sku.name} to ${sku.name} is a conversion, to be asked for apart; it takes days`,
    );
  }
  const { id, name } = change.resource;
  Object.assign(findAccount(world, name), { allowSharedKeyAccess, allowBlobPublicAccess });
  return { id, name, state: {} };
}

function isZoneRedundant(sku: string): boolean {
  return sku.endsWith("ZRS");
}

/** Azurite keeps the account; it is emptied for whoever takes it next. */
async function removeAccount({ id, name }: MadeResource, world: World): Promise<void> {
  const blobs = blobsOf(world, id);
  for await (const container of blobs.listContainers()) {
    await blobs.deleteContainer(container.name);
  }
  const queues = queuesOf(world, id);
  for await (const queue of queues.listQueues()) {
    await queues.deleteQueue(queue.name);
  }
  world.spareAccounts.push(findAccount(world, name).azurite);
  world.front.accounts.delete(name);
}

function endpoints({ front }: World, name: string): Record<string, string> {
  // Only blobs and queues are played; the others answer as a service that is not there.
  const absent = (service: string) => `https://${name}.${service}.core.windows.net/`;
  return {
    blob: `${front.blobUrl}/${name}/`,
    queue: `${front.queueUrl}/${name}/`,
    table: absent("table"),
    file: absent("file"),
    dfs: absent("dfs"),
    web: absent("web"),
  };
}

const NAME = /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const NAME_RULE = "3 to 63 lower-case letters, digits and single hyphens";

const containerInputs = z.looseObject({
  resourceGroupName: z.string(),
  accountName: z.string(),
  containerName: z.string().regex(NAME, NAME_RULE).optional(),
  publicAccess: z.enum(PublicAccess).default("None"),
});

async function makeContainer(request: ResourceRequest, world: World): Promise<Made> {
  const inputs = readInputs(containerInputs, request);
  const account = findAccount(world, inputs.accountName);
  if (inputs.publicAccess !== "None" && !account.allowBlobPublicAccess) {
    throw new Error("PublicAccessNotPermitted: the account does not allow anonymous reading");
  }
  const name = inputs.containerName ?? autoname(request.name);
  const id = `${account.id}/blobServices/default/containers/${name}`;
  await blobClientByKey(world, account.azurite).getContainerClient(name).create();
  return { id, name, state: { name, type: `${ACCOUNT_KIND}/blobServices/containers` } };
}

const retentionInputs = z.looseObject({
  resourceGroupName: z.string(),
  accountName: z.string(),
  containerName: z.string(),
  immutabilityPolicyName: z.literal("default").optional(),
  immutabilityPeriodSinceCreationInDays: z.number().int().min(1).max(146_000),
});

/** Holds from now on what is in the container, and what comes into it. */
function makeRetention(request: ResourceRequest, world: World): Made {
  const inputs = readInputs(retentionInputs, request);
  const { id: account } = findAccount(world, inputs.accountName);
  const container = `${account}/blobServices/default/containers/${inputs.containerName}`;
  requireExisting(world, container, "the container");
  const id = `${container}/immutabilityPolicies/default`;
  world.front.writeOnce.add(containerOf(id));
  const type = `${ACCOUNT_KIND}/blobServices/containers/immutabilityPolicies`;
  return { id, name: "default", state: { name: "default", type, state: "Unlocked" } };
}

function containerOf(policy: string): string {
  return policy.slice(0, policy.indexOf("/immutabilityPolicies/")).toLowerCase();
}

const queueInputs = z.looseObject({
  resourceGroupName: z.string(),
  accountName: z.string(),
  queueName: z.string().regex(NAME, NAME_RULE).optional(),
});

async function makeQueue(request: ResourceRequest, world: World): Promise<Made> {
  const inputs = readInputs(queueInputs, request);
  const account = findAccount(world, inputs.accountName);
  const name = inputs.queueName ?? autoname(request.name);
  const id = `${account.id}/queueServices/default/queues/${name}`;
  await queueClientByKey(world, account.azurite).getQueueClient(name).create();
  return { id, name, state: { name, type: `${ACCOUNT_KIND}/queueServices/queues` } };
}

const blobInputs = z.looseObject({
  resourceGroupName: z.string(),
  accountName: z.string(),
  containerName: z.string(),
  blobName: z.string().min(1).max(1024).optional(),
  type: z.literal("Block", { error: "only block blobs are known to the local Azure" }),
  contentType: z.string().default("application/octet-stream"),
  source: z.unknown(),
});

async function makeBlob(request: ResourceRequest, world: World): Promise<Made> {
  const inputs = readInputs(blobInputs, request);
  const account = findAccount(world, inputs.accountName);
  if (!account.allowSharedKeyAccess) {
    // The provider lists the account's keys and uploads with one (docs/azure.md#package).
    throw new Error(
      `KeyBasedAuthenticationNotPermitted: storage:Blob uploads with a shared key, and account ${inputs.accountName} has allowSharedKeyAccess: false`,
    );
  }
  const container = `${account.id}/blobServices/default/containers/${inputs.containerName}`;
  requireExisting(world, container, "the container");
  const name = inputs.blobName ?? request.name;
  await blobClientByKey(world, account.azurite)
    .getContainerClient(inputs.containerName)
    .getBlockBlobClient(name)
    .uploadData(await bytesOf(inputs.source), {
      blobHTTPHeaders: { blobContentType: inputs.contentType },
    });
  const url = `${world.front.blobUrl}/${inputs.accountName}/${inputs.containerName}/${name}`;
  return { id: `${container}/blobs/${name}`, name, state: { name, url } };
}

async function bytesOf(source: unknown): Promise<Buffer> {
  if (source instanceof pulumi.asset.FileAsset) {
    return readFile(await source.path);
  }
  if (source instanceof pulumi.asset.StringAsset) {
    return Buffer.from(await source.text);
  }
  throw new Error("The local Azure uploads a FileAsset or a StringAsset; this source is neither");
}

/** Client for the account that a resource (or the account itself) lies in, by ARM id. */
function blobsOf(world: World, id: string): BlobServiceClient {
  return blobClientByKey(world, accountOf(world, id).azurite);
}

function queuesOf(world: World, id: string): QueueServiceClient {
  return queueClientByKey(world, accountOf(world, id).azurite);
}

function accountOf(world: World, id: string): FrontAccount {
  return findAccount(world, /\/storageAccounts\/([^/]+)/.exec(id)?.[1] ?? "");
}

function findAccount(world: World, name: string): FrontAccount {
  const account = world.front.accounts.get(name);
  if (!account) {
    throw new Error(`ResourceNotFound: storage account ${name} does not exist (yet)`);
  }
  return account;
}
