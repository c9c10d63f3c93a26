import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import {
  BlobServiceClient,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { startAzurite } from "../local/azure/azurite.ts";
import { createCertificate } from "../local/certificate.ts";

const HOUR_MS = 3_600_000;

export type Containers = AsyncDisposable & {
  blobUrl: string;
  caFile: string;
  /** A new container that whoever has the address may write to. @returns the address. */
  createContainer: () => Promise<string>;
};

/** Azurite as the platform's storage; this process trusts it as it would trust Azure. */
export async function startContainers(): Promise<Containers> {
  const directory = await mkdtemp(join(tmpdir(), "bench-"));
  const certificate = await createCertificate(directory);
  const ca = await readFile(certificate.caFile, "utf8");
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), ca]);
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
      await rm(directory, { recursive: true, force: true });
    },
  };
}
