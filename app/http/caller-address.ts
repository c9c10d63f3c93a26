import { isIPv6 } from "node:net";
import type { Context } from "hono";

/**
 * Who asks. App Service appends the caller's address, with its port, as the last entry; what stands
 * before it is the caller's own say. Of IPv6 the network counts: who has one address of it has all.
 */
export function callerAddress(c: Context): string {
  const last = c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "direct";
  const address = /^\[(.+)\](?::\d+)?$/.exec(last)?.[1] ?? last;
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  return mapped ?? (isIPv6(address) ? networkOf(address) : address.replace(/:\d+$/, ""));
}

/** The first 64 of 128 bits, written out. */
function networkOf(address: string): string {
  const [left = [], right = []] = address
    .split("::")
    .map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  const groups = [...left, ...zeros, ...right].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}
