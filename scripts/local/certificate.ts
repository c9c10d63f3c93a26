import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { generate } from "selfsigned";

import type { Certificate } from "./contracts.ts";

/** Makes a CA and a server certificate for 127.0.0.1 and localhost; `directory` is made if absent. */
export async function createCertificate(directory: string): Promise<Certificate> {
  const authority = await createAuthority();
  const server = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  await mkdir(directory, { recursive: true });
  const caFile = join(directory, "ca.pem");
  await writeFile(caFile, authority.cert);
  return { key: server.private, cert: server.cert, caFile };
}

async function createAuthority() {
  return generate([{ name: "commonName", value: "Local system CA" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
}
