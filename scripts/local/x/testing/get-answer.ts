import { z } from "zod";
import type { LocalX } from "../../contracts.ts";
import { createClient } from "./x-client.ts";

const object = z.record(z.string(), z.unknown());
const answerSchema = z.object({
  data: z.union([z.array(object), object.transform((one) => [one])]).optional(),
  includes: z.record(z.string(), z.array(object)).optional(),
  errors: z.array(object).optional(),
  meta: object.optional(),
});

/** What X answers the account; a single object counts as a list of one. */
export async function getAnswer(x: LocalX, path: string, query: Record<string, string> = {}) {
  const answer: unknown = await createClient(x.url).v2.get(path, query);
  return answerSchema.parse(answer);
}
