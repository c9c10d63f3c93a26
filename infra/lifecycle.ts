import type { storage } from "@pulumi/azure-native/types/input.js";

/** How long evidence is kept, and where; days, undefined for never. */
export type Retention = {
  immutabilityDays?: number | undefined;
  coolAfterDays?: number | undefined;
  archiveAfterDays?: number | undefined;
  deleteAfterDays?: number | undefined;
};

/** Older versions of documents that change all the time. */
const STATE_VERSIONS_DAYS = 90;
const DAY_OF_ABANDONED_SIGN_INS = 1;
/** What a person has brought back from the archive tier would else go there again the next day. */
const DAYS_TO_READ_AGAIN = 30;

/**
 * The lifecycle of the archive's blobs, by container. Only evidence moves to cheaper tiers: what the
 * connector changes all the time stays where it can be changed, and its old versions end.
 */
export function archiveLifecycle(retention: Retention): storage.ManagementPolicyRuleArgs[] {
  const { coolAfterDays, archiveAfterDays, deleteAfterDays } = retention;
  const moves = {
    ...(coolAfterDays !== undefined && { tierToCool: after(coolAfterDays) }),
    ...(archiveAfterDays !== undefined && {
      tierToArchive: {
        ...after(archiveAfterDays),
        daysAfterLastTierChangeGreaterThan: DAYS_TO_READ_AGAIN,
      },
    }),
    ...(deleteAfterDays !== undefined && { delete: after(deleteAfterDays) }),
  };
  const evidence = rule("evidence", ["evidence/"], {
    baseBlob: moves,
    ...(deleteAfterDays !== undefined && {
      version: { delete: { daysAfterCreationGreaterThan: deleteAfterDays } },
    }),
  });
  return [
    ...(Object.keys(moves).length > 0 ? [evidence] : []),
    rule("versions-of-state", ["state/"], {
      version: { delete: { daysAfterCreationGreaterThan: STATE_VERSIONS_DAYS } },
    }),
    rule("abandoned-sign-ins", ["state/sign-ins/"], {
      baseBlob: { delete: after(DAY_OF_ABANDONED_SIGN_INS) },
      version: { delete: { daysAfterCreationGreaterThan: DAY_OF_ABANDONED_SIGN_INS } },
    }),
  ];
}

function after(days: number) {
  return { daysAfterModificationGreaterThan: days };
}

function rule(
  name: string,
  prefixMatch: string[],
  actions: storage.ManagementPolicyActionArgs,
): storage.ManagementPolicyRuleArgs {
  return {
    name,
    enabled: true,
    type: "Lifecycle",
    definition: { filters: { blobTypes: ["blockBlob"], prefixMatch }, actions },
  };
}
