import { describe, expect, it } from "vitest";
import { compareVersion, completionSchema, findRepeated, listSame } from "./completion.ts";

const ROW = { id: "1", modificationTimestampUtc: "2026-03-01T10:00:05Z", fileName: "1.json" };

describe("the body of a completion", () => {
  it("is taken as the contract shows it", () => {
    expect(completionSchema.safeParse(completion([ROW])).success).toBe(true);
  });

  it.each([
    ["status as a name", { ...completion([ROW]), status: "Success" }],
    ["an unknown status", { ...completion([ROW]), status: 3 }],
    ["no list", { taskId: "t", status: 0 }],
    ["a list that is null", { ...completion([]), itemMetadata: null }],
    ["a member of its own", { ...completion([]), jobId: "j" }],
    ["a row with more members", completion([{ ...ROW, size: 1 }])],
    ["a time without Z", completion([{ ...ROW, modificationTimestampUtc: "2026-03-01T10:00:05" }])],
    ["a path for a file name", completion([{ ...ROW, fileName: "j/t/1.json" }])],
    ["names in upper case", { TaskId: "t", Status: 0, ItemMetadata: [] }],
  ])("is refused with %s", (_what, body) => {
    expect(completionSchema.safeParse(body).success).toBe(false);
  });
});

describe("a list of items", () => {
  it("shows rows that repeat an id or a file", () => {
    const again = { ...ROW, fileName: "2.json" };
    const file = { ...ROW, id: "2" };
    expect(findRepeated([ROW, again, file])).toEqual([again, file]);
    expect(findRepeated([ROW, { ...ROW, id: "2", fileName: "2.json" }])).toEqual([]);
  });

  it("is the same in another order, and not with another time", () => {
    const other = { ...ROW, id: "2", fileName: "2.json" };
    expect(listSame(completion([ROW, other]), completion([other, ROW]))).toBe(true);
    expect(listSame(completion([ROW]), completion([{ ...ROW, id: "2" }]))).toBe(false);
    expect(listSame(completion([ROW]), completion([ROW, other]))).toBe(false);
  });
});

describe("a version of an item", () => {
  it.each([
    ["new", []],
    ["duplicate", ["2026-03-01T10:00:05Z"]],
    ["duplicate", ["2026-03-01T10:00:05.000Z", "2026-03-02T00:00:00Z"]],
    ["update", ["2026-03-01T10:00:04Z"]],
    ["outdated", ["2026-03-01T10:00:06Z"]],
  ])("is %s in a mailbox that has %j", (expected, imported) => {
    expect(compareVersion(ROW.modificationTimestampUtc, imported)).toBe(expected);
  });
});

function completion<T>(itemMetadata: T[]) {
  return { taskId: "t", status: 0 as const, itemMetadata };
}
