import type { LocalEntra } from "../../contracts.ts";

/** A tenant whose tokens are plain JSON: what a test needs of LocalEntra, without a server. */
export function createMemoryEntra(tenantId: string): LocalEntra {
  return {
    url: "https://entra.invalid",
    tenantId,
    registerClient: () => {},
    consent: () => {},
    issue: async (claims) => Buffer.from(JSON.stringify(claims)).toString("base64url"),
    verify: async (token) => {
      const claims: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
      if (typeof claims !== "object" || claims === null) {
        throw new Error("no claims");
      }
      return { ...claims };
    },
    close: async () => {},
  };
}
