import type * as pulumi from "@pulumi/pulumi";
import { type Package, packageName } from "./build-package.ts";
import { assignRole, type RoleGrantee } from "../roles.ts";

export type ExternalPackageArgs = {
  /** Resource id of an existing container. */
  containerId: string;
  holder: RoleGrantee;
  built: Package;
};

/** Parts of a container's resource id that form its address. */
export const CONTAINER_ID =
  /^\/subscriptions\/[\w-]+\/resourceGroups\/[\w.()-]+\/providers\/Microsoft\.Storage\/storageAccounts\/([a-z0-9]{3,24})\/blobServices\/default\/containers\/([a-z0-9-]{3,63})$/i;

/**
 * The package in a container of the deployer, for organizations that allow no account with keys. The
 * deployer uploads it (`npm run build`); the program only assigns the site's role.
 */
export function externalPackage(
  name: string,
  { containerId, holder, built }: ExternalPackageArgs,
  opts: pulumi.CustomResourceOptions = {},
) {
  const [, account = "", container = ""] = CONTAINER_ID.exec(containerId) ?? [];
  const role = { ...holder, role: "storageBlobDataReader", scope: containerId } as const;
  return {
    accountId: undefined,
    url: `https://${account}.blob.core.windows.net/${container}/${packageName(built)}`,
    roleAssignments: [assignRole(`${name}-role`, role, opts)],
  };
}
