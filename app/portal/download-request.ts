import * as z from "zod";
import { ceilToSecond, floorToSecond, type Interval } from "../capture/interval.ts";

const id = z.string().regex(/^[\w.:~-]{1,200}$/, "must be 1 to 200 of A-Z a-z 0-9 _ . : ~ -");
/** The sample's host writes UTC without an offset. */
const time = z
  .string()
  .transform((text) => (/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`))
  .pipe(z.iso.datetime({ offset: true, error: "must be an ISO 8601 time" }))
  .transform((text) => new Date(text));

/** Members as the contract spells them; any case is accepted, as in Microsoft's host. */
const bodySchema = z
  .object({
    JobId: id,
    TaskId: id,
    StartTime: time,
    EndTime: time,
    DirtyEntities: z
      .array(z.string().regex(/^\d{1,20}$/, "must be ids of posts"))
      .max(200_000)
      .nullish(),
    BlobSasUri: z.string().max(4096),
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
