import { identityLifecycles } from "./providers/identity.ts";
import { entraLifecycles } from "./providers/entra-objects.ts";
import { recordedLifecycles } from "./providers/recorded.ts";
import { storageLifecycles } from "./providers/storage.ts";
import { vaultLifecycles } from "./providers/vault.ts";
import { webLifecycles } from "./providers/web.ts";
import type { Lifecycles, MadeResource, World } from "./world.ts";

const LIFECYCLES: Lifecycles = {
  ...entraLifecycles,
  ...identityLifecycles,
  ...recordedLifecycles,
  ...storageLifecycles,
  ...vaultLifecycles,
  ...webLifecycles,
};

type NewInputs = {
  type: string;
  inputs: Record<string, unknown>;
  oldInputs: Record<string, unknown>;
};

/** Gives a resource new inputs. @returns what the service adds to them, beyond what it had added. */
export async function updateResource(
  world: World,
  id: string,
  { type, inputs, oldInputs }: NewInputs,
): Promise<Record<string, unknown>> {
  const resource = world.resources.get(id.toLowerCase());
  if (!resource) {
    throw new Error(`ResourceNotFound: ${id} does not exist`);
  }
  const change = { type, name: resource.logicalName, inputs, oldInputs, resource };
  const made = await world.busy.during({ type, id, inputs }, async () =>
    LIFECYCLES[type]?.update?.(change, world),
  );
  resource.uses = made?.uses ?? resource.uses ?? [];
  return made?.state ?? {};
}

/** Deletes a resource and, as Azure does, what lies below it. What is not there is no error. */
export async function removeResource(world: World, id: string): Promise<void> {
  const resource = world.resources.get(id.toLowerCase());
  if (!resource) {
    return;
  }
  const { isReset = false } = LIFECYCLES[resource.type] ?? {};
  const going = [...(isReset ? [] : below(world, resource)), resource];
  const refusal =
    refusalOfUse(world, going) ?? LIFECYCLES[resource.type]?.refuseRemoval?.(resource, world);
  if (refusal !== undefined) {
    throw new Error(refusal);
  }
  // What lies in an account is emptied through it. An id is longer than that of what it lies in.
  for (const one of going.toSorted((a, b) => b.id.length - a.id.length)) {
    await LIFECYCLES[one.type]?.remove?.(one, world);
    world.resources.delete(one.id.toLowerCase());
  }
}

/** What is used by something that stays is in the way. */
function refusalOfUse({ resources }: World, going: MadeResource[]): string | undefined {
  const ids = new Set(going.map(({ id }) => id.toLowerCase()));
  for (const [key, { id, uses = [] }] of resources) {
    const used = uses.find((one) => ids.has(one.toLowerCase()));
    if (used !== undefined && !ids.has(key)) {
      return `Conflict: ${used} cannot be deleted because it is in use by ${id}`;
    }
  }
  return undefined;
}

function below({ resources }: World, { id }: MadeResource): MadeResource[] {
  return [...resources]
    .filter(([key]) => key.startsWith(`${id.toLowerCase()}/`))
    .map(([, resource]) => resource);
}
