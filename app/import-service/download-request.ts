import * as z from "zod";
import { ceilToSecond, floorToSecond, type Interval } from "../time/intervals.ts";
import { platformIdSchema } from "./platform-id.ts";
import { platformTimeSchema } from "./platform-time.ts";

/**
 * The first id that is none says enough: an issue for each of them would take seconds. `null` names
 * nothing, and is no reason to refuse a window.
 */
const postIds = z
  .array(z.unknown())
  .max(200_000)
  .transform((given, context) => {
    const bad = given.findIndex((id) => id !== null && !isPostId(id));
    if (bad >= 0) {
      context.addIssue({ code: "custom", path: [bad], message: "must be ids of posts" });
    }
    const ids = given.filter(isPostId);
    return { ids, nulls: given.length - ids.length };
  });

function isPostId(id: unknown): id is string {
  return typeof id === "string" && /^\d{1,19}$/.test(id);
}

/** Members as the contract spells them; any case is accepted, as in Microsoft's host. */
const bodySchema = z
  .object({
    JobId: platformIdSchema,
    TaskId: platformIdSchema,
    StartTime: platformTimeSchema,
    EndTime: platformTimeSchema,
    DirtyEntities: postIds.nullish(),
    // URL parsers drop line breaks and blanks, and each its own: none is part of an address.
    BlobSasUri: z
      .string()
      .max(4096)
      .regex(/^[!-~]*$/, "must be an https address, in ASCII"),
  })
  .refine(({ StartTime, EndTime }) => StartTime < EndTime, {
    path: ["EndTime"],
    message: "must be after StartTime",
  });

export type DownloadRequest = {
  jobId: string;
  taskId: string;
  window: Interval;
  dirtyIds: string[];
  /** How many of DirtyEntities were null: they name no post, and are left out. */
  nullIds: number;
  sasUri: string;
};

/** @returns the request, or what is wrong with it, naming the member. */
export function parseDownloadRequest(body: unknown): DownloadRequest | { problem: string } {
  const result = bodySchema.safeParse(withContractNames(body));
  if (!result.success) {
    const [issue] = result.error.issues;
    return {
      problem: `${issue?.path.join(".") || "The body"}: ${issue?.message ?? "is not valid"}`,
    };
  }
  const { JobId, TaskId, StartTime, EndTime, DirtyEntities, BlobSasUri } = result.data;
  return {
    jobId: JobId,
    taskId: TaskId,
    window: { start: floorToSecond(StartTime), end: ceilToSecond(EndTime) },
    dirtyIds: [...new Set(DirtyEntities?.ids)],
    nullIds: DirtyEntities?.nulls ?? 0,
    sasUri: BlobSasUri,
  };
}

function withContractNames(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return body;
  }
  const spelling = new Map(Object.keys(bodySchema.shape).map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [spelling.get(name.toLowerCase()) ?? name, value]),
  );
}
