import * as storage from "@pulumi/azure-native/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import { assignRole } from "./roles.ts";

export type StorageArgs = {
  resourceGroupName: pulumi.Input<string>;
  subscriptionId: pulumi.Input<string>;
  /** The identity that reads and writes; nobody else does. */
  principalId: pulumi.Input<string>;
  skuName: string;
  tags: Record<string, string>;
};

/** What every storage account of ours has in common. */
export const HARDENED_ACCOUNT = {
  kind: "StorageV2",
  enableHttpsTrafficOnly: true,
  minimumTlsVersion: "TLS1_2",
  allowBlobPublicAccess: false,
  allowCrossTenantReplication: false,
  allowedCopyScope: "AAD",
  isLocalUserEnabled: false,
  isSftpEnabled: false,
  defaultToOAuthAuthentication: true,
} as const;

/** The archive: a keyless storage account with the evidence, and the queues of work on it. */
export class Storage extends pulumi.ComponentResource {
  readonly containerUrl: pulumi.Output<string>;
  readonly workQueueUrl: pulumi.Output<string>;
  readonly poisonQueueUrl: pulumi.Output<string>;
  /** The site may start only after these. */
  readonly roleAssignments: pulumi.Resource[];

  constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:Storage", name, {}, opts);
    const { resourceGroupName, subscriptionId, principalId, skuName, tags } = args;
    const parent = { parent: this };
    const account = new storage.StorageAccount(
      `${name}account`,
      {
        ...HARDENED_ACCOUNT,
        resourceGroupName,
        sku: { name: skuName },
        allowSharedKeyAccess: false,
        tags,
      },
      parent,
    );
    const place = { resourceGroupName, accountName: account.name };
    const service = new storage.BlobServiceProperties(
      `${name}-blob-service`,
      {
        ...place,
        blobServicesName: "default",
        isVersioningEnabled: true,
        deleteRetentionPolicy: { enabled: true, days: 30 },
        containerDeleteRetentionPolicy: { enabled: true, days: 30 },
      },
      parent,
    );
    const container = new storage.BlobContainer(
      `${name}-container`,
      { ...place, containerName: "archive", publicAccess: "None" },
      { parent: this, dependsOn: service },
    );
    const work = new storage.Queue(`${name}-work`, { ...place, queueName: "work" }, parent);
    const poison = new storage.Queue(`${name}-poison`, { ...place, queueName: "poison" }, parent);

    const who = { principalId, subscriptionId };
    this.roleAssignments = [
      assignRole(
        `${name}-container-role`,
        { ...who, role: "storageBlobDataContributor", scope: container.id },
        parent,
      ),
      assignRole(
        `${name}-work-role`,
        { ...who, role: "storageQueueDataContributor", scope: work.id },
        parent,
      ),
      assignRole(
        `${name}-poison-role`,
        { ...who, role: "storageQueueDataMessageSender", scope: poison.id },
        parent,
      ),
    ];
    const { primaryEndpoints } = account;
    this.containerUrl = pulumi.interpolate`${primaryEndpoints.blob}${container.name}`;
    this.workQueueUrl = pulumi.interpolate`${primaryEndpoints.queue}${work.name}`;
    this.poisonQueueUrl = pulumi.interpolate`${primaryEndpoints.queue}${poison.name}`;
    this.registerOutputs({ containerUrl: this.containerUrl });
  }
}
