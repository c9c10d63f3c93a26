import { describe, expect, it } from "vitest";
import { judgeRegion, regionsSchema } from "./region.ts";

/** As Azure answers: what a region does not have is not mentioned. */
const REGIONS = regionsSchema.parse({
  value: [
    {
      name: "westeurope",
      displayName: "West Europe",
      availabilityZoneMappings: [{ logicalZone: "1" }],
      metadata: { pairedRegion: [{ name: "northeurope" }] },
    },
    { name: "westus", displayName: "West US", metadata: { pairedRegion: [{ name: "eastus" }] } },
    { name: "newregion", availabilityZoneMappings: [{ logicalZone: "1" }], metadata: {} },
  ],
});
const PRODUCTION = { environment: "production", zoneRedundant: false } as const;
const DEVELOPMENT = { environment: "development", zoneRedundant: false } as const;

describe("a region", () => {
  it.each([
    ["with zones and a pair serves production", "westeurope", PRODUCTION, "ok", /Standard_GZRS/],
    ["may be written as people do", "West Europe", PRODUCTION, "ok", /^westeurope/],
    ["without zones does not serve", "westus", DEVELOPMENT, "failed", /no zones.*Standard_ZRS/],
    [
      "without zones serves what does without",
      "westus",
      { ...PRODUCTION, archiveReplication: "Standard_GRS" },
      "ok",
      /Standard_GRS/,
    ],
    [
      "without zones has no zones for the site",
      "westus",
      { ...PRODUCTION, archiveReplication: "Standard_GRS", zoneRedundant: true },
      "failed",
      /no zones.*zoneRedundant/,
    ],
    ["without a pair serves what is tried out", "newregion", DEVELOPMENT, "ok", /Standard_ZRS/],
    ["without a pair does not serve production", "newregion", PRODUCTION, "failed", /no paired/],
    ["that nobody knows is none", "westeurop", PRODUCTION, "failed", /no region westeurop/],
  ] as const)("%s", (_title, location, wanted, result, detail) => {
    const verdict = judgeRegion(location, wanted, REGIONS);
    expect(verdict.result).toBe(result);
    expect(verdict.detail).toMatch(detail);
    expect(verdict.remedy !== undefined).toBe(result === "failed");
  });
});
