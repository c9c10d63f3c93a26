import { z } from "zod";

/** A line of the connector's log, as far as a report goes by it. */
const lineSchema = z.looseObject({
  time: z.iso.datetime(),
  event: z.string(),
  jobId: z.string().optional(),
  taskId: z.string().optional(),
  windowStart: z.iso.datetime().optional(),
  windowEnd: z.iso.datetime().optional(),
  sasExpires: z.iso.datetime().optional(),
  sasAllows: z.string().optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  authentication: z.string().optional(),
  headers: z.string().optional(),
  queries: z.string().optional(),
  members: z.string().optional(),
  code: z.union([z.string(), z.number()]).optional(),
  status: z.number().optional(),
  version: z.string().optional(),
});

export type LogLine = z.infer<typeof lineSchema>;

/**
 * Lines of the connector in a log: one JSON object a line, as it writes them; or a JSON document that
 * holds such lines as texts, as Azure's answers to queries do. Oldest first; what is none of them is left out.
 */
export function readLog(text: string): LogLine[] {
  const whole = parse(text);
  const lines = typeof whole === "object" && whole !== null ? textsIn(whole) : text.split("\n");
  return lines
    .flatMap((line) => {
      const parsed = lineSchema.safeParse(parse(line));
      return parsed.success ? [parsed.data] : [];
    })
    .toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") {
    return [value];
  }
  // A single line of the log is a document, too.
  return typeof value === "object" && value !== null
    ? "event" in value
      ? [JSON.stringify(value)]
      : Object.values(value).flatMap(textsIn)
    : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
