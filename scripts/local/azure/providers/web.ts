import { createServer } from "node:http";

import { z } from "zod";

import { armId, autoname, exists, readInputs, removeFrom, requireExisting } from "../arm.ts";
import { closeServer, listen, portOf } from "../../listen.ts";
import { startScm } from "../scm.ts";
import type {
  Change,
  Lifecycles,
  Made,
  MadeResource,
  Provider,
  ResourceRequest,
  World,
} from "../world.ts";

export const web: Provider = {
  "azure-native:web:AppServicePlan": makePlan,
  "azure-native:web:WebApp": makeSite,
};

export const webLifecycles: Lifecycles = {
  "azure-native:web:AppServicePlan": {
    remove: ({ id }, { linuxPlans }) => void linuxPlans.delete(id.toLowerCase()),
  },
  "azure-native:web:WebApp": { update: updateSite, remove: removeSite },
};

const planInputs = z.looseObject({
  resourceGroupName: z.string(),
  name: z
    .string()
    .regex(/^[0-9A-Za-z-]{1,60}$/)
    .optional(),
  reserved: z.boolean().default(false),
  sku: z.looseObject({
    name: z
      .string()
      .regex(/^(F1|D1|B[123]|S[123]|P[0-5]m?v[234]|P[123]v2|I[1-6]m?v2|Y1|FC1|EP[123])$/i),
  }),
});

function makePlan(request: ResourceRequest, world: World): Made {
  const inputs = readInputs(planInputs, request);
  const name = inputs.name ?? autoname(request.name);
  const kind = "Microsoft.Web/serverfarms";
  const id = armId(world, { group: inputs.resourceGroupName, kind, name });
  if (inputs.reserved) {
    world.linuxPlans.add(id.toLowerCase());
  }
  return { id, name, state: { name, type: kind } };
}

const siteInputs = z.looseObject({
  resourceGroupName: z.string(),
  name: z
    .string()
    .regex(/^(?!-)[0-9A-Za-z-]{2,60}(?<!-)$/)
    .optional(),
  serverFarmId: z.string(),
  virtualNetworkSubnetId: z.string().optional(),
  siteConfig: z.looseObject({
    linuxFxVersion: z.literal("NODE|24-lts", { error: "must be NODE|24-lts" }),
    appCommandLine: z.string().default(""),
    healthCheckPath: z.string().startsWith("/").default("/"),
    appSettings: z.array(z.looseObject({ name: z.string(), value: z.string() })).default([]),
    minTlsVersion: z.enum(["1.0", "1.1", "1.2", "1.3"]).optional(),
    scmMinTlsVersion: z.enum(["1.0", "1.1", "1.2", "1.3"]).optional(),
    ftpsState: z.enum(["AllAllowed", "FtpsOnly", "Disabled"]).optional(),
    scmIpSecurityRestrictionsDefaultAction: z.enum(["Allow", "Deny"]).default("Allow"),
  }),
  identity: z
    .looseObject({
      type: z.literal("UserAssigned", { error: "only UserAssigned is known to the local Azure" }),
      userAssignedIdentities: z.union([
        z.array(z.string()),
        z.record(z.string(), z.unknown()).transform(Object.keys),
      ]),
    })
    .optional(),
  keyVaultReferenceIdentity: z.string().optional(),
});

