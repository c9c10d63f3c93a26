import * as network from "@pulumi/azure-native/network/index.js";
import * as privatedns from "@pulumi/azure-native/privatedns/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { ResourceScope } from "./scope.ts";

export type PrivateNetworkArgs = {
  place: ResourceScope;
  archiveAccountId: pulumi.Input<string>;
  vaultId: pulumi.Input<string>;
  /** What is written to account and vault before: an endpoint is a write to them, too. */
  after: pulumi.Resource[];
  /** A /24; undefined: any that is seldom used. */
  range: string | undefined;
};

const SELDOM_USED = "10.77.0.0/24";
/** One plan takes one subnet, /26 at the least for the instances that it may come to. */
const SITE_SUBNET = { name: "site", part: "0/26" };
const ENDPOINTS_SUBNET = { name: "endpoints", part: "64/27" };

/** A network in which the archive and the vault have addresses, and through which the site goes out. */
export class PrivateNetwork extends pulumi.ComponentResource {
  readonly networkId: pulumi.Output<string>;
  /** Whatever is linked to it has to go before it. */
  readonly network: pulumi.Resource;
  readonly guardId: pulumi.Output<string>;
  readonly siteSubnetId: pulumi.Output<string>;
  /** The site may start only when it can reach them. */
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
          // What has an endpoint in somebody else's network only is found at its public address.
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

/** Sub-resources and zones as learn.microsoft.com/azure/private-link/private-endpoint-dns names them. */
const SERVICES = {
  blob: { group: "blob", zone: "privatelink.blob.core.windows.net" },
  queue: { group: "queue", zone: "privatelink.queue.core.windows.net" },
  vault: { group: "vault", zone: "privatelink.vaultcore.azure.net" },
} satisfies Record<string, Service>;
