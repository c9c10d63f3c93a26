import { lookup, type LookupAddress } from "node:dns";
import { BlockList, type LookupFunction } from "node:net";

/** What is no public unicast address (IANA special-purpose registries), and Azure's own host. */
const NOT_PUBLIC = blockListOf({
  ipv4: [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["168.63.129.16", 32],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["192.88.99.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["224.0.0.0", 3],
  ],
  ipv6: [
    ["2001::", 23],
    ["2001:db8::", 32],
    ["2002::", 16],
    ["3fff::", 20],
  ],
});
/** Of IPv6, only this part is public. */
const PUBLIC_IPV6 = blockListOf({ ipv4: [], ipv6: [["2000::", 3]] });

/**
 * Resolves names as the system does, and keeps only public addresses: a name of X that leads into
 * the network that we run in is not followed there, whoever made it do so.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const found = error ? [] : addresses.filter(isPublic);
    const [first] = found;
    if (!first) {
      callback(error ?? notPublic(hostname), "", 0);
    } else if (options.all) {
      callback(null, found);
    } else {
      callback(null, first.address, first.family);
    }
  });
};

export function isPublic({ address, family }: LookupAddress): boolean {
  return family === 6
    ? PUBLIC_IPV6.check(address, "ipv6") && !NOT_PUBLIC.check(address, "ipv6")
    : !NOT_PUBLIC.check(address, "ipv4");
}

function notPublic(hostname: string): Error {
  const error = new Error(`${hostname} leads to no public address`);
  return Object.assign(error, { code: "ERR_NOT_PUBLIC" });
}

type Subnets = Record<"ipv4" | "ipv6", [string, number][]>;

function blockListOf({ ipv4, ipv6 }: Subnets): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ipv4) {
    list.addSubnet(network, prefix, "ipv4");
  }
  for (const [network, prefix] of ipv6) {
    list.addSubnet(network, prefix, "ipv6");
  }
  return list;
}
