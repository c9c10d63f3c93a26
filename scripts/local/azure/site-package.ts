import { readFile, mkdir, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { dirname, join, relative } from "node:path";
import { buffer } from "node:stream/consumers";

import { unzipSync } from "fflate";

import type { ManagedIdentity, Site, World } from "./world.ts";

export type PackageOptions = {
  /** `wwwroot`; made here. */
  folder: string;
  settings: Map<string, string>;
  /** Takes the place of the package's server.js. */
  server?: Uint8Array | undefined;
};

/**
 * Unpacks what WEBSITE_RUN_FROM_PACKAGE names: `1` what was published last; an address what lies there,
 * downloaded with a token of the identity that WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID names.
 * Source: docs/azure.md#package.
 */
export async function unpackSite(world: World, site: Site, options: PackageOptions): Promise<void> {
  const { folder, settings, server } = options;
  const zip = await findPackage(world, site, settings);
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    const file = join(folder, name);
    if (relative(folder, file).startsWith("..")) {
      throw new Error(`The package holds a file outside of itself: ${name}`);
    }
    if (name.endsWith("/")) {
      continue;
    }
    await mkdir(dirname(file), { recursive: true });
    const content = name === "server.js" ? (server ?? bytes) : bytes;
    // wwwroot is read-only on Azure when a package runs.
    await writeFile(file, content, { mode: 0o444 });
  }
}

async function findPackage(
  world: World,
  site: Site,
  settings: Map<string, string>,
): Promise<Uint8Array> {
  const url = settings.get("WEBSITE_RUN_FROM_PACKAGE") ?? "";
  if (url === "1") {
    const published = world.scms.get(site.id)?.package();
    if (!published) {
      throw new Error(`WEBSITE_RUN_FROM_PACKAGE is 1, and nothing was published to ${site.name}`);
    }
    return published;
  }
  if (!/^https:\/\/\S+\.zip$/.test(url)) {
    throw new Error(
      `WEBSITE_RUN_FROM_PACKAGE must be 1, or an https address that ends in .zip: "${url}"`,
    );
  }
  const identityId = settings.get("WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID") ?? "";
  return download(world, url, packageIdentity(world, site, identityId));
}

function packageIdentity({ identities }: World, site: Site, id: string): ManagedIdentity {
  const isAttached = site.identities.some((one) => one.toLowerCase() === id.toLowerCase());
  const identity = identities.find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (!isAttached || !identity) {
    throw new Error(
      `WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID must be an identity of the site: "${id}"`,
    );
  }
  return identity;
}

async function download(world: World, url: string, identity: ManagedIdentity): Promise<Buffer> {
  const token = await world.entra.issue({
    aud: "https://storage.azure.com",
    iss: `https://sts.windows.net/${world.tenantId}/`,
    oid: identity.principalId,
    tid: world.tenantId,
  });
  const ca = await readFile(world.certificate.caFile);
  const headers = { authorization: `Bearer ${token}`, "x-ms-version": "2021-12-02" };
  const { status, body } = await get(url, { ca, headers });
  if (status !== 200) {
    throw new Error(`The package ${url} cannot be downloaded: ${status} ${body.toString()}`);
  }
  return body;
}

async function get(url: string, options: { ca: Buffer; headers: Record<string, string> }) {
  return new Promise<{ status: number | undefined; body: Buffer }>((resolve, reject) => {
    const call = request(url, options, (answer) => {
      buffer(answer).then((body) => resolve({ status: answer.statusCode, body }), reject);
    });
    call.once("error", reject);
    call.end();
  });
}
