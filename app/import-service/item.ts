/**
 * The platform's item (docs/portal-contract.md#item): every member present, null where there is
 * nothing.
 */
export type Item = {
  SchemaVersion: "1.0";
  Id: string;
  SourceType: "Twitter";
  ItemType: ItemType;
  ContainerId: string;
  ContainerName: string;
  ThreadId: string;
  ParentId: string | null;
  Sender: Person;
  Recipients: Person[];
  SentTimeUtc: string;
  /** 1 is Text. */
  ContentType: 1;
  Content: string;
  MessagePreviewText: string;
  PreContext: Item[] | null;
  PostContext: null;
  NumOfLikes: number;
  ContentAttachments: Attachment[] | null;
};

export type ItemType =
  | "Post"
  | "Reply"
  | "Quote"
  | "Repost"
  | "Profile"
  | "Mention"
  | "MentionReply";

export type Person = {
  Id: string;
  UserProfilePhotoUrl: string | null;
  Name: string;
  EmailAddress: null;
  MobileNumber: null;
};

export type Attachment = {
  /** base64 */
  Content: string;
  Uri: string;
  /** Media type, `image/jpeg`. */
  AttachmentType: string;
  AttachmentFileName: string;
};
