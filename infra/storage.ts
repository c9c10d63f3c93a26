import * as storage from "@pulumi/azure-native/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import { hardenedAccount } from "./hardened-account.ts";
import { archiveLifecycle, type Retention } from "./lifecycle.ts";
import type { ResourceScope } from "./scope.ts";
import { assignRole, CREATE_ONLY, type RoleGrantee } from "./roles.ts";

export type StorageArgs = {
  place: ResourceScope;
  /** The identity that reads and writes; nobody else does. */
  holder: RoleGrantee;
  skuName: string;
  /** Reached through private endpoints only. */
  isPrivate: boolean;
  /** Kept when the stack is destroyed, and longer when something is deleted. */
  isProduction: boolean;
  retention: Retention;
  /** Whether the site may change and delete evidence, or only add to it. */
  evidenceAccess: "contributor" | "create-only";
};

/**
 * The archive: a keyless storage account with evidence and state in a container each, and the queues
 * of work on it. What
 * concerns the whole account is written one after the other: Azure answers a second write with
 * `StorageAccountOperationInProgress`, which the provider does not try again.
 */
export class Storage extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  /** Of its blobs: `https://ACCOUNT.blob.core.windows.net`. */
  readonly blobUrl: pulumi.Output<string>;
  readonly evidenceUrl: pulumi.Output<string>;
  readonly stateUrl: pulumi.Output<string>;
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
        // Azure restores to a point in time only where blobs may be deleted, and within the days for
        // which deleted ones are kept.
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
            // On the container and without versions: nobody overwrites a blob before its time, so that
            // what is read is what was written.
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
