import { z } from "zod";
import { utcTime } from "./item.ts";

/** Body of `POST api/data/ondownloadcomplete/` (docs/portal-contract.md#outgoing-calls). */
export const completionSchema = z.strictObject({
  taskId: z.string().min(1),
  status: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  itemMetadata: z.array(
    z.strictObject({
      id: z.string().min(1),
      modificationTimestampUtc: utcTime,
      fileName: z.string().regex(/^[^/\\]+$/, { error: "must be a file name without folders" }),
    }),
  ),
});

export type Completion = z.infer<typeof completionSchema>;
export type ItemMetadata = Completion["itemMetadata"][number];

/** Body of `POST api/data/onwebhookevent/`. */
export const changeEventSchema = z.strictObject({
  entry: z
    .array(
      z.strictObject({
        Id: z.string().min(1),
        TimeStamp: utcTime,
        ChangeType: z.string().min(1),
      }),
    )
    .min(1),
});

export type ChangeEvent = { jobId: string } & z.infer<typeof changeEventSchema>["entry"][number];

/** Metadata rows whose id or file an earlier row of the same completion has already. */
export function findRepeated(metadata: readonly ItemMetadata[]): ItemMetadata[] {
  const seen = new Set<string>();
  return metadata.filter(({ id, fileName }) => {
    const keys = [`id ${id}`, `file ${fileName}`];
    const repeated = keys.some((key) => seen.has(key));
    keys.forEach((key) => seen.add(key));
    return repeated;
  });
}

/** Whether two completions name the same versions in the same files, in whatever order. */
export function listSame(a: Completion, b: Completion): boolean {
  const rows = (completion: Completion) =>
    completion.itemMetadata
      .map((row) => JSON.stringify([row.id, row.modificationTimestampUtc, row.fileName]))
      .sort()
      .join("\n");
  return rows(a) === rows(b);
}

/**
 * What a version is to a mailbox that has these versions of the item (ISO times): `id` and
 * `modificationTimestampUtc` drive update and duplicate detection (docs/portal-contract.md#outgoing-calls).
 */
export function compareVersion(
  modificationTimestampUtc: string,
  imported: readonly string[],
): "new" | "update" | "duplicate" | "outdated" {
  const time = Date.parse(modificationTimestampUtc);
  const times = imported.map((version) => Date.parse(version));
  if (times.includes(time)) {
    return "duplicate";
  }
  if (times.length === 0) {
    return "new";
  }
  return time > Math.max(...times) ? "update" : "outdated";
}
