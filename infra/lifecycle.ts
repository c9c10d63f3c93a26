import type { storage } from "@pulumi/azure-native/types/input.js";

/** Days after which evidence changes tier or is deleted; undefined: never. */
export type Retention = {
  immutabilityDays?: number | undefined;
  coolAfterDays?: number | undefined;
  archiveAfterDays?: number | undefined;
  deleteAfterDays?: number | undefined;
};

/** For older versions of documents that change often. */
const STATE_VERSIONS_DAYS = 90;
const DAY_OF_ABANDONED_SIGN_INS = 1;
/** Otherwise a rehydrated blob would return to the archive tier the next day. */
const DAYS_TO_READ_AGAIN = 30;

/**
 * Lifecycle rules of the archive, by container. Only evidence moves to cheaper tiers. State stays in the
 * hot tier because the connector changes it; its old versions are deleted.
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
