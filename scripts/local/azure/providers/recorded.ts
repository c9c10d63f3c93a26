import { randomUUID } from "node:crypto";

import { z } from "zod";

import { addImplicit, armId, autoname, readInputs, requireExisting } from "../arm.ts";
import type { Lifecycles, Made, Make, Provider, ResourceRequest, World } from "../world.ts";

/** Resources that nothing in the local system depends on: their existence and their id are kept. */
export const recorded: Provider = {
  "azure-native:applicationinsights:Component": inGroup(
    "Microsoft.Insights/components",
    "resourceName",
    componentState,
  ),
  "azure-native:network:NetworkSecurityGroup": inGroup(
    "Microsoft.Network/networkSecurityGroups",
    "networkSecurityGroupName",
  ),
  "azure-native:network:VirtualNetwork": makeNetwork,
  "azure-native:network:PrivateEndpoint": makeEndpoint,
  "azure-native:privatedns:PrivateZone": inGroup(
    "Microsoft.Network/privateDnsZones",
    "privateZoneName",
  ),
  "azure-native:storage:BlobServiceProperties": below(
    "Microsoft.Storage/storageAccounts",
    "accountName",
    "blobServices/default",
  ),
  "azure-native:storage:QueueServiceProperties": below(
    "Microsoft.Storage/storageAccounts",
    "accountName",
    "queueServices/default",
  ),
  "azure-native:storage:ManagementPolicy": below(
    "Microsoft.Storage/storageAccounts",
    "accountName",
    "managementPolicies/default",
  ),
  "azure-native:web:WebAppFtpAllowed": below(
    "Microsoft.Web/sites",
    "name",
    "basicPublishingCredentialsPolicies/ftp",
  ),
  "azure-native:web:WebAppScmAllowed": below(
    "Microsoft.Web/sites",
    "name",
    "basicPublishingCredentialsPolicies/scm",
  ),
  "azure-native:network:Subnet": child(
    "Microsoft.Network/virtualNetworks",
    "virtualNetworkName",
    "subnets/subnetName",
  ),
  "azure-native:network:PrivateDnsZoneGroup": child(
    "Microsoft.Network/privateEndpoints",
    "privateEndpointName",
    "privateDnsZoneGroups/privateDnsZoneGroupName",
  ),
  "azure-native:privatedns:VirtualNetworkLink": child(
    "Microsoft.Network/privateDnsZones",
    "privateZoneName",
    "virtualNetworkLinks/virtualNetworkLinkName",
  ),
};

// azure-native puts the default state in their place (its provider/pkg/openapi/defaults).
export const recordedLifecycles: Lifecycles = {
  "azure-native:storage:BlobServiceProperties": { isReset: true },
  "azure-native:storage:QueueServiceProperties": { isReset: true },
  "azure-native:privatedns:PrivateZone": {
    refuseRemoval: ({ id }, { resources }) =>
      [...resources.keys()].some((key) =>
        key.startsWith(`${id}/virtualNetworkLinks/`.toLowerCase()),
      )
        ? `CannotDeleteResource: zone ${id} still has virtual network links`
        : undefined,
  },
};

const grouped = z.looseObject({ resourceGroupName: z.string() });

/** What the service adds to a resource of this id beyond its name and type. */
type More = (id: string, request: ResourceRequest, world: World) => Record<string, unknown>;

/** A resource of a group; `nameInput` is the input that may give its physical name. */
export function inGroup(kind: string, nameInput: string, more: More = () => ({})): Make {
  return (request, world) => {
    const { resourceGroupName: group } = readInputs(grouped, request);
    const name = nameFrom(request, nameInput) ?? autoname(request.name);
    const id = armId(world, { group, kind, name });
    return { id, name, state: { name, type: kind, ...more(id, request, world) } };
  };
}

/** A part of a resource that there is one of; `path` is its place below the parent. */
function below(parentKind: string, parentInput: string, path: string): Make {
  return (request, world) => {
    const name = path.slice(path.indexOf("/") + 1);
    const type = `${parentKind}/${path.slice(0, path.indexOf("/"))}`;
    const id = `${parentId(request, world, { kind: parentKind, input: parentInput })}/${path}`;
    return { id, name, state: { name, type } };
  };
}

/** A named part of a resource; `step` is `<kind>/<input that may give the name>`. */
function child(parentKind: string, parentInput: string, step: string): Make {
  const [kind = "", nameInput = ""] = step.split("/");
  return (request, world) => {
    const name = nameFrom(request, nameInput) ?? autoname(request.name);
    const parent = parentId(request, world, { kind: parentKind, input: parentInput });
    return {
      id: `${parent}/${kind}/${name}`,
      name,
      state: { name, type: `${parentKind}/${kind}` },
    };
  };
}

function parentId(
  request: ResourceRequest,
  world: World,
  parent: { kind: string; input: string },
): string {
  const { resourceGroupName: group } = readInputs(grouped, request);
  const name = nameFrom(request, parent.input);
  if (name === undefined) {
    throw new Error(`${request.type} "${request.name}" lacks ${parent.input}`);
  }
  const id = armId(world, { group, kind: parent.kind, name });
  requireExisting(world, id, "the resource above it");
  return id;
}

function nameFrom({ inputs }: ResourceRequest, input: string): string | undefined {
  const name = inputs[input];
  return typeof name === "string" ? name : undefined;
}

function componentState(): Record<string, unknown> {
  const key = randomUUID();
  const endpoints = "IngestionEndpoint=https://local.in.applicationinsights.azure.com/";
  return { instrumentationKey: key, connectionString: `InstrumentationKey=${key};${endpoints}` };
}

const reference = z.looseObject({ id: z.string() });

const networkInputs = z.looseObject({
  subnets: z
    .array(z.looseObject({ name: z.string(), networkSecurityGroup: reference.optional() }))
    .default([]),
});

const inNetworkGroup = inGroup("Microsoft.Network/virtualNetworks", "virtualNetworkName");

/** Subnets that are written inside of their network come back with ids. */
async function makeNetwork(request: ResourceRequest, world: World): Promise<Made> {
  const { subnets } = readInputs(networkInputs, request);
  const guards = subnets.flatMap((one) => one.networkSecurityGroup?.id ?? []);
  for (const guard of guards) {
    requireExisting(world, guard, "the network security group");
  }
  const { id, name, state } = await inNetworkGroup(request, world);
  const made = subnets.map((subnet) => ({ name: subnet.name, id: `${id}/subnets/${subnet.name}` }));
  for (const subnet of made) {
    addImplicit(world, subnet.id, "Microsoft.Network/virtualNetworks/subnets");
  }
  return { id, name, state: { ...state, subnets: made }, uses: guards };
}

const endpointInputs = z.looseObject({
  subnet: reference,
  privateLinkServiceConnections: z
    .array(z.looseObject({ privateLinkServiceId: z.string(), groupIds: z.array(z.string()) }))
    .min(1),
});

const inEndpointGroup = inGroup("Microsoft.Network/privateEndpoints", "privateEndpointName");

/** It holds its subnet; what it leads to may go before it. */
async function makeEndpoint(request: ResourceRequest, world: World): Promise<Made> {
  const { subnet, privateLinkServiceConnections } = readInputs(endpointInputs, request);
  requireExisting(world, subnet.id, "the subnet");
  for (const { privateLinkServiceId } of privateLinkServiceConnections) {
    requireExisting(world, privateLinkServiceId, "the service to connect to");
  }
  const made = await inEndpointGroup(request, world);
  return { ...made, uses: [subnet.id] };
}
