import * as storage from "@pulumi/azure-native/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import { hardenedAccount } from "./hardened-account.ts";
import { archiveLifecycle, type Retention } from "./lifecycle.ts";
import type { Place } from "./place.ts";
import { assignRole, type Holder } from "./roles.ts";

export type StorageArgs = {
  place: Place;
  /** The identity that reads and writes; nobody else does. */
  holder: Holder;
  skuName: string;
  /** Reached through private endpoints only. */
  isPrivate: boolean;
  /** Kept when the stack is destroyed, and longer when something is deleted. */
  isProduction: boolean;
  retention: Retention;
};

/**
 * The archive: a keyless storage account with the evidence, and the queues of work on it. What
 * concerns the whole account is written one after the other: Azure answers a second write with
 * `StorageAccountOperationInProgress`, which the provider does not try again.
 */
export class Storage extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  readonly containerUrl: pulumi.Output<string>;
  readonly workQueueName: pulumi.Output<string>;
  readonly workQueueUrl: pulumi.Output<string>;
  readonly poisonQueueUrl: pulumi.Output<string>;
  /** The site may start only after these. */
  readonly roleAssignments: pulumi.Resource[];
  /** The last writes to the account; Azure refuses others meanwhile. */
  readonly written: pulumi.Resource[];

  constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:Storage", name, {}, opts);
    const { place, holder, isProduction, retention } = args;
    const parent = { parent: this };
    const keep = { ...parent, protect: isProduction, retainOnDelete: isProduction };
    const account = new storage.StorageAccount(
      // Azure takes letters and digits alone, and no more than 24 with what is appended.
      name,
      {
        ...hardenedAccount(args.isPrivate),
        ...place,
        sku: { name: args.skuName },
        allowSharedKeyAccess: false,
        ...(retention.immutabilityDays !== undefined && {
          // Overwriting makes a new version; no version can be changed or deleted before its time.
          immutableStorageWithVersioning: {
            enabled: true,
            immutabilityPolicy: {
              immutabilityPeriodSinceCreationInDays: retention.immutabilityDays,
              state: retention.immutabilityLocked ? "Locked" : "Unlocked",
              allowProtectedAppendWrites: false,
            },
          },
        }),
      },
      keep,
    );
    const { resourceGroupName } = place;
    const within = { resourceGroupName, accountName: account.name };
    const undeleteDays = isProduction ? 90 : 7;
    const service = new storage.BlobServiceProperties(
      `${name}-blob-service`,
      {
        ...within,
        blobServicesName: "default",
        isVersioningEnabled: true,
        changeFeed: { enabled: true },
        deleteRetentionPolicy: { enabled: true, days: undeleteDays },
        containerDeleteRetentionPolicy: { enabled: true, days: undeleteDays },
        // Azure restores to a point in time only where versions may be deleted, and within the days
        // for which deleted blobs are kept.
        restorePolicy:
          retention.immutabilityDays === undefined
            ? { enabled: true, days: undeleteDays - 1 }
            : { enabled: false },
      },
      // Deleting it would set it back: no versions, no soft delete, for what is left.
      keep,
    );
    const lifecycle = new storage.ManagementPolicy(
      `${name}-lifecycle`,
      {
        ...within,
        managementPolicyName: "default",
        policy: { rules: archiveLifecycle(retention) },
      },
      { parent: this, dependsOn: service },
    );
    const container = new storage.BlobContainer(
      `${name}-container`,
      { ...within, containerName: "archive", publicAccess: "None" },
      { ...keep, dependsOn: lifecycle },
    );
    // Kept with what waits in them: work of which the archive knows, too.
    const afterwards = { ...keep, dependsOn: lifecycle };
    const work = new storage.Queue(`${name}-work`, { ...within, queueName: "work" }, afterwards);
    const poison = new storage.Queue(
      `${name}-poison`,
      { ...within, queueName: "poison" },
      afterwards,
    );

    this.roleAssignments = [
      assignRole(
        `${name}-container-role`,
        { ...holder, role: "storageBlobDataContributor", scope: container.id },
        parent,
      ),
      assignRole(
        `${name}-work-role`,
        { ...holder, role: "storageQueueDataContributor", scope: work.id },
        parent,
      ),
      assignRole(
        `${name}-poison-role`,
        { ...holder, role: "storageQueueDataMessageSender", scope: poison.id },
        parent,
      ),
    ];
    const { primaryEndpoints } = account;
    this.written = [container, work, poison];
    this.accountId = account.id;
    this.containerUrl = pulumi.interpolate`${primaryEndpoints.blob}${container.name}`;
    this.workQueueName = work.name;
    this.workQueueUrl = pulumi.interpolate`${primaryEndpoints.queue}${work.name}`;
    this.poisonQueueUrl = pulumi.interpolate`${primaryEndpoints.queue}${poison.name}`;
    this.registerOutputs({ containerUrl: this.containerUrl });
  }
}
