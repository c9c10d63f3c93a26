import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import tls from "node:tls";
import { createCertificate } from "../../certificate.ts";
import { startImportService } from "../import-service.ts";
import { openMailbox } from "../mailbox.ts";
import { createMemoryContainers } from "./memory-containers.ts";
import { createMemoryEntra } from "./memory-entra.ts";

export const TENANT = "6c1a0e8e-0000-4000-8000-000000000001";
export const APP = "6c1a0e8e-0000-4000-8000-000000000002";
export const RESOURCE = "https://microsoft.onmicrosoft.com/4e476d41-2395-42be-89ff-34cb9186a1ac";

/** A running Import service with a mailbox in a temporary folder, and a token that opens it. */
export async function startImportSetup() {
  const directory = await mkdtemp(path.join(tmpdir(), "import-"));
  const certificate = await createCertificate(directory);
  const authority = await readFile(certificate.caFile, "utf8");
  const trusted = tls.getCACertificates("default");
  tls.setDefaultCACertificates([...trusted, authority]);
  const mailbox = await openMailbox(path.join(directory, "mailbox"));
  const containers = createMemoryContainers();
  const entra = createMemoryEntra(TENANT);
  const service = await startImportService({
    certificate,
    entra,
    resource: RESOURCE,
    mailbox,
    createContainer: (name) => containers.createContainer(name),
    tokenAppId: APP,
  });
  const claims = { aud: RESOURCE, tid: TENANT, appid: APP };
  return {
    service,
    mailbox,
    entra,
    upload: containers.upload,
    token: `Bearer ${await entra.issue(claims)}`,
    async close() {
      await service.close();
      tls.setDefaultCACertificates(trusted);
      await rm(directory, { recursive: true });
    },
  };
}
