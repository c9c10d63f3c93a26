import { ContainerSASPermissions, RestError, SASProtocol } from "@azure/storage-blob";
import type { ContainerClient } from "@azure/storage-blob";

import type { PlatformContainer } from "../contracts.ts";
import { blobClientByKey } from "./key-clients.ts";
import type { World } from "./world.ts";

/** Makes a container of the Import service: whoever has the address may write, or what else it says. */
export async function createPlatformContainer(
  world: World,
  { name, expires, permissions = "w" }: { name: string; expires: Date; permissions?: string },
): Promise<PlatformContainer> {
  const container = blobClientByKey(world, world.platformAccount).getContainerClient(name);
  await container.create();
  const sasUri = await container.generateSasUrl({
    permissions: ContainerSASPermissions.parse(permissions),
    protocol: SASProtocol.Https,
    expiresOn: expires,
  });
  return {
    // Whoever is outside comes in by the front.
    sasUri: sasUri.replace(world.azurite.blobUrl, world.front.blobUrl),
    list: async () => list(container),
    read: async (blob) => container.getBlockBlobClient(blob).downloadToBuffer(),
  };
}

/**
 * Blobs of the container of that name (physical or logical) that the program made. What the connector
 * removes meanwhile is not among them.
 */
export async function* readContainer(world: World, name: string, prefix = "") {
  const container = findContainer(world, name);
  for await (const blob of container.listBlobsFlat({ prefix })) {
    const body = await container.getBlockBlobClient(blob.name).downloadToBuffer().catch(unlessGone);
    if (body) {
      yield { name: blob.name, body };
    }
  }
}

/** What somebody with the account's keys can do, whatever the roles are. */
export async function overwrite(
  world: World,
  { container, name, body }: { container: string; name: string; body: Buffer },
): Promise<void> {
  const blob = findContainer(world, container).getBlockBlobClient(name);
  await blob.upload(body, body.byteLength);
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof RestError) || error.statusCode !== 404) {
    throw error;
  }
}

function findContainer(world: World, name: string): ContainerClient {
  const found = [...world.resources.values()].find(
    (one) =>
      one.type === "azure-native:storage:BlobContainer" &&
      (one.name === name || one.logicalName === name),
  );
  const account = [...world.front.accounts.values()].find(({ id }) =>
    found?.id.startsWith(`${id}/`),
  );
  if (!found || !account) {
    throw new Error(`The program made no container named ${name}`);
  }
  return blobClientByKey(world, account.azurite).getContainerClient(found.name);
}

async function list(container: ContainerClient): Promise<{ name: string; bytes: number }[]> {
  const blobs = [];
  for await (const blob of container.listBlobsFlat()) {
    blobs.push({ name: blob.name, bytes: blob.properties.contentLength ?? 0 });
  }
  return blobs;
}
