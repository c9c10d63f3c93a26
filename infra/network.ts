import * as network from "@pulumi/azure-native/network/index.js";
import * as privatedns from "@pulumi/azure-native/privatedns/index.js";
import * as pulumi from "@pulumi/pulumi";
import { DNS_ZONES, type Existing, networkOf } from "./existing.ts";
import type { ResourceScope } from "./scope.ts";

export type PrivateNetworkArgs = {
  place: ResourceScope;
  archiveAccountId: pulumi.Input<string>;
  vaultId: pulumi.Input<string>;
  /** Earlier writes to account and vault; an endpoint is a write to them, too. */
  after: pulumi.Resource[];
  /** A /24; undefined: a range that is seldom used. */
  range: string | undefined;
  /** What a landing zone has already. */
  existing: Pick<Existing, "siteSubnetId" | "endpointsSubnetId" | "dnsZones">;
};

const SELDOM_USED = "10.77.0.0/24";
/** A plan needs one subnet, at least a /26 for its maximum number of instances. */
const SITE_SUBNET = { name: "site", part: "0/26" };
const ENDPOINTS_SUBNET = { name: "endpoints", part: "64/27" };

/** Subnets, and what else there is where the program has made their network. */
type Network = {
  siteSubnetId: pulumi.Output<string>;
  endpointsSubnetId: pulumi.Output<string>;
  networkId: pulumi.Output<string>;
  made?: { network: pulumi.Resource; guardId: pulumi.Output<string> };
};

/** Private endpoints of archive and vault, and the subnet for the site's outgoing traffic. */
export class PrivateNetwork extends pulumi.ComponentResource {
  /** Of the network and its guard; undefined where they are not the program's. */
  readonly networkId: pulumi.Output<string> | undefined;
  readonly guardId: pulumi.Output<string> | undefined;
  /** Resources that are linked to it must be deleted first. */
  readonly network: pulumi.Resource | undefined;
  readonly siteSubnetId: pulumi.Output<string>;
  /** The site may start only after these, because it needs them to reach archive and vault. */
  readonly ready: pulumi.Resource[] = [];

  constructor(name: string, args: PrivateNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:PrivateNetwork", name, {}, opts);
    const parent = { parent: this };
    const { siteSubnetId, endpointsSubnetId, dnsZones } = args.existing;
    const net: Network =
      siteSubnetId !== undefined && endpointsSubnetId !== undefined
        ? {
            siteSubnetId: pulumi.output(siteSubnetId),
            endpointsSubnetId: pulumi.output(endpointsSubnetId),
            // Names are looked up where the site is.
            networkId: pulumi.output(networkOf(siteSubnetId)),
          }
        : makeNetwork(name, args, parent);
    this.networkId = net.made && net.networkId;
    this.network = net.made?.network;
    this.guardId = net.made?.guardId;
    this.siteSubnetId = net.siteSubnetId;

    const connect = (
      service: Service,
      serviceId: pulumi.Input<string>,
      after: pulumi.Resource[],
    ): pulumi.Resource => {
      const endpoint = new network.PrivateEndpoint(
        `${name}-${service}-endpoint`,
        {
          ...args.place,
          subnet: { id: net.endpointsSubnetId },
          privateLinkServiceConnections: [
            { name: service, privateLinkServiceId: serviceId, groupIds: [service] },
          ],
        },
        { ...parent, dependsOn: after },
      );
      this.ready.push(endpoint);
      if (dnsZones === "none") {
        return endpoint;
      }
      const zone = dnsZones?.[service] ?? this.makeZone(`${name}-${service}`, service, args, net);
      this.ready.push(
        new network.PrivateDnsZoneGroup(
          `${name}-${service}-record`,
          {
            resourceGroupName: args.place.resourceGroupName,
            privateEndpointName: endpoint.name,
            privateDnsZoneGroupName: "default",
            privateDnsZoneConfigs: [{ name: service, privateDnsZoneId: zone }],
          },
          parent,
        ),
      );
      return endpoint;
    };
    const { archiveAccountId, vaultId, after } = args;
    const blob = connect("blob", archiveAccountId, after);
    connect("queue", archiveAccountId, [blob]);
    connect("vault", vaultId, after);
    this.registerOutputs({ siteSubnetId: this.siteSubnetId });
  }

  /** A zone, and its link to the network in which it answers. */
  private makeZone(
    name: string,
    service: Service,
    { place }: PrivateNetworkArgs,
    { networkId }: Network,
  ): pulumi.Output<string> {
    const parent = { parent: this };
    const zone = new privatedns.PrivateZone(
      `${name}-zone`,
      { ...place, privateZoneName: DNS_ZONES[service], location: "global" },
      parent,
    );
    const link = new privatedns.VirtualNetworkLink(
      `${name}-link`,
      {
        ...place,
        privateZoneName: zone.name,
        virtualNetworkLinkName: "connector",
        location: "global",
        virtualNetwork: { id: networkId },
        registrationEnabled: false,
        // Names without an endpoint in this network resolve to their public address.
        resolutionPolicy: "NxDomainRedirect",
      },
      parent,
    );
    this.ready.push(link);
    return zone.id;
  }
}

/** Sub-resources and their zones share a name. */
type Service = keyof typeof DNS_ZONES;

function makeNetwork(
  name: string,
  { place, range = SELDOM_USED }: PrivateNetworkArgs,
  parent: pulumi.CustomResourceOptions,
): Network {
  const within = ({ name: subnet, part }: typeof SITE_SUBNET) => ({
    name: subnet,
    addressPrefix: range.replace(/0\/24$/, part),
  });
  const guard = new network.NetworkSecurityGroup(`${name}-guard`, place, parent);
  const networkSecurityGroup = { id: guard.id };
  const made = new network.VirtualNetwork(
    `${name}-network`,
    {
      ...place,
      addressSpace: { addressPrefixes: [range] },
      subnets: [
        {
          ...within(SITE_SUBNET),
          networkSecurityGroup,
          delegations: [{ name: "site", serviceName: "Microsoft.Web/serverFarms" }],
        },
        {
          ...within(ENDPOINTS_SUBNET),
          networkSecurityGroup,
          defaultOutboundAccess: false,
          privateEndpointNetworkPolicies: "Enabled",
        },
      ],
    },
    parent,
  );
  return {
    siteSubnetId: pulumi.interpolate`${made.id}/subnets/${SITE_SUBNET.name}`,
    endpointsSubnetId: pulumi.interpolate`${made.id}/subnets/${ENDPOINTS_SUBNET.name}`,
    networkId: made.id,
    made: { network: made, guardId: guard.id },
  };
}
