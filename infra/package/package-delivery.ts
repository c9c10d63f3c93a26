import type * as pulumi from "@pulumi/pulumi";
import type { PlainConfig } from "../config-schema.ts";
import { externalPackage } from "./external-package.ts";
import { AppPackage, type AppPackageArgs } from "./package.ts";

export type PackageDelivery = {
  /** Address that the site fetches its package from; undefined: `npm run push` publishes it. */
  url: pulumi.Input<string> | undefined;
  /** Resource id of the package account, if the program created one. */
  accountId: pulumi.Output<string> | undefined;
  roleAssignments: pulumi.Resource[];
};

/** Delivers the package from an account of the program, from an existing container, or by push. */
export function deliverPackage(
  name: string,
  { packageDelivery, packageContainerId: containerId }: PlainConfig,
  { place, holder, built }: AppPackageArgs,
  opts: pulumi.CustomResourceOptions,
): PackageDelivery {
  if (packageDelivery === "push") {
    return { url: undefined, accountId: undefined, roleAssignments: [] };
  }
  return containerId === undefined
    ? new AppPackage(name, { place, holder, built }, opts)
    : externalPackage(name, { containerId, holder, built }, opts);
}
