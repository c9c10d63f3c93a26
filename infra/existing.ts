import { z } from "zod";

/** Zones of private DNS by service, as learn.microsoft.com/azure/private-link/private-endpoint-dns names them. */
export const DNS_ZONES = {
  blob: "privatelink.blob.core.windows.net",
  queue: "privatelink.queue.core.windows.net",
  vault: "privatelink.vaultcore.azure.net",
} as const;

const GROUP = String.raw`/subscriptions/[\w-]+/resourceGroups/[\w.()-]+/providers`;

function idOf(type: string, name: string, example: string) {
  return z
    .string({ error: `must be a resource id, /subscriptions/…/${example}` })
    .regex(
      new RegExp(`^${GROUP}/${type}/${name}$`, "i"),
      `must be a resource id, /subscriptions/…/${example}`,
    );
}

const subnetId = idOf(
  String.raw`Microsoft\.Network/virtualNetworks/[\w.-]+/subnets`,
  String.raw`[\w.-]+`,
  "virtualNetworks/NETWORK/subnets/SUBNET",
);
const zoneId = (zone: string) =>
  idOf(
    String.raw`Microsoft\.Network/privateDnsZones`,
    RegExp.escape(zone),
    `privateDnsZones/${zone}`,
  );

/** What a landing zone has already, and is not made. */
export const existingSchema = z.strictObject({
  /** Delegated to Microsoft.Web/serverFarms, /26 or larger; the site goes out through it. */
  siteSubnetId: subnetId.optional(),
  /** For the private endpoints. */
  endpointsSubnetId: subnetId.optional(),
  /** Ids of the zones; `none`: a policy of the landing zone writes the records of endpoints. */
  dnsZones: z
    .union(
      [
        z.literal("none"),
        z.strictObject({
          blob: zoneId(DNS_ZONES.blob),
          queue: zoneId(DNS_ZONES.queue),
          vault: zoneId(DNS_ZONES.vault),
        }),
      ],
      {
        error: `must be none, or the ids of three zones: blob (${DNS_ZONES.blob}), queue (${DNS_ZONES.queue}), vault (${DNS_ZONES.vault})`,
      },
    )
    .optional(),
  /** Log Analytics workspace, in the stack's region. */
  workspaceId: idOf(
    String.raw`Microsoft\.OperationalInsights/workspaces`,
    String.raw`[\w-]+`,
    "workspaces/WORKSPACE",
  ).optional(),
});

export type Existing = z.infer<typeof existingSchema>;

/** The network that a subnet is a part of. */
export function networkOf(subnet: string): string {
  return subnet.replace(/\/subnets\/[^/]+$/i, "");
}
