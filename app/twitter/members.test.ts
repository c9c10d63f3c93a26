import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { list, readObject, readObjects } from "./members.ts";

const object = z.object({
  id: z.string(),
  text: z.string().optional(),
  inner: z.object({ needed: z.string(), more: z.number().optional() }).optional(),
  items: list(z.object({ needed: z.string(), more: z.number().optional() })).optional(),
  pair: z.tuple([z.number(), z.number()]).optional(),
});

describe("An object is read member by member:", () => {
  it.each<[string, object, object]>([
    ["whole", { id: "1", text: "a" }, { id: "1", text: "a" }],
    ["a member of another type", { id: "1", text: 5 }, { id: "1", unparseable: ["text"] }],
    ["null", { id: "1", text: null }, { id: "1", unparseable: ["text"] }],
    [
      "an inner member",
      { id: "1", inner: { needed: "a", more: "x" } },
      {
        id: "1",
        inner: { needed: "a" },
        unparseable: ["inner.more"],
      },
    ],
    [
      "an inner member that is needed",
      { id: "1", inner: { needed: null, more: 1 } },
      {
        id: "1",
        unparseable: ["inner"],
      },
    ],
    [
      "members of a list, each by itself",
      {
        id: "1",
        items: [null, { needed: "a", more: null }, 5, { more: 1 }, { needed: "b", more: 2 }],
      },
      {
        id: "1",
        items: [{ needed: "a" }, { needed: "b", more: 2 }],
        unparseable: ["items[0]", "items[1].more", "items[2]", "items[3]"],
      },
    ],
    ["what is no list", { id: "1", items: {} }, { id: "1", unparseable: ["items"] }],
    ["a pair that is none", { id: "1", pair: [1, null] }, { id: "1", unparseable: ["pair"] }],
    ["members that nobody knows are not read", { id: "1", unparseable: 5, other: 6 }, { id: "1" }],
  ])("%s", (_what, sent, read) => {
    const before = structuredClone(sent);
    expect(readObject(object, sent)).toEqual(read);
    expect(sent).toEqual(before);
  });

  it("what X always sends and did not is named", () => {
    expect(readObject(object, { id: "1" }, ["text"])).toEqual({ id: "1", unparseable: ["text"] });
    expect(readObject(object, { id: "1", text: 5 }, ["text"])?.unparseable).toEqual(["text"]);
  });

  it.each([[null], ["1"], [[]], [{}], [{ id: 5 }]])("without its id it is none: %j", (sent) => {
    expect(readObject(object, sent)).toBeUndefined();
    expect(readObjects(object, [sent, { id: "1" }])).toEqual([{ id: "1" }]);
  });

  it("whatever else its members are, it is read and the odd ones are named", () => {
    const odd = fc.jsonValue({ maxDepth: 3 });
    const anything = fc.record(
      { text: odd, inner: odd, items: odd, pair: odd },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anything, (members) => {
        const read = readObject(object, { id: "1", ...members });
        const named = new Set(read?.unparseable?.map((name) => name.split(/[.[]/, 1)[0]));
        for (const name of ["text", "inner", "items", "pair"] as const) {
          const isWhole = object.shape[name].safeParse(members[name]).success;
          expect(named.has(name)).toBe(!isWhole);
        }
      }),
      { numRuns: 500 },
    );
  });
});
