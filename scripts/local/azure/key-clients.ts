import { readFile } from "node:fs/promises";

import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import {
  QueueServiceClient,
  StorageSharedKeyCredential as QueueKeyCredential,
} from "@azure/storage-queue";

import type { Certificate } from "../contracts.ts";
import type { Azurite, AzuriteAccount } from "./azurite.ts";

/** The platform's own power over an account: straight to Azurite, with the account's key. */
export function blobClientByKey(
  place: ResourceScope,
  { name, key }: AzuriteAccount,
): BlobServiceClient {
  const credential = new StorageSharedKeyCredential(name, key);
  return new BlobServiceClient(`${place.azurite.blobUrl}/${name}`, credential, place.trust);
}

export function queueClientByKey(
  place: ResourceScope,
  { name, key }: AzuriteAccount,
): QueueServiceClient {
  const credential = new QueueKeyCredential(name, key);
  return new QueueServiceClient(`${place.azurite.queueUrl}/${name}`, credential, place.trust);
}

/** Azurite and what makes the clients trust it; made once, because connections are kept by it. */
export type ResourceScope = { azurite: Azurite; trust: Trust };

type Trust = { keepAliveOptions: { enable: boolean }; tlsOptions: { ca: string } };

/** The storage clients hand `tlsOptions` on to the pipeline, though their own types do not name it. */
export async function trustIn({ caFile }: Certificate): Promise<Trust> {
  return { keepAliveOptions: { enable: true }, tlsOptions: { ca: await readFile(caFile, "utf8") } };
}
