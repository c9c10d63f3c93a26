import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createMemoryStore } from "../testing/memory-store.ts";
import { recordType } from "./records.ts";
import { changeDocument, createDocument, readDocument, toJson } from "./store.ts";

/** At first a box had one side, and no colour; then sides; then a colour. */
const BOX = recordType(
  z.object({
    sides: z.array(z.object({ cm: z.number() })),
    colour: z.string(),
    note: z.string().optional(),
  }),
  [
    ({ side, ...box }) => ({ ...box, sides: [{ cm: side }] }),
    (box) => ({ ...box, colour: "unknown" }),
  ],
);
const NAME = "work/job-1/box.json";

describe("A stored record", () => {
  it("says its schema, and is read without it", async () => {
    const { store, blob } = await put({ sides: [], colour: "red", schema: 3 });
    expect((await readDocument(store, NAME, BOX))?.value).toEqual({ sides: [], colour: "red" });
    await store.remove(NAME);
    await createDocument(store, NAME, BOX, { sides: [], colour: "red" });
    expect(await blob()).toEqual({ sides: [], colour: "red", schema: 3 });
  });

  it.each([
    ["the first one, which had no number", { side: 4 }, "unknown", 4],
    ["the first one", { side: 4, schema: 1 }, "unknown", 4],
    ["the one before", { sides: [{ cm: 5 }], schema: 2 }, "unknown", 5],
    ["today's", { sides: [{ cm: 5 }], colour: "red", schema: 3 }, "red", 5],
  ])(
    "of %s is read as today's, and written as that when it changes",
    async (_which, box, colour, cm) => {
      const { store, blob } = await put(box);
      const expected = { sides: [{ cm }], colour };
      expect((await readDocument(store, NAME, BOX))?.value).toEqual(expected);
      await changeDocument(store, {
        name: NAME,
        type: BOX,
        change: (one) => ({ ...one, note: "n" }),
      });
      expect(await blob()).toEqual({ ...expected, note: "n", schema: 3 });
    },
  );

  it("keeps members that are not known, at any depth, when it changes", async () => {
    const { store, blob } = await put({
      sides: [{ cm: 1, wood: "oak" }],
      colour: "red",
      lid: { of: "tin" },
      schema: 3,
    });
    await changeDocument(store, {
      name: NAME,
      type: BOX,
      // Made anew, and not out of the one before.
      change: ({ sides }) => ({ sides, colour: "blue" }),
    });
    expect(await blob()).toEqual({
      sides: [{ cm: 1, wood: "oak" }],
      colour: "blue",
      lid: { of: "tin" },
      schema: 3,
    });
  });

  it("loses a known member that a change takes away", async () => {
    const { store, blob } = await put({ sides: [], colour: "red", note: "n", schema: 3 });
    const change = ({
      note: _,
      ...box
    }: {
      sides: { cm: number }[];
      colour: string;
      note?: string;
    }) => box;
    await changeDocument(store, { name: NAME, type: BOX, change });
    expect(await blob()).toEqual({ sides: [], colour: "red", schema: 3 });
  });

  it("of a newer version is refused, with what to do, and stays as it is", async () => {
    const newer = { sides: [], colour: "red", weight: 3, schema: 4 };
    const { store, blob } = await put(newer);
    const refusal = {
      code: "newer-record",
      message:
        `${NAME} in the archive was written by a newer version of the connector (schema 4; this ` +
        "version reads up to 3). Deploy that version again",
    };
    await expect(readDocument(store, NAME, BOX)).rejects.toMatchObject(refusal);
    const change = changeDocument(store, { name: NAME, type: BOX, change: (box) => box });
    await expect(change).rejects.toMatchObject(refusal);
    expect(await blob()).toEqual(newer);
  });

  it.each([
    ["no JSON", "{"],
    ["a schema that is no number", '{"schema":"2"}'],
    ["no schema that there ever was", '{"schema":0}'],
    ["another shape", '{"sides":4,"colour":"red","schema":3}'],
    ["an older shape that cannot be taken on", '{"sides":4,"schema":2}'],
  ])("that is %s cannot be read", async (_what, text) => {
    const store = createMemoryStore();
    await store.put(NAME, Buffer.from(text));
    await expect(readDocument(store, NAME, BOX)).rejects.toMatchObject({ code: "unusable-record" });
  });
});

async function put(record: object) {
  const store = createMemoryStore();
  await store.put(NAME, toJson(record));
  const blob = async (): Promise<unknown> =>
    JSON.parse(Buffer.from((await store.read(NAME))?.body ?? "").toString("utf8"));
  return { store, blob };
}
