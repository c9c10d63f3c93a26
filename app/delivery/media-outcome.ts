import type { Attachment } from "../import-service/item.ts";

/** A medium of a post: attached to its item, or not, for a reason that the item states. */
export type MediaOutcome = {
  mediaKey: string;
  type: string;
  altText?: string;
  attachment?: Attachment;
  omitted?: string;
  /** Why the attachment is a lesser file than the best that X names. */
  fallbackReason?: string;
};