async function makeSite(request: ResourceRequest, world: World): Promise<Made> {
  const inputs = readInputs(siteInputs, request);
  const { siteConfig, serverFarmId, keyVaultReferenceIdentity } = inputs;
  const { virtualNetworkSubnetId: subnetId } = inputs;
  requireLinuxPlan(world, serverFarmId);
  if (subnetId !== undefined) {
    requireExisting(world, subnetId, "the subnet");
  }
  const attached = readIdentities(world, inputs.identity?.userAssignedIdentities ?? []);
  requireAttached(keyVaultReferenceIdentity, attached);
  checkSettings(siteConfig.appSettings);
  const name = inputs.name ?? autoname(request.name);
  const kind = "Microsoft.Web/sites";
  const id = armId(world, { group: inputs.resourceGroupName, kind, name });
  const portHolder = world.portHolders.shift() ?? createServer();
  const hostName = `127.0.0.1:${portHolder.listening ? portOf(portHolder) : await listen(portHolder)}`;
  world.sites.push({
    id,
    name,
    hostName,
    portHolder,
    settings: siteConfig.appSettings,
    commandLine: siteConfig.appCommandLine,
    healthCheckPath: siteConfig.healthCheckPath,
    identities: attached.map((one) => one.id),
    keyVaultReferenceIdentity,
    isScmOpen: siteConfig.scmIpSecurityRestrictionsDefaultAction === "Allow",
  });
  const scm = world.scms.get(id) ?? (await startScm(world, id));
  world.scms.set(id, scm);
  const state = {
    name,
    type: kind,
    defaultHostName: hostName,
    hostNames: [hostName],
    enabledHostNames: [hostName, scm.host],
    hostNameSslStates: [
      { name: hostName, hostType: "Standard" },
      { name: scm.host, hostType: "Repository" },
    ],
    outboundIpAddresses: "127.0.0.1",
    possibleOutboundIpAddresses: "127.0.0.1",
    ...(attached.length > 0 && { identity: identityState(world, attached) }),
  };
  return { id, name, state, uses: [serverFarmId, ...(subnetId === undefined ? [] : [subnetId])] };
}

/** The site keeps its name and its host name, and with them its port. */
async function updateSite({ resource, inputs, ...change }: Change, world: World): Promise<Made> {
  const index = world.sites.findIndex(({ id }) => id === resource.id);
  const [old] = world.sites.splice(index, index < 0 ? 0 : 1);
  if (!old) {
    throw new Error(`ResourceNotFound: site ${resource.id} does not exist`);
  }
  world.portHolders.unshift(old.portHolder);
  try {
    return await makeSite({ ...change, inputs: { ...inputs, name: resource.name } }, world);
  } catch (error) {
    removeFrom(world.portHolders, (one) => one === old.portHolder);
    world.sites.push(old);
    throw error;
  }
}

async function removeSite({ id }: MadeResource, { sites, scms }: World): Promise<void> {
  await scms.get(id)?.close();
  scms.delete(id);
  const site = sites.find((one) => one.id === id);
  removeFrom(sites, (one) => one.id === id);
  if (site?.portHolder.listening) {
    await closeServer(site.portHolder);
  }
}

function requireLinuxPlan(world: World, planId: string): void {
  if (!exists(world, planId)) {
    throw new Error(`ResourceNotFound: App Service plan ${planId} does not exist (yet)`);
  }
  if (!world.linuxPlans.has(planId.toLowerCase())) {
    throw new Error(`Plan ${planId} runs Windows: a Linux plan has reserved: true`);
  }
}

function readIdentities(world: World, ids: string[]) {
  return ids.map((id) => {
    const found = world.identities.find((one) => one.id.toLowerCase() === id.toLowerCase());
    if (!found) {
      throw new Error(`FailedIdentityOperation: identity ${id} was not found`);
    }
    return found;
  });
}

function requireAttached(identityId: string | undefined, attached: { id: string }[]): void {
  const known = attached.some((one) => one.id.toLowerCase() === identityId?.toLowerCase());
  if (identityId !== undefined && !known) {
    throw new Error(`keyVaultReferenceIdentity ${identityId} is not attached to the site`);
  }
}

/** App Service on Linux hands settings on as environment variables, by names that a shell allows. */
function checkSettings(settings: { name: string }[]): void {
  const names = settings.map(({ name }) => name);
  const wrong = names.find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (wrong !== undefined) {
    throw new Error(`App setting "${wrong}": a name has letters, digits and underscores only`);
  }
  const upper = names.map((name) => name.toUpperCase());
  const twice = names.find((_, index) => upper.indexOf(upper[index] ?? "") !== index);
  if (twice !== undefined) {
    throw new Error(`App setting "${twice}" is given twice`);
  }
}

function identityState(
  { tenantId }: World,
  attached: { id: string; clientId: string; principalId: string }[],
) {
  const userAssignedIdentities: Record<string, object> = {};
  for (const { id, clientId, principalId } of attached) {
    userAssignedIdentities[id] = { clientId, principalId };
  }
  return { type: "UserAssigned", tenantId, userAssignedIdentities };
}
