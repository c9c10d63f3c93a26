import * as storage from "@pulumi/azure-native/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import { hardenedAccount } from "./hardened-account.ts";
import { archiveLifecycle, type Retention } from "./lifecycle.ts";
import type { ResourceScope } from "./scope.ts";
import { assignRole, CREATE_ONLY, type RoleGrantee } from "./roles.ts";

export type StorageArgs = {
  place: ResourceScope;
  /** The only identity that gets roles on the archive. */
  holder: RoleGrantee;
  skuName: string;
  /** Reachable through private endpoints only. */
  isPrivate: boolean;
  /** Survives `pulumi destroy`, and keeps deleted data longer. */
  isProduction: boolean;
  retention: Retention;
  /** Whether the site may change and delete evidence, or only create and read it. */
  evidenceAccess: "contributor" | "create-only";
};

/**
 * The archive: a storage account without keys, with the containers evidence and state, and the work
 * queues. Changes of the whole account are made one after the other: Azure answers a simultaneous one
 * with `StorageAccountOperationInProgress`, which the provider does not retry.
 */
export class Storage extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  /** Blob endpoint: `https://ACCOUNT.blob.core.windows.net`. */
  readonly blobUrl: pulumi.Output<string>;
  readonly evidenceUrl: pulumi.Output<string>;
  readonly stateUrl: pulumi.Output<string>;
  readonly workQueueName: pulumi.Output<string>;
  readonly workQueueUrl: pulumi.Output<string>;
  readonly poisonQueueUrl: pulumi.Output<string>;
  /** The site may start only after these. */
  readonly roleAssignments: pulumi.Resource[];
  /** Last changes of the account; Azure rejects others at the same time. */
  readonly written: pulumi.Resource[];

  constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:Storage", name, {}, opts);
    const { place, holder, isProduction, retention } = args;
    const parent = { parent: this };
    const keep = { ...parent, protect: isProduction, retainOnDelete: isProduction };
    const account = new storage.StorageAccount(
      // Azure allows letters and digits only, at most 24 including Pulumi's suffix.
      name,
      {
        ...hardenedAccount(args.isPrivate),
        ...place,
        sku: { name: args.skuName },
        allowSharedKeyAccess: false,
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
        // Azure offers point-in-time restore only if blobs may be deleted, and only within the
        // retention of deleted blobs.
        restorePolicy:
          retention.immutabilityDays === undefined
            ? { enabled: true, days: undeleteDays - 1 }
            : { enabled: false },
      },
      // Deleting it would reset the remaining data's protection: no versions, no soft delete.
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
    const container = (containerName: string) =>
      new storage.BlobContainer(
        `${name}-${containerName}`,
        { ...within, containerName, publicAccess: "None" },
        { ...keep, dependsOn: lifecycle },
      );
    const evidence = container("evidence");
    const state = container("state");
    const writeOnce =
      retention.immutabilityDays === undefined
        ? []
        : [
            // On the container, not on versions: a blob cannot be overwritten during its retention,
            // so reads always return the original.
            new storage.BlobContainerImmutabilityPolicy(
              `${name}-write-once`,
              {
                ...within,
                containerName: evidence.name,
                immutabilityPolicyName: "default",
                immutabilityPeriodSinceCreationInDays: retention.immutabilityDays,
                allowProtectedAppendWrites: false,
              },
              keep,
            ),
          ];
    // Kept together with the archive, because they hold its unfinished work.
    const afterwards = { ...keep, dependsOn: lifecycle };
    const work = new storage.Queue(`${name}-work`, { ...within, queueName: "work" }, afterwards);
    const poison = new storage.Queue(
      `${name}-poison`,
      { ...within, queueName: "poison" },
      afterwards,
    );

    this.roleAssignments = [
      assignRole(
        `${name}-evidence-role`,
        {
          ...holder,
          role: "storageBlobDataContributor",
          scope: evidence.id,
          condition: args.evidenceAccess === "create-only" ? CREATE_ONLY : undefined,
        },
        parent,
      ),
      assignRole(
        `${name}-state-role`,
        { ...holder, role: "storageBlobDataContributor", scope: state.id },
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
    this.written = [evidence, state, ...writeOnce, work, poison];
    this.accountId = account.id;
    this.blobUrl = primaryEndpoints.blob.apply((url) => url.replace(/\/$/, ""));
    this.evidenceUrl = pulumi.interpolate`${this.blobUrl}/${evidence.name}`;
    this.stateUrl = pulumi.interpolate`${this.blobUrl}/${state.name}`;
    this.workQueueName = work.name;
    this.workQueueUrl = pulumi.interpolate`${primaryEndpoints.queue}${work.name}`;
    this.poisonQueueUrl = pulumi.interpolate`${primaryEndpoints.queue}${poison.name}`;
    this.registerOutputs({ blobUrl: this.blobUrl });
  }
}
