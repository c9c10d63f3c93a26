import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import type { TokenCredential } from "@azure/identity";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { startAzurite } from "../../scripts/local/azure/azurite.ts";
import { createCertificate } from "../../scripts/local/certificate.ts";
import type { Certificate } from "../../scripts/local/contracts.ts";
import type { Containers } from "../archive/azure-store.ts";
import { createIssuer } from "./entra-tokens.ts";
import { testEnvironment } from "./environment.ts";

const HOUR_MS = 3_600_000;

/** Azure Storage as production meets it: https, and an Entra token instead of a key. */
export type Storage = {
  credential: TokenCredential;
  /** What it shows, for 127.0.0.1; other servers of a test may show the same. */
  certificate: Certificate;
  createContainer: () => Promise<ContainerClient>;
  /** Both of an archive. */
  createContainers: () => Promise<Containers>;
  /** @returns the queue's address. */
  createQueue: () => Promise<string>;
  close: () => Promise<void>;
};

/** Starts Azurite, and makes this process trust it as Azure is trusted. */
export async function startStorage(): Promise<Storage> {
  const directory = await mkdtemp(join(tmpdir(), "storage-"));
  const certificate = await createCertificate(directory);
  const trusted = tls.getCACertificates("default");
  tls.setDefaultCACertificates([...trusted, await readFile(certificate.caFile, "utf8")]);
  const azurite = await startAzurite({ certificate, directory, accounts: 1 });
  const account = azurite.accounts[0]?.name ?? "";
  const credential = await createStorageCredential();
  const blobs = new BlobServiceClient(`${azurite.blobUrl}/${account}`, credential);
  const queues = new QueueServiceClient(`${azurite.queueUrl}/${account}`, credential);
  const createContainer = async () => {
    const container = blobs.getContainerClient(randomUUID());
    await container.create();
    return container;
  };
  return {
    credential,
    certificate,
    createContainer,
    createContainers: async () => ({
      evidence: await createContainer(),
      state: await createContainer(),
    }),
    async createQueue() {
      const queue = queues.getQueueClient(randomUUID());
      await queue.create();
      return queue.url;
    },
    async close() {
      await azurite.close();
      tls.setDefaultCACertificates(trusted);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Azurite looks at audience, issuer and times of a token, and knows no roles. */
async function createStorageCredential(): Promise<TokenCredential> {
  const { TENANT_ID = "" } = testEnvironment();
  const issuer = await createIssuer();
  const token = await issuer.issue({
    aud: "https://storage.azure.com",
    iss: `https://sts.windows.net/${TENANT_ID}/`,
    oid: randomUUID(),
    tid: TENANT_ID,
  });
  return { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + HOUR_MS }) };
}
