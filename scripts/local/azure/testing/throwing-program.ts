/** A program that makes a mistake inside of apply(). */

import * as pulumi from "@pulumi/pulumi";

export const value = pulumi.output(1).apply(() => {
  throw new Error("a mistake in the program");
});
