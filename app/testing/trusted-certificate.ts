import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { createCertificate } from "../../scripts/local/certificate.ts";
import type { Certificate } from "../../scripts/local/contracts.ts";

export type TrustedCertificate = Certificate & {
  /** Makes this process trust it, as Azure's are trusted. */
  trust: () => Promise<void>;
  close: () => Promise<void>;
};

/** A certificate for 127.0.0.1 that nobody trusts before `trust`, and nobody after `close`. */
export async function createTrustedCertificate(): Promise<TrustedCertificate> {
  const directory = await mkdtemp(join(tmpdir(), "certificate-"));
  const certificate = await createCertificate(directory);
  const before = tls.getCACertificates("default");
  return {
    ...certificate,
    async trust() {
      tls.setDefaultCACertificates([...before, await readFile(certificate.caFile, "utf8")]);
    },
    async close() {
      tls.setDefaultCACertificates(before);
      await rm(directory, { recursive: true });
    },
  };
}
