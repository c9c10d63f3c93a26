import { fileURLToPath } from "node:url";
import * as storage from "@pulumi/azure-native/storage/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Package, packageName } from "./build-package.ts";
import { hardenedAccount } from "../hardened-account.ts";
import type { ResourceScope } from "../scope.ts";
import { assignRole, type RoleGrantee } from "../roles.ts";
import { writeWhole } from "./write-whole.ts";

export type AppPackageArgs = { place: ResourceScope; holder: RoleGrantee; built: Package };

/** Days for which a replaced package can be used again by its name. */
const ROLLBACK_DAYS = 90;

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/**
 * The package in a separate small account: azure-native uploads blobs with the account's shared key,
 * which is disabled for the archive's account (docs/azure.md#package).
 */
export class AppPackage extends pulumi.ComponentResource {
  readonly accountId: pulumi.Output<string>;
  /** Address that App Service runs from; it needs the identity's role to be read. */
  readonly url: pulumi.Output<string>;
  readonly roleAssignments: pulumi.Resource[];

  constructor(name: string, args: AppPackageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("m365:connector:AppPackage", name, {}, opts);
    const { place, holder, built } = args;
    const parent = { parent: this };
    const account = new storage.StorageAccount(
      name,
      {
        // The deployer uploads from outside. The account holds public code and no data.
        ...hardenedAccount(false),
        ...place,
        sku: { name: "Standard_LRS" },
        allowSharedKeyAccess: true,
      },
      parent,
    );
    const { resourceGroupName } = place;
    const within = { resourceGroupName, accountName: account.name };
    const service = new storage.BlobServiceProperties(
      `${name}-blob-service`,
      {
        ...within,
        blobServicesName: "default",
        // Counts from the day a package was replaced, so it never deletes the running one.
        deleteRetentionPolicy: { enabled: true, days: ROLLBACK_DAYS },
        containerDeleteRetentionPolicy: { enabled: true, days: ROLLBACK_DAYS },
      },
      parent,
    );
    const container = new storage.BlobContainer(
      `${name}-container`,
      { ...within, containerName: "packages", publicAccess: "None" },
      { parent: this, dependsOn: service },
    );
    const blobName = packageName(built);
    // Pulumi reads binary assets from files only.
    const file = `${DIST}${blobName}`;
    writeWhole(file, built.zip);
    const blob = new storage.Blob(
      `${name}-blob`,
      {
        ...within,
        containerName: container.name,
        blobName,
        type: "Block",
        contentType: "application/zip",
        source: new pulumi.asset.FileAsset(file),
      },
      // Otherwise the provider would delete the old package while the site still runs from it.
      { parent: this, deleteBeforeReplace: false },
    );
    this.roleAssignments = [
      assignRole(
        `${name}-role`,
        { ...holder, role: "storageBlobDataReader", scope: container.id },
        parent,
      ),
    ];
    this.accountId = account.id;
    this.url = blob.url;
    this.registerOutputs({ url: this.url });
  }
}
