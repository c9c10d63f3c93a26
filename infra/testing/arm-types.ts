import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Recorded } from "./mocks.ts";

const require = createRequire(import.meta.url);
const SDK = dirname(require.resolve("@pulumi/azure-native/package.json"));
const enumsSchema = z.record(z.string(), z.unknown());

/** The types of members by their names, as the SDK declares an interface. */
type Members = Map<string, string>;

/**
 * What Azure's own types, from which the SDK is generated, do not know in a resource's inputs: members,
 * and values of what is an enumeration. TypeScript lets both pass: such members take any text.
 */
export function strangersIn({ type, inputs }: Recorded): string[] {
  const [provider, module = "", resource = ""] = type.split(":");
  if (provider !== "azure-native") {
    return [];
  }
  const name = module.split("/")[0] ?? "";
  const file = `${resource.charAt(0).toLowerCase()}${resource.slice(1)}.d.ts`;
  const text = readFileSync(join(SDK, name, file), "utf8");
  return strangersInObject(inputs, membersOf(text, `${resource}Args`), resource);
}

function strangersInObject(
  value: Record<string, unknown>,
  members: Members,
  path: string,
): string[] {
  return Object.entries(value).flatMap(([key, one]) => {
    const declared = members.get(key);
    return declared === undefined
      ? [`${path}.${key}: there is no such member`]
      : strangersInValue(one, declared, `${path}.${key}`);
  });
}

const objectSchema = z.record(z.string(), z.unknown());

function strangersInValue(value: unknown, declared: string, path: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((one, index) => strangersInValue(one, declared, `${path}[${index}]`));
  }
  if (typeof value === "string") {
    const known = [...declared.matchAll(/\benums\.(\w+)\.(\w+)/g)].flatMap(([, module, name]) =>
      valuesOf(module ?? "", name ?? ""),
    );
    return known.length === 0 || known.includes(value)
      ? []
      : [`${path}: "${value}" is none of ${known.join(", ")}`];
  }
  const object = objectSchema.safeParse(value);
  const kinds = [...declared.matchAll(/\binputs\.(\w+)\.(\w+)/g)];
  if (!object.success || kinds.length === 0) {
    return [];
  }
  // Of several kinds it is the one that it fits best.
  const found = kinds.map(([, module, name]) =>
    strangersInObject(object.data, membersOf(namespaceOf(module ?? ""), name ?? ""), path),
  );
  return found.toSorted((one, other) => one.length - other.length)[0] ?? [];
}

function valuesOf(module: string, name: string): string[] {
  const enums = enumsSchema.parse(require(`@pulumi/azure-native/types/enums/${module}/index.js`));
  return Object.values(z.record(z.string(), z.string()).parse(enums[name]));
}

let inputTypes: Map<string, string> | undefined;

function namespaceOf(module: string): string {
  inputTypes ??= new Map(
    readFileSync(join(SDK, "types/input.d.ts"), "utf8")
      .split("\nexport declare namespace ")
      .slice(1)
      .map((text) => [text.slice(0, text.indexOf(" {")), text] as const),
  );
  return inputTypes.get(module) ?? "";
}

/** By text of the SDK's and name: the texts are long. */
const interfaces = new Map<string, Map<string, Members>>();

function membersOf(text: string, name: string): Members {
  const known = interfaces.get(text) ?? new Map<string, Members>();
  const members = known.get(name) ?? findMembers(text, name);
  interfaces.set(text, known.set(name, members));
  return members;
}

/** @throws Error where the SDK declares no such interface. */
function findMembers(text: string, name: string): Members {
  const [, indent = "", body] =
    new RegExp(`^( *)(?:export )?interface ${name} \\{\\n([\\s\\S]*?)^\\1\\}`, "m").exec(text) ??
    [];
  if (body === undefined) {
    throw new Error(`The SDK declares no ${name}`);
  }
  const member = new RegExp(
    `^ {${indent.length + 4}}(\\w+)\\??: (.*(?:\\n {${indent.length + 5},}.*)*)`,
    "gm",
  );
  return new Map([...body.matchAll(member)].map(([, key = "", type = ""]) => [key, type]));
}
