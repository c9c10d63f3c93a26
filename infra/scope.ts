import type * as pulumi from "@pulumi/pulumi";

/** Resource group, location and tags of a resource. */
export type ResourceScope = {
  resourceGroupName: pulumi.Input<string>;
  tags: Record<string, string>;
};
