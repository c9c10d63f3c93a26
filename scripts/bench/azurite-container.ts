import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import {
  BlobServiceClient,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { createTrustedCertificate } from "../../app/testing/trusted-certificate.ts";
import { startAzurite } from "../local/azure/azurite.ts";

const HOUR_MS = 3_600_000;

export type Containers = AsyncDisposable & {
  blobUrl: string;
  caFile: string;
  /** A new container that whoever has the address may write to. @returns the address. */
  createContainer: () => Promise<string>;
};

/** Azurite as the platform's storage; this process trusts it as it would trust Azure. */
export async function startContainers(): Promise<Containers> {
  const certificate = await createTrustedCertificate();
  await certificate.trust();
  const directory = dirname(certificate.caFile);
  const azurite = await startAzurite({ certificate, directory, accounts: 1 });
  const { name, key } = azurite.accounts[0] ?? { name: "", key: "" };
  const service = new BlobServiceClient(
    `${azurite.blobUrl}/${name}`,
    new StorageSharedKeyCredential(name, key),
  );
  return {
    blobUrl: azurite.blobUrl,
    caFile: certificate.caFile,
    async createContainer() {
      const container = service.getContainerClient(randomUUID());
      await container.create();
      return container.generateSasUrl({
        permissions: ContainerSASPermissions.parse("w"),
        expiresOn: new Date(Date.now() + HOUR_MS),
      });
    },
    async [Symbol.asyncDispose]() {
      await azurite.close();
      await certificate.close();
    },
  };
}
