import MailComposer from "nodemailer/lib/mail-composer";
import type { Attachment, Item, Person } from "../../app/import-service/item.ts";

/** What stands in the headers of an item's message, besides what the item itself says. */
export type Origin = {
  /** The stored page that the record was taken from. */
  page: string;
  /** SHA-256 of the item as it was handed over. */
  itemSha256: string;
  /** When X answered with the page, ISO 8601. */
  capturedAt: string;
};

/**
 * An item as an e-mail message (RFC 5322), the same bytes each time. No address in it can reach
 * anybody: `.invalid` is nobody's (RFC 2606).
 */
export function toEml(item: Item, origin: Origin): Promise<Buffer> {
  const text = textOf(item);
  return new MailComposer({
    from: addressOf(item.Sender),
    to: [
      addressOf({ Id: item.ContainerId, Name: item.ContainerName }),
      ...item.Recipients.map(addressOf),
    ],
    date: new Date(item.SentTimeUtc),
    subject: subjectOf(item),
    messageId: messageIdOf(item.Id),
    ...(item.ParentId !== null && { inReplyTo: messageIdOf(item.ParentId) }),
    ...(item.ThreadId !== item.Id && { references: messageIdOf(item.ThreadId) }),
    text,
    html: htmlOf(text),
    attachments: attachmentsOf(item).map(({ Content, AttachmentFileName, AttachmentType }) => ({
      filename: AttachmentFileName,
      content: Buffer.from(Content, "base64"),
      contentType: AttachmentType,
      contentDisposition: "attachment",
    })),
    headers: {
      "X-Archive-Id": item.Id,
      "X-Archive-Item-Type": item.ItemType,
      "X-Archive-Page": origin.page,
      "X-Archive-Item-SHA256": origin.itemSha256,
      "X-Archive-Captured": origin.capturedAt,
    },
    newline: "\r\n",
    // The library's own would be another one each time.
    baseBoundary: `item-${localPart(item.Id)}`,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
}

export function subjectOf({ ItemType, MessagePreviewText }: Item): string {
  return `${ItemType}: ${MessagePreviewText}`;
}

/** The item's text, then that of the posts that it carries as context. */
export function textOf(item: Item): string {
  const context = (item.PreContext ?? []).map((one) => {
    const heading = `Context: ${one.ItemType} ${one.Id} by ${one.Sender.Name}, ${one.SentTimeUtc}`;
    return `${heading}\n\n${textOf(one)}`;
  });
  return [item.Content, ...context].join("\n");
}

/** Of the item and of its context, in the order in which a reader meets them. */
export function attachmentsOf(item: Item): Attachment[] {
  return [...(item.ContentAttachments ?? []), ...(item.PreContext ?? []).flatMap(attachmentsOf)];
}

function htmlOf(text: string): string {
  const escaped = text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
  return `<div dir="auto">${escaped.replaceAll("\n", "<br>\n")}</div>`;
}

function addressOf({ Id, Name }: Pick<Person, "Id" | "Name">) {
  return { name: Name, address: `${localPart(Id)}@x.invalid` };
}

function messageIdOf(id: string): string {
  return `<${localPart(id)}@x.invalid>`;
}

function localPart(id: string): string {
  return id.replaceAll(/[^\w-]/g, "_");
}
