import * as z from "zod";

const person = z.strictObject({
  Id: z.string().min(1),
  UserProfilePhotoUrl: z.string().nullable(),
  Name: z.string(),
  EmailAddress: z.null(),
  MobileNumber: z.null(),
});

const attachment = z.strictObject({
  Content: z.base64(),
  Uri: z.url(),
  AttachmentType: z.string().regex(/^\w+\/[\w.+-]+$/),
  AttachmentFileName: z.string().min(1),
});

/**
 * The item of docs/portal-contract.md#item: every member there, none beside, null where there is
 * nothing.
 */
export const contractItem = z.strictObject({
  SchemaVersion: z.literal("1.0"),
  Id: z.string().min(1),
  SourceType: z.literal("Twitter"),
  ItemType: z.string().min(1),
  ContainerId: z.string().min(1),
  ContainerName: z.string(),
  ThreadId: z.string().min(1),
  ParentId: z.string().nullable(),
  Sender: person,
  Recipients: z.array(person),
  SentTimeUtc: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  ContentType: z.literal(1),
  Content: z.string(),
  MessagePreviewText: z.string(),
  get PreContext() {
    return z.array(contractItem).min(1).nullable();
  },
  PostContext: z.null(),
  NumOfLikes: z.int().nonnegative(),
  ContentAttachments: z.array(attachment).min(1).nullable(),
});
