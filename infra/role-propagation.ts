import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

export type RolePropagation = {
  /** For resources that take effect only some time after their creation. */
  given: pulumi.ResourceHookBinding;
  /** For resources that need those to be in effect. */
  needed: pulumi.ResourceHookBinding;
};

type Clock = { now: () => number; wait: (ms: number) => Promise<unknown> };

const CLOCK: Clock = { now: () => Date.now(), wait: (ms) => setTimeout(ms) };

/**
 * Delays the site until new role assignments and credentials have propagated, which takes up to minutes
 * (docs/azure.md#roles, learn.microsoft.com/entra/workload-id). A site that starts earlier is refused its
 * token, or cannot read its secrets: an unresolved Key Vault reference is retried only after 24 hours.
 * Does not wait if nothing is new.
 */
export function createRolePropagation(
  name: string,
  seconds: number,
  { now, wait }: Clock = CLOCK,
): RolePropagation {
  let newest = Number.NEGATIVE_INFINITY;
  const note = new pulumi.ResourceHook(`${name}-access-given`, async () => {
    newest = now();
  });
  const settle = new pulumi.ResourceHook(`${name}-access-settled`, async () => {
    await wait(Math.max(0, newest + seconds * 1000 - now()));
  });
  return {
    given: { afterCreate: [note] },
    needed: { beforeCreate: [settle], beforeUpdate: [settle] },
  };
}
