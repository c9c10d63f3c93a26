import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBody, type Wire, wholePage } from "../testing/wire-pages.ts";
import { type Page, parsePage } from "./page.ts";

/**
 * One member anywhere in a page is made odd: null, absent, or something else altogether. The page is
 * read, each object that has an id is there, all others are as before, and the odd member is named.
 */
describe("An odd member, wherever it is,", () => {
  const before = parsePage(toBody(wholePage()));
  const places = membersOf(wholePage()).filter((path) => !isOfThePage(path));

  it("that is null is named, and nothing else is lost", () => {
    for (const path of places) {
      const page = parsePage(toBody(change(path, null)));
      expectOthers(path, page);
      const told = [...namesIn(page), ...(page.missingFields ?? [])].join("\n");
      expect(told, path.join(".")).toContain(nameIn(path));
    }
  });

  it("that is absent takes nothing else along", () => {
    for (const path of places) {
      expectOthers(path, parsePage(toBody(change(path, undefined))));
    }
  });

  it("that is something else is read or left out, and nothing else is lost", () => {
    const place = fc.constantFrom(...places);
    fc.assert(
      fc.property(place, fc.jsonValue({ maxDepth: 2 }), (path, value) => {
        expectOthers(path, parsePage(toBody(change(path, value))));
      }),
      { numRuns: 300 },
    );
  });

  /** Objects beside the odd one are the same, and it is there itself, unless its id is odd. */
  function expectOthers(path: Path, page: Page): void {
    const actual = objectsOf(page);
    const lost = Object.entries(objectsOf(before)).flatMap(([list, objects]) =>
      [...objects].filter(([id, object]) => {
        const now = actual[list]?.get(id);
        return isOdd(path, list, id) ? !mayBeGone(path) && !now : !isDeepStrictEqual(now, object);
      }),
    );
    expect(lost, path.join(".")).toEqual([]);
  }
});

/** Whether an object of that list is, or is in, what is odd. */
function isOdd(path: Path, list: string, id: string): boolean {
  const [where, kind] = path;
  const isInList =
    list === where || (where === "includes" && (kind === undefined || list === listOf(kind)));
  return isInList && (isWholeList(path) || id === idAt(path));
}

function isWholeList(path: Path): boolean {
  return path.length < (path[0] === "includes" ? 3 : 2);
}

/** Without its id, an object is none. */
function mayBeGone(path: Path): boolean {
  const isId = path.length === 4 && ["id", "media_key"].includes(String(path[3]));
  return isWholeList(path) || (path[0] === "includes" && (path.length === 3 || isId));
}

type Path = (string | number)[];

/** Without these an answer is none, or a post is told of as one that cannot be read. */
function isOfThePage(path: Path): boolean {
  const [where, , member] = path;
  return (
    where === "meta" ||
    (where === "data" &&
      (path.length < 3 || ["id", "created_at", "author_id", "text"].includes(String(member))))
  );
}

function listOf(kind: string | number | undefined): string {
  return kind === "tweets" ? "posts" : String(kind);
}

function objectsOf({ posts, includes }: Page): Record<string, Map<string, unknown>> {
  const { missing: _, ...lists } = includes;
  const maps = Object.entries(lists).map(([kind, map]): [string, Map<string, unknown>] => [
    kind,
    new Map<string, unknown>(map),
  ]);
  return { data: new Map(posts.map((post) => [post.id, post])), ...Object.fromEntries(maps) };
}

function namesIn(page: Page): string[] {
  return Object.values(objectsOf(page)).flatMap((objects) =>
    [...objects.values()].flatMap((object) => {
      const unparseable: unknown = Reflect.get(Object(object), "unparseable");
      return Array.isArray(unparseable) ? unparseable.map(String) : [];
    }),
  );
}

/** The member's name within its object, or the list's within the answer. */
function nameIn(path: Path): string {
  const [where, kind] = path;
  const [first] = path.slice(where === "includes" ? 3 : 2);
  if (first === undefined) {
    // A list that is odd as a whole, or an object of one, has no name but its list's.
    return where !== "includes" || kind === undefined ? String(where) : listIn(path);
  }
  return first === "media_key" ? "id" : String(first);
}

function listIn(path: Path): string {
  return path.length === 2 ? String(path[1]) : listOf(path[1]);
}

function idAt(path: Path): string | undefined {
  const object = valueAt(wholePage(), path.slice(0, path[0] === "includes" ? 3 : 2));
  const id: unknown = Reflect.get(Object(object), "id") ?? Reflect.get(Object(object), "media_key");
  return typeof id === "string" ? id : undefined;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, name) => Reflect.get(Object(inner), name), value);
}

function change(path: Path, value: unknown): Wire {
  const page = wholePage();
  const holder = valueAt(page, path.slice(0, -1));
  const name = path.at(-1);
  if (typeof holder === "object" && holder !== null && name !== undefined) {
    Reflect.set(holder, name, value);
  }
  return page;
}

/** Every member of a value and of what is in it. */
function membersOf(value: unknown, path: Path = []): Path[] {
  const names: Path = Array.isArray(value)
    ? value.map((_, index) => index)
    : typeof value === "object" && value !== null
      ? Object.keys(value)
      : [];
  return names.flatMap((name) => {
    const inner = [...path, name];
    return [inner, ...membersOf(valueAt(value, [name]), inner)];
  });
}
