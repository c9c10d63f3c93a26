import * as z from "zod";
import { ceilToSecond, floorToSecond, type Interval } from "../capture/interval.ts";
import { platformIdSchema } from "./platform-id.ts";

/** The sample's host writes UTC without an offset. */
const time = z
  .string()
  .transform((text) => (/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`))
  .pipe(z.iso.datetime({ offset: true, error: "must be an ISO 8601 time" }))
  .transform((text) => new Date(text))
  .refine((at) => at.getUTCFullYear() > 0 && at.getUTCFullYear() < 9999, {
    error: "must lie in the years 1 to 9998",
  });

/** The first id that is none says enough: an issue for each of them would take seconds. */
const postIds = z
  .array(z.unknown())
  .max(200_000)
  .transform((ids, context) => {
    const bad = ids.findIndex((id) => !isPostId(id));
    if (bad >= 0) {
      context.addIssue({ code: "custom", path: [bad], message: "must be ids of posts" });
    }
    return ids.filter(isPostId);
  });

function isPostId(id: unknown): id is string {
  return typeof id === "string" && /^\d{1,19}$/.test(id);
}

/** Members as the contract spells them; any case is accepted, as in Microsoft's host. */
const bodySchema = z
  .object({
    JobId: platformIdSchema,
    TaskId: platformIdSchema,
    StartTime: time,
    EndTime: time,
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
    dirtyIds: [...new Set(DirtyEntities)],
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
