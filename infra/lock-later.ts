import * as pulumi from "@pulumi/pulumi";

/**
 * Refuses a locked immutability policy on an account that is still to be made: Azure creates one
 * unlocked, and locks it in a later write (REST reference of storage accounts, AccountImmutabilityPolicyState).
 * A preview refuses it, too, so that nothing has been made by then.
 */
export function lockLater(name: string, isLocked: boolean): pulumi.ResourceHookBinding {
  const refuse = new pulumi.ResourceHook(
    `${name}-immutability-locked-later`,
    () => {
      throw new Error(REFUSAL);
    },
    { onDryRun: true },
  );
  return isLocked ? { beforeCreate: [refuse] } : {};
}

const REFUSAL =
  "immutabilityLocked: Azure locks an archive that is there, and creates none that is locked. Make it " +
  "first: pulumi config set immutabilityLocked false, npm run up; then set it to true, and npm run up again";
