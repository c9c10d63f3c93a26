import { z } from "zod";

/** ISO 8601 with seconds, in UTC, ending in Z: what D28 of docs/ancestor-defects.md got wrong. */
export const utcTime = z.iso
  .datetime({ error: "must be an ISO 8601 time in UTC with Z" })
  .regex(/T\d\d:\d\d:\d\d/, { error: "must be an ISO 8601 time in UTC with seconds and Z" });

const party = z.strictObject({
  Id: z.string().min(1),
  UserProfilePhotoUrl: z.string().nullable(),
  Name: z.string().nullable(),
  EmailAddress: z.string().nullable(),
  MobileNumber: z.string().nullable(),
});

const attachment = z.strictObject({
  Content: z.string().min(1).refine(isBase64, { error: "must be base64" }),
  Uri: z.string().nullable(),
  AttachmentType: z.string().min(1),
  AttachmentFileName: z.string().min(1),
});

/**
 * The item of docs/portal-contract.md#item: every member present, null where empty, enums as integers, no
 * other member. `.strict` because what the platform does with unknown members is unknown.
 */
export const itemSchema = z.strictObject({
  SchemaVersion: z.literal("1.0"),
  Id: z.string().min(1),
  SourceType: z.literal("Twitter"),
  ItemType: z.string().min(1),
  ContainerId: z.string().min(1),
  ContainerName: z.string().nullable(),
  ThreadId: z.string().nullable(),
  ParentId: z.string().nullable(),
  Sender: party,
  Recipients: z.array(party),
  SentTimeUtc: utcTime,
  ContentType: z.union([z.literal(0), z.literal(1)]),
  Content: z.string(),
  MessagePreviewText: z.string().nullable(),
  get PreContext(): z.ZodNullable<z.ZodArray<typeof itemSchema>> {
    return z.array(itemSchema).nullable();
  },
  get PostContext(): z.ZodNullable<z.ZodArray<typeof itemSchema>> {
    return z.array(itemSchema).nullable();
  },
  NumOfLikes: z.int().min(0),
  ContentAttachments: z.array(attachment).nullable(),
});

export type Item = z.infer<typeof itemSchema>;
export type ItemAttachment = z.infer<typeof attachment>;

/**
 * Bytes: an item or attachment over 10 MB is refused (docs/portal-contract.md#limits). The harsher
 * reading: 10^6 bytes a MB, and the item as the file that it is, with its attachments in base64; so
 * an attachment needs no limit of its own.
 */
export const MAX_BYTES = 10_000_000;

export type ParsedItem = { item: Item; problems: [] } | { item?: never; problems: string[] };

/** One uploaded file as the platform reads it; problems say the member and the rule it breaks. */
export function parseItem(file: Buffer): ParsedItem {
  if (file.length > MAX_BYTES) {
    return { problems: [`the item is ${file.length} bytes, over ${MAX_BYTES}`] };
  }
  const json = parseJson(file);
  if (json === undefined) {
    return { problems: ["the item is not JSON in UTF-8"] };
  }
  const parsed = itemSchema.safeParse(json.value);
  if (!parsed.success) {
    return { problems: describe(parsed.error) };
  }
  return { item: parsed.data, problems: [] };
}

/** The items that this one carries as context, in reading order, at any depth. */
export function contextOf(item: Item): Item[] {
  const direct = [...(item.PreContext ?? []), ...(item.PostContext ?? [])];
  return direct.flatMap((context) => [context].concat(contextOf(context)));
}

/** One line a problem: `Sender.Id: …`. */
export function describe(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
}

/** Undefined when the bytes are not UTF-8 or not JSON. */
export function parseJson(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

/** A round trip, because a regular expression over megabytes can run out of stack. */
function isBase64(text: string): boolean {
  return Buffer.from(text, "base64").toString("base64") === text;
}
