import { type Kind, kindOf } from "./kinds.ts";
import { GROUP, type Recorded, stepName } from "./record-program.ts";

/** A resource as Azure's resource manager takes it. */
export type ArmResource = {
  type: string;
  apiVersion: string;
  name: string;
  location?: string;
  scope?: string;
  properties?: Record<string, unknown>;
  [more: string]: unknown;
};

export type Template = {
  $schema: string;
  contentVersion: string;
  resources: (ArmResource & { dependsOn: string[] })[];
};

/** What stands beside `properties`, and not within them (RPC of the resource manager). */
const ENVELOPE = new Set([
  "location",
  "tags",
  "kind",
  "sku",
  "identity",
  "zones",
  "extendedLocation",
  "managedBy",
  "plan",
]);

/**
 * The resources of a program as one template, for a resource group that is there. What lies in the
 * site's own group is put beside the rest: what Azure judges of it is the same.
 */
export function toTemplate(recorded: readonly Recorded[], subscriptionId: string): Template {
  const made = recorded.filter(({ token }) => kindOf(token));
  const ids = made.map(({ id }) => id);
  return {
    $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    contentVersion: "1.0.0.0",
    resources: made.map((one) => {
      const resource = toArm(one, "[resourceGroup().location]");
      const needed = idsIn([one.inputs, parentOf(one.id)], ids).filter((id) => id !== one.id);
      const dependsOn = needed.map((id) => toExpression(id, subscriptionId)).toSorted();
      return { ...resource, ...withExpressions(resource, subscriptionId), dependsOn };
    }),
  };
}

/** One resource, with ids and values as they were recorded. */
export function toArm({ token, inputs, id }: Recorded, location: string): ArmResource {
  const kind = kindOf(token);
  if (!kind) {
    throw new Error(`${token} is not made by Azure's resource manager`);
  }
  const taken = new Set([...kind.name, "resourceGroupName", kind.scopeInput ?? ""]);
  const given = Object.entries(inputs).filter(([key]) => !taken.has(key));
  const isBeside = ([key]: [string, unknown]) =>
    (ENVELOPE.has(key) && !kind.within?.includes(key)) || key === "properties";
  const beside = given
    .filter(isBeside)
    .map(([key, value]) => [key, shape(key, value, kind)] as const);
  const within = given.filter((one) => !isBeside(one));
  return {
    type: kind.type,
    apiVersion: kind.api,
    name: kind.name.map((step) => stepName(step, inputs)).join("/"),
    ...(kind.isTracked && { location }),
    ...(kind.scopeInput && { scope: scopeOf(id, kind) }),
    ...Object.fromEntries(beside),
    ...(within.length > 0 && { properties: shapeAll(Object.fromEntries(within), kind) }),
  };
}

function scopeOf(id: string, { type }: Kind): string {
  return id.slice(0, id.lastIndexOf(`/providers/${type}/`));
}

function shapeAll(values: Record<string, unknown>, kind: Kind): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      kind.renamed?.[key] ?? key,
      shape(key, value, kind),
    ]),
  );
}

function shape(key: string, value: unknown, kind: Kind): unknown {
  if (key === "userAssignedIdentities" && Array.isArray(value)) {
    return Object.fromEntries(value.map((id: unknown) => [String(id), {}]));
  }
  if (Array.isArray(value)) {
    return value.map((one) =>
      kind.lists?.includes(key) ? toEntry(one, kind) : shape("", one, kind),
    );
  }
  if (isObject(value) && kind.references?.includes(key)) {
    return { id: value["id"] };
  }
  return isObject(value) && key !== "tags" ? shapeAll(value, kind) : value;
}

function toEntry(value: unknown, kind: Kind): unknown {
  if (!isObject(value)) {
    return value;
  }
  const { name, ...properties } = value;
  return { name, properties: shapeAll(properties, kind) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The resource that a part belongs to. */
function parentOf(id: string): string {
  const own = id.slice(id.lastIndexOf("/providers/") + "/providers/".length).split("/");
  return own.length > 3 ? id.split("/").slice(0, -2).join("/") : "";
}

/** Which of `ids` a value names, the longest where one begins like another. */
function idsIn(value: unknown, ids: readonly string[]): string[] {
  const texts = textsIn(value);
  const found = texts.flatMap((text) => {
    const named = ids.filter(
      (id) => text === id || text.includes(`${id}/`) || text.includes(`${id}"`),
    );
    return named.filter((id) => !named.some((other) => other.startsWith(`${id}/`)));
  });
  return [...new Set(found)];
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") {
    return [value];
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function withExpressions(resource: ArmResource, subscriptionId: string): Record<string, unknown> {
  const express = (value: unknown): unknown => {
    if (typeof value === "string") {
      return toExpression(value, subscriptionId);
    }
    if (Array.isArray(value)) {
      return value.map(express);
    }
    return isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([key, one]) => [
            toExpression(key, subscriptionId),
            express(one),
          ]),
        )
      : value;
  };
  const { location, ...others } = resource;
  return {
    ...(location !== undefined && { location }),
    ...Object.fromEntries(Object.entries(others).map(([key, value]) => [key, express(value)])),
  };
}

/**
 * A text of the recording as ARM's language has it: what is known only where the template is deployed
 * stands as a function there.
 */
function toExpression(text: string, subscriptionId: string): string {
  const subscription = `/subscriptions/${subscriptionId}`;
  const functions = new Map([
    [`${subscription}/resourceGroups/${GROUP}`, "resourceGroup().id"],
    [subscription, "subscription().id"],
  ]);
  const places = new RegExp(`(${[...functions.keys()].join("|")})(?=[/"]|$)`, "g");
  const parts = text.split(places).filter((part) => part !== "");
  if (!parts.some((part) => functions.has(part))) {
    return text.startsWith("[") ? `[${text}` : text;
  }
  const written = parts.map((part) => functions.get(part) ?? `'${part.replaceAll("'", "''")}'`);
  return written.length === 1 ? `[${written.join("")}]` : `[concat(${written.join(", ")})]`;
}
