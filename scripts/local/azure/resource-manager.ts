import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { join } from "node:path";

import { runtime } from "@pulumi/pulumi";
import { z } from "zod";

import type { Certificate, Closable, LocalAzure, ResourceManager } from "../contracts.ts";
import type { Entra } from "../entra/entra.ts";
import type { Faults } from "../faults/fault.ts";
import { startSites } from "./app-service.ts";
import { addImplicit, exists } from "./arm.ts";
import { type Azurite, startAzurite } from "./azurite.ts";
import { createBusyServices } from "./busy-services.ts";
import { createPlatformContainer, overwrite, readContainer } from "./containers.ts";
import { removeResource, updateResource } from "./lifecycle.ts";
import { trustIn } from "./key-clients.ts";
import { closeServer } from "../listen.ts";
import { entraObjects } from "./providers/entra-objects.ts";
import { identity } from "./providers/identity.ts";
import { monitor } from "./providers/monitor.ts";
import { random } from "./providers/random.ts";
import { recorded } from "./providers/recorded.ts";
import { storage } from "./providers/storage.ts";
import { vault } from "./providers/vault.ts";
import { web } from "./providers/web.ts";
import { startOperator } from "./operator.ts";
import { startStorageFront } from "./storage-front.ts";
import type { Provider, World } from "./world.ts";

export type LocalAzureOptions = {
  certificate: Certificate;
  entra: Entra;
  /** Everything that is written to disk lies below it: sites with their logs, Azurite's files. */
  directory: string;
  /** Holds the port of the first site, so that its address is known before the program runs. */
  firstSite?: Server;
  /** True: Azurite writes its data below `directory` instead of to memory. */
  keep?: boolean;
  /** Storage that others use, too, with accounts of this subscription's own; it shows the same certificate. */
  azurite?: Azurite | undefined;
  faults?: Faults | undefined;
  /** See FrontOptions. */
  queueSpeed?: number | undefined;
};

/** Storage accounts that a program can make, and the Import service's own. */
export const ACCOUNTS_OF_A_SUBSCRIPTION = 7;

const PROVIDERS: Provider = {
  ...entraObjects,
  ...identity,
  ...monitor,
  ...random,
  ...recorded,
  ...storage,
  ...vault,
  ...web,
};

/** Starts a subscription with nothing in it; resources appear as `mocks` is asked for them. */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalAzure> {
  const world = await createWorld(options);
  const running: Closable[] = [];
  return {
    mocks: createMocks(world),
    manager: createManager(world),
    startSites: async (how) => {
      const sites = await startSites(world, how);
      running.push(sites);
      return sites.sites;
    },
    createPlatformContainer: async (name, expires, permissions) =>
      createPlatformContainer(world, { name, expires, ...(permissions && { permissions }) }),
    admitOperator: async () => {
      const operator = await startOperator(world);
      running.push(operator);
      return operator.environment;
    },
    overwrite: (container, name, body) => overwrite(world, { container, name, body }),
    readContainer: (container, prefix) => readContainer(world, container, prefix),
    close: async () => closeAll(world, running, options),
  };
}

async function createWorld(options: LocalAzureOptions): Promise<World> {
  const { certificate, entra, directory, keep = false, faults, queueSpeed } = options;
  const assignments: World["assignments"] = [];
  const azurite =
    options.azurite ??
    (await startAzurite({
      certificate,
      directory: join(directory, "azurite"),
      accounts: ACCOUNTS_OF_A_SUBSCRIPTION,
      keep,
    }));
  const [platformAccount, ...spareAccounts] = azurite.accounts;
  if (!platformAccount) {
    throw new Error("Azurite has no account");
  }
  const front = await startStorageFront({
    certificate,
    entra,
    azurite,
    assignments,
    platformAccount,
    faults,
    queueSpeed,
  });
  const subscriptionId = randomUUID();
  const subscription = { id: `/subscriptions/${subscriptionId}`, type: "subscription" };
  return {
    tenantId: entra.tenantId,
    subscriptionId,
    deployer: { clientId: randomUUID(), objectId: randomUUID() },
    directory,
    certificate,
    entra,
    azurite,
    trust: await trustIn(certificate),
    front,
    platformAccount,
    spareAccounts,
    resources: new Map([
      [subscription.id, { ...subscription, logicalName: "", name: subscriptionId }],
    ]),
    assignments,
    identities: [],
    secrets: [],
    softDeleted: new Set(),
    applications: [],
    trusts: [],
    linuxPlans: new Set(),
    busy: createBusyServices(),
    portHolders: options.firstSite ? [options.firstSite] : [],
    sites: [],
    formerHosts: new Map(),
    scms: new Map(),
    faults,
  };
}

