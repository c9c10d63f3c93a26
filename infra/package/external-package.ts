import type * as pulumi from "@pulumi/pulumi";
import { type Package, packageName } from "./build-package.ts";
import { assignRole, type RoleGrantee } from "../roles.ts";

export type ExternalPackageArgs = {
  /** Resource id of a container that is there already. */
  containerId: string;
  holder: RoleGrantee;
  built: Package;
};

/** The parts of a container's resource id that its address is made of. */
export const CONTAINER_ID =
  /^\/subscriptions\/[\w-]+\/resourceGroups\/[\w.()-]+\/providers\/Microsoft\.Storage\/storageAccounts\/([a-z0-9]{3,24})\/blobServices\/default\/containers\/([a-z0-9-]{3,63})$/i;

/**
 * The deployed package where an account with keys may not be: in a container of the deployer's, who
 * puts it there as who they are (`npm run build`). The program gives the site its role on it, and no more.
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
