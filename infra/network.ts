import * as network from "@pulumi/azure-native/network/index.js";
import * as privatedns from "@pulumi/azure-native/privatedns/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResourceScope } from "./scope.ts";

export type PrivateNetworkArgs = {
  place: ResourceScope;
  archiveAccountId: pulumi.Input<string>;
  vaultId: pulumi.Input<string>;
  /** Earlier writes to account and vault; an endpoint is a write to them, too. */
  after: pulumi.Resource[];
  /** A /24; undefined: a range that is seldom used. */
  range: string | undefined;
};

const SELDOM_USED = "10.77.0.0/24";
/** A plan needs one subnet, at least a /26 for its maximum number of instances. */
const SITE_SUBNET = { name: "site", part: "0/26" };
const ENDPOINTS_SUBNET = { name: "endpoints", part: "64/27" };

/** A network with private endpoints of archive and vault, and the subnet for the site's outgoing traffic. */
export class PrivateNetwork extends pulumi.ComponentResource {
  readonly networkId: pulumi.Output<string>;
  /** Resources that are linked to it must be deleted first. */
  readonly network: pulumi.Resource;
  readonly guardId: pulumi.Output<string>;
  readonly siteSubnetId: pulumi.Output<string>;
  /** The site may start only after these, because it needs them to reach archive and vault. */
  readonly ready: pulumi.Resource[] = [];

  constructor(name: string, args: PrivateNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:PrivateNetwork", name, {}, opts);
    const { place, range = SELDOM_USED } = args;
    const within = ({ name: subnet, part }: typeof SITE_SUBNET) => ({
      name: subnet,
      addressPrefix: range.replace(/0\/24$/, part),
    });
    const { resourceGroupName } = place;
    const parent = { parent: this };
    const guard = new network.NetworkSecurityGroup(`${name}-guard`, place, parent);
    const networkSecurityGroup = { id: guard.id };
    const net = new network.VirtualNetwork(
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
    this.networkId = net.id;
    this.network = net;
    this.guardId = guard.id;
    this.siteSubnetId = pulumi.interpolate`${net.id}/subnets/${SITE_SUBNET.name}`;
    const subnetId = pulumi.interpolate`${net.id}/subnets/${ENDPOINTS_SUBNET.name}`;

    const connect = (
      part: string,
      serviceId: pulumi.Input<string>,
      { service, after }: { service: Service; after: pulumi.Resource[] },
    ) => {
      const zone = new privatedns.PrivateZone(
        `${name}-${part}-zone`,
        { ...place, privateZoneName: service.zone, location: "global" },
        parent,
      );
      const link = new privatedns.VirtualNetworkLink(
        `${name}-${part}-link`,
        {
          ...place,
          privateZoneName: zone.name,
          virtualNetworkLinkName: "connector",
          location: "global",
          virtualNetwork: { id: net.id },
          registrationEnabled: false,
          // Names without an endpoint in this network resolve to their public address.
          resolutionPolicy: "NxDomainRedirect",
        },
        parent,
      );
      const endpoint = new network.PrivateEndpoint(
        `${name}-${part}-endpoint`,
        {
          ...place,
          subnet: { id: subnetId },
          privateLinkServiceConnections: [
            { name: part, privateLinkServiceId: serviceId, groupIds: [service.group] },
          ],
        },
        { ...parent, dependsOn: after },
      );
      const record = new network.PrivateDnsZoneGroup(
        `${name}-${part}-record`,
        {
          resourceGroupName,
          privateEndpointName: endpoint.name,
          privateDnsZoneGroupName: "default",
          privateDnsZoneConfigs: [{ name: part, privateDnsZoneId: zone.id }],
        },
        parent,
      );
      this.ready.push(link, record);
      return endpoint;
    };
    const { archiveAccountId, vaultId, after } = args;
    const blob = connect("blob", archiveAccountId, { service: SERVICES.blob, after });
    connect("queue", archiveAccountId, { service: SERVICES.queue, after: [blob] });
    connect("vault", vaultId, { service: SERVICES.vault, after });
    this.registerOutputs({ siteSubnetId: this.siteSubnetId });
  }
}

type Service = { group: string; zone: string };

/** Sub-resources and DNS zones (learn.microsoft.com/azure/private-link/private-endpoint-dns). */
const SERVICES = {
  blob: { group: "blob", zone: "privatelink.blob.core.windows.net" },
  queue: { group: "queue", zone: "privatelink.queue.core.windows.net" },
  vault: { group: "vault", zone: "privatelink.vaultcore.azure.net" },
} satisfies Record<string, Service>;
