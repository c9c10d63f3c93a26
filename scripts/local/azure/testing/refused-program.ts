/** A program whose resource nobody knows; what depends on it must not fail a second time. */

import * as pulumi from "@pulumi/pulumi";

class Unknown extends pulumi.CustomResource {
  constructor(name: string, args: Record<string, unknown>) {
    super("azure-native:batch:Pool", name, args);
  }
}

const first = new Unknown("first", {});
const second = new Unknown("second", { above: first.id });

export const id = second.id;
