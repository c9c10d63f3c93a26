import type * as pulumi from "@pulumi/pulumi";

/** Where a resource is made, and what tells whose it is. */
export type ResourceScope = {
  resourceGroupName: pulumi.Input<string>;
  tags: Record<string, string>;
};
