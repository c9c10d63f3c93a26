import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Closable, LocalSite } from "../contracts.ts";
import { startIdentityEndpoint } from "./identity-endpoint.ts";
import type { IdentityEndpoint } from "./identity-endpoint.ts";
import { resolveSetting } from "./key-vault-references.ts";
import { closeServer } from "./listen.ts";
import { unpackSite } from "./site-package.ts";
import { startProcess } from "./site-process.ts";
import type { Site, World } from "./world.ts";

export type Sites = Closable & { sites: LocalSite[] };

type StartOptions = { sabotage?: (code: string) => string };

/** Starts all sites from their packages, with the settings that they were given and nothing else. */
export async function startSites(world: World, options: StartOptions): Promise<Sites> {
  const endpoint = await startIdentityEndpoint(world);
  const started = await Promise.allSettled(
    world.sites.map(async (site) => startSite(world, endpoint, { ...options, site })),
  );
  const sites = started.filter((one) => one.status === "fulfilled").map(({ value }) => value);
  const close = async () => closeSites(sites, endpoint);
  const failed = started.find((one) => one.status === "rejected");
  if (failed) {
    await close();
    throw failed.reason;
  }
  return { sites, close };
}

async function closeSites(sites: LocalSite[], endpoint: IdentityEndpoint): Promise<void> {
  const closed = await Promise.allSettled(sites.map(async (site) => site.close()));
  await endpoint.close();
  const failed = closed.find((one) => one.status === "rejected");
  if (failed) {
    throw failed.reason;
  }
}

async function startSite(
  world: World,
  endpoint: IdentityEndpoint,
  { site, sabotage }: StartOptions & { site: Site },
): Promise<LocalSite> {
  const home = join(world.directory, "sites", site.name);
  const folder = join(home, "wwwroot");
  const settings = resolveSettings(world, site);
  await rm(home, { recursive: true, force: true });
  await mkdir(join(home, "tmp"), { recursive: true });
  await unpackSite(world, site, { folder, settings, ...(sabotage && { sabotage }) });
  const secret = randomBytes(32).toString("hex").toUpperCase();
  endpoint.secrets.set(secret, site);
  await closeServer(site.portHolder);
  return startProcess({
    name: site.name,
    url: `http://${site.hostName}`,
    healthCheckPath: site.healthCheckPath,
    commandLine: site.commandLine,
    folder,
    logFile: join(home, "console.log"),
    env: {
      ...Object.fromEntries(settings),
      ...platformVariables(world, site, home),
      IDENTITY_ENDPOINT: endpoint.url,
      IDENTITY_HEADER: secret,
    },
  });
}

function resolveSettings(world: World, site: Site): Map<string, string> {
  const { secrets, assignments } = world;
  const reader = site.keyVaultReferenceIdentity?.toLowerCase();
  const principalId = world.identities.find(({ id }) => id.toLowerCase() === reader)?.principalId;
  const keeper = { secrets, assignments, principalId };
  return new Map(site.settings.map(({ name, value }) => [name, resolveSetting(value, keeper)]));
}

/** What App Service itself puts into the environment. */
function platformVariables(
  { certificate }: World,
  site: Site,
  home: string,
): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    TMPDIR: join(home, "tmp"),
    PORT: new URL(`http://${site.hostName}`).port,
    WEBSITE_HOSTNAME: site.hostName,
    WEBSITE_SITE_NAME: site.name,
    WEBSITE_INSTANCE_ID: randomBytes(32).toString("hex"),
    // The machine's trust: on Azure these certificates are signed by public authorities.
    NODE_EXTRA_CA_CERTS: certificate.caFile,
  };
}