/** Sites first, because their last work needs storage; every part is closed whatever another says. */
async function closeAll(
  world: World,
  running: Closable[],
  options: LocalAzureOptions,
): Promise<void> {
  const sites = await Promise.allSettled(running.map(async (one) => one.close()));
  const rest = await Promise.allSettled([
    ...world.sites.map(async (site) => closeServer(site.portHolder)),
    ...[...world.formerHosts.values()].map(async (holder) => closeServer(holder)),
    ...[...world.scms.values()].map(async (scm) => scm.close()),
    world.front.close(),
    // What others use, too, is theirs to close.
    ...(options.azurite ? [] : [world.azurite.close()]),
  ]);
  const failed = [...sites, ...rest].filter((result) => result.status === "rejected");
  if (failed.length > 0) {
    const reasons = failed.map(({ reason }) => (reason instanceof Error ? reason.message : "?"));
    throw new Error(`The local Azure did not close well: ${reasons.join("; ")}`);
  }
}

function createMocks(world: World): runtime.Mocks {
  return {
    newResource: async (args) => newResource(world, args),
    call: ({ token }) => callFunction(world, token),
  };
}

function createManager(world: World): ResourceManager {
  return {
    knows: (type) => Object.hasOwn(PROVIDERS, withoutVersion(type)),
    has: (id) => exists(world, id),
    admit: (id) => addImplicit(world, id, "of somebody else"),
    update: async ({ type, inputs, oldInputs, id }) =>
      updateResource(world, id, {
        type: withoutVersion(type),
        inputs: withoutSecrecy(inputs),
        oldInputs: withoutSecrecy(oldInputs),
      }),
    remove: async (id) => removeResource(world, id),
  };
}

async function newResource(
  world: World,
  args: runtime.MockResourceArgs,
): Promise<{ id: string; state: Record<string, unknown> }> {
  const type = withoutVersion(args.type);
  const given = z.record(z.string(), z.unknown()).parse(args.inputs);
  if (args.custom === false || type.startsWith("pulumi:providers:")) {
    return { id: args.name, state: given };
  }
  const make = Object.hasOwn(PROVIDERS, type) ? PROVIDERS[type] : undefined;
  if (!make) {
    throw new Error(`Resource type ${args.type} is not known to the local Azure`);
  }
  if (args.id) {
    throw new Error(`Reading the existing ${args.id} is not known to the local Azure`);
  }
  const request = { type, name: args.name, inputs: withoutSecrecy(given) };
  const made = await world.busy.during(request, async () => make(request, world));
  // What came with its parent may be taken over; random values may all have one id.
  if (type.startsWith("azure-native:") && typeAt(world, made.id) === type) {
    throw new Error(`cannot create already existing resource '${made.id}'`);
  }
  world.resources.set(made.id.toLowerCase(), {
    id: made.id,
    type,
    logicalName: args.name,
    name: made.name,
    uses: made.uses ?? [],
  });
  // The inputs go back as they came, so that what was secret stays secret.
  return { id: made.id, state: { ...given, ...made.state } };
}

function typeAt({ resources }: World, id: string): string | undefined {
  return resources.get(id.toLowerCase())?.type;
}

function callFunction({ tenantId, subscriptionId, deployer }: World, token: string) {
  switch (token) {
    case "azure-native:authorization:getClientConfig":
      return { tenantId, subscriptionId, ...deployer };
    case "azuread:index/getClientConfig:getClientConfig":
      return { id: `${tenantId}-${deployer.clientId}`, tenantId, ...deployer };
    default:
      throw new Error(`Function not known to the local Azure: ${token}`);
  }
}

/** `azure-native:storage/v20240101:Queue` and `azure-native_storage_v…:storage:Queue` lose theirs. */
function withoutVersion(type: string): string {
  return type
    .replace(/^azure-native_\w+_v\w+:/, "azure-native:")
    .replace(/^(azure-native:\w+)\/v\w+:/, "$1:");
}

/** Inputs as the provider sees them: under mocks, secrets come wrapped. */
function withoutSecrecy(inputs: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, reveal(value)]));
}

function reveal(value: unknown): unknown {
  if (runtime.isRpcSecret(value)) {
    return reveal(runtime.unwrapRpcSecret(value));
  }
  if (Array.isArray(value)) {
    return value.map(reveal);
  }
  // Assets are instances of classes and stay as they are.
  return value !== null && typeof value === "object" && isPlain(value)
    ? withoutSecrecy(value)
    : value;
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}
