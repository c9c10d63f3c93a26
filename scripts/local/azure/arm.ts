import { randomBytes } from "node:crypto";

import { z } from "zod";

import type { Make, ResourceRequest, World } from "./world.ts";

/** The inputs as the schema reads them, else an error that names the resource and each wrong input. */
export function readInputs<T>(schema: z.ZodType<T>, { type, name, inputs }: ResourceRequest): T {
  const result = schema.safeParse(inputs);
  if (!result.success) {
    throw new Error(`${type} "${name}" has wrong inputs:\n${z.prettifyError(result.error)}`);
  }
  return result.data;
}

/** Makes a resource when its inputs are well formed and what they name is there. */
export function checked<T>(
  schema: z.ZodType<T>,
  check: (inputs: T, world: World) => void,
  make: Make,
): Make {
  return (request, world) => {
    check(readInputs(schema, request), world);
    return make(request, world);
  };
}

/** `/subscriptions/…/resourceGroups/…/providers/<kind>/<name>`; the group must exist. */
export function armId(world: World, place: { group: string; kind: string; name: string }): string {
  const group = groupId(world, place.group);
  if (!exists(world, group)) {
    throw new Error(`ResourceGroupNotFound: resource group "${place.group}" could not be found`);
  }
  return `${group}/providers/${place.kind}/${place.name}`;
}

export function groupId({ subscriptionId }: World, group: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
}

export function exists(world: World, id: string): boolean {
  return world.resources.has(id.toLowerCase());
}

/** Throws, as the resource manager does, unless `id` was made before, or admitted as somebody else's. */
export function requireExisting(world: World, id: string, what: string): void {
  if (!exists(world, id)) {
    throw new Error(`ResourceNotFound: ${what} ${id} does not exist (yet)`);
  }
}

/** Keeps the existence of parts that come with a resource and are not made one by one. */
export function addImplicit(world: World, id: string, type: string): void {
  const name = id.slice(id.lastIndexOf("/") + 1);
  world.resources.set(id.toLowerCase(), { id, type, logicalName: name, name });
}

/** Pulumi's way to a physical name: the logical one and some random digits. */
export function autoname(logicalName: string): string {
  return `${logicalName}${randomBytes(4).toString("hex")}`;
}
