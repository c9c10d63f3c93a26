import fc from "fast-check";
import { HTTPException } from "hono/http-exception";
import { describe, expect, it } from "vitest";
import { Hono } from "hono";
import { parseJson, readBody } from "./body.ts";

/** Objects within the bounds, whose members differ in more than their case. */
const someObject = fc.dictionary(
  fc.string({ unit: "binary" }).map((text) => text.toWellFormed().toLowerCase()),
  fc.jsonValue({ maxDepth: 10 }),
  { maxKeys: 30 },
);

describe("parseJson", () => {
  it("reads every object within its bounds as JSON.parse does", () => {
    fc.assert(
      fc.property(someObject, fc.constantFrom(0, 1, "\t"), (value, space) => {
        const names = Object.keys(value).map((name) => name.toLowerCase());
        fc.pre(new Set(names).size === names.length && countMembers(value) <= 64);
        const text = JSON.stringify(value, undefined, space);
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("refuses every object that names a member twice", () => {
    fc.assert(
      fc.property(
        someObject,
        fc.mixedCase(fc.constant("jobid")),
        fc.jsonValue(),
        (value, name, x) => {
          const { jobid: _, ...others } = value;
          const text = JSON.stringify({ ...others, JobId: 1 });
          const twice = `${text.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(x)}}`;
          expect(refusalOf(Buffer.from(twice))).toMatch(
            /^The body: (names a member twice|is nested)/,
          );
        },
      ),
    );
  });

  it("reads or refuses whatever bytes come, with words", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
      fc.tuple(fc.json(), fc.nat(), fc.nat(255)).map(([text, at, byte]) => {
        const changed = Buffer.from(text);
        changed[at % changed.length] = byte;
        return changed;
      }),
    );
    fc.assert(
      fc.property(bytes, (body) => {
        expect(refusalOf(body)).toMatch(/^The body: |^read$/);
      }),
    );
  });

  it.each([
    ["16 levels", 16, /^read$/],
    ["17 levels", 17, /nested too deeply/],
  ])("looks at brackets where they are brackets: %s", (_title, depth, words) => {
    const value = `${'{"[{[":'.repeat(depth)}"\\"]}"${"}".repeat(depth)}`;
    expect(refusalOf(Buffer.from(value))).toMatch(words);
  });

  it.each([
    ["64 members", 64, /^read$/],
    ["65 members", 65, /too many members/],
  ])("counts members, wherever they are: %s", (_title, count, words) => {
    const names = Array.from({ length: count }, (_, index) => `n${index}:`);
    const flat = Object.fromEntries(names.map((name) => [name, ["a:", "b:"]]));
    const nested = { list: names.slice(1).map((name) => ({ [name]: ":" })) };
    const chained = { a: Object.fromEntries(names.slice(1).map((name) => [name, ":"])) };
    for (const value of [flat, nested, chained]) {
      expect(refusalOf(Buffer.from(JSON.stringify(value)))).toMatch(words);
    }
  });

  it.each([
    ["40 signs", 40, /^read$/],
    ["41 signs", 41, /too many digits/],
  ])("counts the signs of a number, wherever it is: %s", (_title, count, words) => {
    const digits = "1".repeat(count);
    for (const text of [`{"a":${digits}}`, `{"a":[0,{"b": ${digits} }]}`, `[${digits}]`]) {
      expect(refusalOf(Buffer.from(text))).toMatch(words);
    }
    expect(refusalOf(Buffer.from(`{"a":-0.${"1".repeat(count - 5)}e9}`))).toMatch(words);
    expect(refusalOf(Buffer.from(`{"a":"${digits}0"}`))).toBe("read");
  });
});

describe("readBody", () => {
  const app = new Hono().post("/", async (c) =>
    c.text(Buffer.from(await readBody(c, 10)).toString()),
  );

  it.each([
    ["of the length that it declares", "0123456789", 10, 200],
    ["longer than it may be, as it declares", "0123456789-", 11, 413],
    ["longer than it may be, and than it declares", "0123456789-", 1, 413],
    ["that declares no length", "0123456789", undefined, 200],
    ["longer than it may be, that declares no length", "0123456789-", undefined, 413],
  ])("takes a body as far as it may be long: one %s", async (_title, body, length, status) => {
    const headers = length === undefined ? {} : { "content-length": String(length) };
    const response = await app.request("/", { method: "POST", body, headers });
    expect(response.status).toBe(status);
    expect(status === 413 || (await response.text()) === body).toBe(true);
  });
});

function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) {
    return 0;
  }
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, one) => sum + countMembers(one), own);
}

function refusalOf(body: Uint8Array): string {
  try {
    parseJson(body);
    return "read";
  } catch (error) {
    if (error instanceof HTTPException && error.status === 400) {
      return error.message;
    }
    throw error;
  }
}
