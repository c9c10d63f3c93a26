/** A port is for a stand-in on the same machine, and for nothing else. */
const LOOPBACK_HOSTS = new Set(["127.0.0.1", "[::1]", "localhost"]);

/**
 * Checks a container SAS before anything is done with it (docs/portal-contract.md#outgoing-calls:
 * parse `se` and `sp`).
 * @returns what is wrong with it, in words without the address itself, or undefined.
 */
export function sasProblem(sasUri: string, hosts: string[], now: Date): string | undefined {
  const url = URL.parse(sasUri);
  if (!url || url.protocol !== "https:") {
    return "is not an https address";
  }
  if (url.username !== "" || url.password !== "") {
    return "names a user before its host";
  }
  if (!hosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`))) {
    return `names the host ${url.hostname}, which is no Azure Storage host (setting SAS_HOSTS)`;
  }
  if (url.port !== "" && !LOOPBACK_HOSTS.has(url.hostname)) {
    return `names the port ${url.port}, which no Azure Storage host has`;
  }
  if (url.pathname.split("/").every((step) => step === "")) {
    return "names no container";
  }
  if (url.searchParams.get("sr") === "b") {
    return "is of one blob, and not of a container (sr)";
  }
  if (!url.searchParams.has("sig")) {
    return "has no signature (sig)";
  }
  if (!/[wc]/.test(url.searchParams.get("sp") ?? "")) {
    return "does not allow writing (sp)";
  }
  const expires = new Date(url.searchParams.get("se") ?? Number.NaN);
  if (Number.isNaN(expires.getTime())) {
    return "says no time of expiry (se)";
  }
  return expires <= now ? `expired at ${expires.toISOString()} (se)` : undefined;
}

/** What a SAS lets its holder do: the letters of `sp`. */
export function sasAllows(sasUri: string): string {
  return (new URL(sasUri).searchParams.get("sp") ?? "").replaceAll(/[^a-z]/g, "");
}

/** Until when a SAS that has no problem is good. */
export function sasExpiry(sasUri: string): string {
  return new Date(new URL(sasUri).searchParams.get("se") ?? Number.NaN).toISOString();
}
