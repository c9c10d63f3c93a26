import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";

import type { Closable, LocalSite } from "../contracts.ts";
import { startIdentityEndpoint } from "./identity-endpoint.ts";
import type { IdentityEndpoint } from "./identity-endpoint.ts";
import { resolveSetting } from "./key-vault-references.ts";
import { closeServer, listen } from "../listen.ts";
import { createSiteFront } from "./site-front.ts";
import { unpackSite } from "./site-package.ts";
import { startProcess } from "./site-process.ts";
import type { Site, World } from "./world.ts";

export type Sites = Closable & { sites: LocalSite[] };

type StartOptions = {
  server?: Uint8Array | undefined;
  /** Instances of each site, behind one address. */
  instances?: number | undefined;
};

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
  { site, server, instances = 1 }: StartOptions & { site: Site },
): Promise<LocalSite> {
  const home = join(world.directory, "sites", site.name);
  const folder = join(home, "wwwroot");
  const settings = resolveSettings(world, site);
  await rm(home, { recursive: true, force: true });
  await mkdir(join(home, "tmp"), { recursive: true });
  await unpackSite(world, site, { folder, settings, server });
  const secret = randomBytes(32).toString("hex").toUpperCase();
  endpoint.secrets.set(secret, site);
  const startInstance = (url: string) =>
    startProcess({
      name: site.name,
      url,
      healthCheckPath: site.healthCheckPath,
      commandLine: site.commandLine,
      folder,
      // What instances print comes together, as it does in Log Analytics.
      logFile: join(home, "console.log"),
      env: {
        ...Object.fromEntries(settings),
        ...platformVariables(world, site, home),
        PORT: new URL(url).port,
        IDENTITY_ENDPOINT: endpoint.url,
        IDENTITY_HEADER: secret,
      },
    });
  const url = `http://${site.hostName}`;
  await closeServer(site.portHolder);
  return instances === 1
    ? startInstance(url)
    : startInstances(url, await Promise.all(times(instances, () => startOn(startInstance))));
}

/** A port is free until somebody takes it; nobody else asks for one in this moment. */
async function startOn(start: (url: string) => Promise<LocalSite>): Promise<LocalSite> {
  const holder = createServer();
  const port = await listen(holder);
  await closeServer(holder);
  return start(`http://127.0.0.1:${port}`);
}

/** Several instances as one site; a crash strikes one after the other. */
async function startInstances(url: string, instances: LocalSite[]): Promise<LocalSite> {
  const front = createSiteFront(instances.map((instance) => instance.url));
  await new Promise<void>((resolve) => {
    front.listen(Number(new URL(url).port), "127.0.0.1", resolve);
  });
  let next = 0;
  return {
    url,
    logFile: instances[0]?.logFile ?? "",
    processId: instances[0]?.processId ?? 0,
    kill: () => {
      next += 1;
      instances[next % instances.length]?.kill();
    },
    close: async () => {
      await closeServer(front);
      await Promise.all(instances.map((instance) => instance.close()));
    },
  };
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
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
    WEBSITE_HOSTNAME: site.hostName,
    WEBSITE_SITE_NAME: site.name,
    WEBSITE_INSTANCE_ID: randomBytes(32).toString("hex"),
    // The machine's trust: on Azure these certificates are signed by public authorities.
    NODE_EXTRA_CA_CERTS: certificate.caFile,
  };
}
