import { RECORD_RULE } from "../contracts.ts";
import { visibleText } from "./html-text.ts";
import type { Item, ItemAttachment } from "./item.ts";

/** What nodemailer's composer is given for one item. */
export type Mail = ReturnType<typeof itemToMail>;

/** A mailbox holds versions of an item; the first is 1. */
export type Version = { number: number; modificationTimestampUtc: string };

/** The e-mail message that the platform makes of an item (docs/portal-contract.md#item). */
export function itemToMail(item: Item, version: Version) {
  const permalink = findPermalink(item);
  return {
    from: toAddress(item.Sender, permalink?.handle),
    to: [
      toAddress({ Id: item.ContainerId, Name: item.ContainerName }),
      ...item.Recipients.map((recipient) => toAddress(recipient)),
    ],
    date: new Date(item.SentTimeUtc),
    subject: `${item.ItemType}: ${item.MessagePreviewText ?? firstWords(bodyOf(item))}`,
    messageId: messageId(item.Id, version.number),
    ...(item.ParentId ? { inReplyTo: messageId(item.ParentId, 1) } : {}),
    // What begins a conversation refers to nothing.
    ...(item.ThreadId && item.ThreadId !== item.Id
      ? { references: messageId(item.ThreadId, 1) }
      : {}),
    text: renderText(item),
    attachments: attachmentsOf(item).map(toMailAttachment),
    headers: {
      "X-Twitter-Account": item.ContainerId,
      "X-Twitter-Post-Id": item.Id,
      "X-Twitter-Item-Type": item.ItemType,
      "X-Twitter-Modification-Time": version.modificationTimestampUtc,
      ...(permalink ? { "X-Twitter-Permalink": permalink.url } : {}),
    },
    // Lines of a message end in CRLF (RFC 5322 section 2.3).
    newline: "\r\n",
    // The same item gives the same bytes.
    baseBoundary: `item-${item.Id.replace(/[^\w-]/g, "_")}-${version.number}`,
  };
}

/** Content, then what the item carries as context, in the order in which a reader meets it. */
function renderText(item: Item): string {
  const contexts = [
    ...(item.PreContext ?? []).map((context) => renderContext(context, "Context")),
    ...(item.PostContext ?? []).map((context) => renderContext(context, "Followed by")),
  ];
  return [bodyOf(item), ...contexts].join("\n\n");
}

function renderContext(item: Item, label: string): string {
  const sender = item.Sender.Name ?? item.Sender.Id;
  const heading = `${label}: ${item.ItemType} ${item.Id} by ${sender}, ${item.SentTimeUtc}`;
  return `${RULE}\n${heading}\n${RULE}\n${renderText(item)}`;
}

const RULE = "-".repeat(60);

function bodyOf(item: Item): string {
  return item.ContentType === 0 ? visibleText(item.Content) : item.Content;
}

/** Of this very post, and not one that its author wrote: those stand before the record's rule. */
function findPermalink(item: Item): { url: string; handle: string } | undefined {
  const { length, [length - 1]: record = "" } = item.Content.split(RECORD_RULE);
  const links = record.matchAll(/https:\/\/x\.com\/(\w+)\/status\/(\d+)(?!\d)/g);
  const own = [...links].find(([, , id]) => id === item.Id);
  return own?.[1] === undefined ? undefined : { url: own[0], handle: own[1] };
}

/** A made-up address: `.invalid` can reach nobody (RFC 2606). */
function toAddress(party: { Id: string; Name: string | null }, handle?: string) {
  return { name: party.Name ?? party.Id, address: `${handle ?? addressPart(party.Id)}@x.invalid` };
}

function messageId(id: string, version: number): string {
  return `<${addressPart(id)}${version > 1 ? `.${version}` : ""}@x.invalid>`;
}

function addressPart(id: string): string {
  return id.replace(/[^\w-]/g, "_");
}

function firstWords(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= SUBJECT_CHARACTERS ? line : `${line.slice(0, SUBJECT_CHARACTERS - 1)}…`;
}

const SUBJECT_CHARACTERS = 70;

function attachmentsOf(item: Item): ItemAttachment[] {
  const contexts = [...(item.PreContext ?? []), ...(item.PostContext ?? [])];
  return [
    ...(item.ContentAttachments ?? []),
    ...contexts.flatMap((context) => attachmentsOf(context)),
  ];
}

/** Without a MIME type of its own the file name decides (nodemailer does). */
function toMailAttachment(attachment: ItemAttachment) {
  const type = attachment.AttachmentType;
  return {
    filename: attachment.AttachmentFileName,
    content: Buffer.from(attachment.Content, "base64"),
    ...(/^\w+\/[\w.+-]+$/.test(type) ? { contentType: type } : {}),
    contentTransferEncoding: "base64",
    contentDisposition: "attachment",
  };
}
