import { RECORD_RULE, type TruePost } from "../../contracts.ts";
import type { Item } from "../item.ts";

/** A well-formed item of an invented account; a test changes what it is about. */
export function sampleItem(changes: Partial<Item> = {}): Item {
  const id = changes.Id ?? "1001";
  return {
    SchemaVersion: "1.0",
    Id: id,
    SourceType: "Twitter",
    ItemType: "Post",
    ContainerId: "42",
    ContainerName: "Harbour Office",
    ThreadId: id,
    ParentId: null,
    Sender: sampleParty("42", "Harbour Office"),
    Recipients: [],
    SentTimeUtc: "2026-03-01T10:00:05Z",
    ContentType: 1,
    Content: `Ferry is late${sampleRecord("harbour", id)}`,
    MessagePreviewText: "Ferry is late",
    PreContext: null,
    PostContext: null,
    NumOfLikes: 3,
    ContentAttachments: null,
    ...changes,
  };
}

/** What a connector says of a post behind its text. */
export function sampleRecord(handle: string, id: string): string {
  return `\n\n${RECORD_RULE}\nAccount: @${handle}\nPermalink: https://x.com/${handle}/status/${id}`;
}

export function sampleParty(id: string, name: string | null) {
  return { Id: id, UserProfilePhotoUrl: null, Name: name, EmailAddress: null, MobileNumber: null };
}

export function sampleAttachment(fileName: string, content: string | Buffer, type = "image/jpeg") {
  return {
    Content: Buffer.from(content).toString("base64"),
    Uri: null,
    AttachmentType: type,
    AttachmentFileName: fileName,
  };
}

export function samplePost(changes: Partial<TruePost> = {}): TruePost {
  const id = changes.id ?? "1001";
  return {
    id,
    createdAt: "2026-03-01T10:00:05.000Z",
    author: { id: "42", name: "Harbour Office", username: "harbour", handles: ["harbour"] },
    text: "Ferry is late",
    expandedText: changes.text ?? "Ferry is late",
    conversationId: id,
    links: [],
    mentions: [],
    media: [],
    pollAnswers: [],
    references: [],
    versions: [id],
    earlier: [],
    facts: [],
    oddMembers: [],
    ...changes,
  };
}
