import * as z from "zod";

/** An object that X sent, and the names of its members that cannot be read (`variants[1].url`). */
export type Read<T> = T & { unparseable?: string[] };

/** A list of objects of which each is read by itself: an odd one takes no other with it. */
export function list<T extends z.ZodType>(item: T) {
  // What cannot be read is set to undefined before the list is read again, so that places stay.
  return z.array(item.optional()).transform((items) => items.filter((each) => each !== undefined));
}

/**
 * Reads an object that X sent, member by member: a member of another shape than the schema's is
 * left out and named, however deep it lies, and all others are read. X leaves out what it has no
 * value for and never sends null (docs/x-api.md), so null is as odd as any other value.
 * `expected` are members that X always sends: each that is absent is named, too.
 * @returns undefined where the schema requires a member (an id) that cannot be read.
 */
export function readObject<T extends object>(
  schema: z.ZodType<T>,
  sent: unknown,
  expected: readonly (keyof T & string)[] = [],
): Read<T> | undefined {
  const { value, odd } = readAround(schema, sent);
  if (value === undefined) {
    return undefined;
  }
  const absent = expected.filter((name) => value[name] === undefined && !odd.includes(name));
  const unparseable = [...odd, ...absent];
  return { ...value, ...(unparseable.length > 0 && { unparseable }) };
}

/** The same of each member of a list. One that cannot be read at all is left out. */
export function readObjects<T extends object>(
  schema: z.ZodType<T>,
  sent: readonly unknown[],
  expected: readonly (keyof T & string)[] = [],
): Read<T>[] {
  return sent.flatMap((each) => readObject(schema, each, expected) ?? []);
}

type Path = readonly PropertyKey[];

/** Reads a value; takes out what does not fit, and reads again, until the rest fits. */
function readAround<T>(schema: z.ZodType<T>, sent: unknown): { value?: T; odd: string[] } {
  let result = schema.safeParse(sent);
  const removed: Path[] = [];
  let rest = sent;
  while (!result.success) {
    const { issues } = result.error;
    const before = rest;
    const odd = issues.map(({ path }) => nearestSent(before, path));
    if (odd.some((path) => path.length === 0)) {
      return { odd: [] };
    }
    rest = structuredClone(rest);
    odd.forEach((path) => remove(rest, path));
    removed.push(...odd);
    result = schema.safeParse(rest);
  }
  return { value: result.data, odd: [...new Set(outermost(removed).map(nameOf))] };
}

/** What is required and absent makes the object around it odd. */
function nearestSent(value: unknown, path: Path): Path {
  let nearest = path;
  while (nearest.length > 0 && valueAt(value, nearest) === undefined) {
    nearest = nearest.slice(0, -1);
  }
  return nearest;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, name)
        ? Reflect.get(inner, name)
        : undefined,
    value,
  );
}

function remove(value: unknown, path: Path): void {
  const holder = valueAt(value, path.slice(0, -1));
  const name = path.at(-1);
  if (name === undefined || typeof holder !== "object" || holder === null) {
    return;
  }
  if (Array.isArray(holder)) {
    Reflect.set(holder, name, undefined);
  } else {
    Reflect.deleteProperty(holder, name);
  }
}

function outermost(paths: readonly Path[]): Path[] {
  return paths.filter(
    (path) =>
      !paths.some(
        (other) => other.length < path.length && other.every((name, index) => name === path[index]),
      ),
  );
}

/** `entities.urls[0].url`, as it stands in the body that is kept. */
function nameOf(path: Path): string {
  return path
    .map((name) => (typeof name === "number" ? `[${name}]` : `.${String(name)}`))
    .join("")
    .slice(1);
}
