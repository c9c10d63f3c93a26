import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

export type RolePropagation = {
  /** For whatever takes a while to be known everywhere, once it is made. */
  given: pulumi.ResourceHookBinding;
  /** For whatever needs that. */
  needed: pulumi.ResourceHookBinding;
};

type Clock = { now: () => number; wait: (ms: number) => Promise<unknown> };

const CLOCK: Clock = { now: () => Date.now(), wait: (ms) => setTimeout(ms) };

/**
 * Azure takes up to minutes to heed a new role (docs/azure.md#roles), and Entra to know a new password
 * or federated credential everywhere (learn.microsoft.com/entra/workload-id). A site that is started
 * before cannot read its secrets, and is not told of them again for a day; or is refused its token. So
 * it waits; only where something is new.
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
