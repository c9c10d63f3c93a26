import { z } from "zod";
import type { ProgramConfig } from "../../infra/config.ts";
import { DEFAULT_REPLICATION } from "../../infra/defaults.ts";
import { failed, ok, type Verdict } from "../checks/check.ts";

/** Part of what learn.microsoft.com/rest/api/resources/subscriptions/list-locations answers. */
export const regionsSchema = z.object({
  value: z.array(
    z.object({
      name: z.string(),
      displayName: z.string().default(""),
      availabilityZoneMappings: z.array(z.unknown()).default([]),
      metadata: z.object({ pairedRegion: z.array(z.unknown()).default([]) }).default({
        pairedRegion: [],
      }),
    }),
  ),
});

type Wanted = Pick<ProgramConfig, "archiveReplication" | "environment" | "zoneRedundant">;

/** Checks whether a region supports the configured replication and zones. */
export function judgeRegion(
  location: string,
  { archiveReplication, environment, zoneRedundant }: Wanted,
  { value }: z.infer<typeof regionsSchema>,
): Verdict {
  const region = value.find(({ name, displayName }) =>
    [name, displayName].some((one) => flat(one) === flat(location)),
  );
  if (!region) {
    return failed(
      `the subscription has no region ${location}`,
      "az account list-locations --query [].name, then npx pulumi config set azure-native:location NAME",
    );
  }
  const replication = archiveReplication ?? DEFAULT_REPLICATION[environment];
  const hasZones = region.availabilityZoneMappings.length > 0;
  if (!hasZones && (replication.endsWith("ZRS") || zoneRedundant)) {
    return failed(
      `${region.name} has no zones, which ${zoneRedundant ? "zoneRedundant" : replication} needs`,
      "Take another region, or, before the first up: npx pulumi config set archiveReplication Standard_GRS, " +
        "npx pulumi config set zoneRedundant false",
    );
  }
  if (region.metadata.pairedRegion.length === 0 && replication.includes("G")) {
    return failed(
      `${region.name} has no paired region, which ${replication} needs`,
      "Take another region, or, before the first up: npx pulumi config set archiveReplication Standard_ZRS",
    );
  }
  return ok(`${region.name}, with what ${replication} needs`);
}

/** `West Europe` and `westeurope` are the same region. */
function flat(name: string): string {
  return name.toLowerCase().replaceAll(" ", "");
}
