import { extname, parse } from "node:path";
import type { Attachment } from "../../app/import-service/item.ts";
import { permalink } from "../../app/delivery/text.ts";
import type { Post } from "../../app/twitter/post.ts";
import type { ArchivedRecord } from "./delivered.ts";
import { attachmentsOf, subjectOf } from "./eml.ts";
import type { Row } from "./fields.ts";
import type { MadeItem } from "./make-items.ts";

const FILES_IN_A_FOLDER = 1000;

/** An item as it stands in an export: its number, and everything that a row says of it. */
export type Exported = {
  made: MadeItem;
  record: ArchivedRecord;
  /** `X0000001` */
  docId: string;
  /** The folder that its files lie in: `000001`. */
  folder: string;
  /** SHA-256 and bytes of its message; absent without natives. */
  native: { sha256: string; bytes: number } | undefined;
  /** Its attachments, as they were written. */
  files: readonly WrittenFile[];
  deliveredAt: string | undefined;
  /** Why posts near it are missing. */
  gapNote: string;
};

/** An attachment as it stands in an export. */
export type ExportedFile = { docId: string; path: string; bytes: Buffer; attachment: Attachment };
export type WrittenFile = Omit<ExportedFile, "bytes"> & { sha256: string; bytes: number };

/** @param number counts from 1. */
export function numberOf(prefix: string, number: number): { docId: string; folder: string } {
  return {
    docId: prefix + String(number).padStart(7, "0"),
    folder: String(Math.ceil(number / FILES_IN_A_FOLDER)).padStart(6, "0"),
  };
}

export function filesOf({
  made,
  docId,
  folder,
}: Pick<Exported, "made" | "docId" | "folder">): ExportedFile[] {
  return attachmentsOf(made.item).map((attachment, index) => {
    const extension = extname(attachment.AttachmentFileName).replaceAll(/[^\w.]/g, "") || ".bin";
    return {
      docId: `${docId}.${String(index + 1).padStart(4, "0")}`,
      path: `media/${folder}/${docId}-${index + 1}${extension}`,
      bytes: Buffer.from(attachment.Content, "base64"),
      attachment,
    };
  });
}

/** The rows of an item: its own, then one for each of its attachments. */
export function rowsOf(exported: Exported): Row[] {
  const { docId, files } = exported;
  const family: Row = {
    BEGATTACH: docId,
    ENDATTACH: files.at(-1)?.docId ?? docId,
    CUSTODIAN: custodianOf(exported),
    ...sentOf(exported.made.item.SentTimeUtc),
  };
  return [
    { ...itemRow(exported), ...family, ATTACHCOUNT: String(files.length) },
    ...files.map((file) => ({ ...fileRow(file, exported), ...family, PARENTID: docId })),
  ];
}

function itemRow({ made, record, docId, folder, native, deliveredAt, gapNote }: Exported): Row {
  const { item, entry, taskId } = made;
  return {
    DOCID: docId,
    ITEMTYPE: item.ItemType,
    POSTID: item.Id,
    THREADID: item.ThreadId,
    REPLYTOID: item.ParentId ?? "",
    FROM: item.Sender.Name,
    FROMID: item.Sender.Id,
    TO: several(item.Recipients.map(({ Name }) => Name)),
    SUBJECT: subjectOf(item),
    CAPTUREDISO: record.receivedAt,
    MODIFIEDISO: entry.modificationTimestampUtc,
    ...(record.post && postRow(record.post)),
    TEXTPATH: `text/${folder}/${docId}.txt`,
    SOURCEPAGE: entry.page,
    SOURCESHA256: entry.pageSha256,
    TASKID: taskId,
    DELIVEREDISO: deliveredAt ?? "",
    GAPNOTE: gapNote,
    ...(native && {
      FILENAME: `${docId}.eml`,
      FILEEXT: "eml",
      FILESIZE: String(native.bytes),
      MIMETYPE: "message/rfc822",
      SHA256: native.sha256,
      NATIVEPATH: `natives/${folder}/${docId}.eml`,
    }),
  };
}

function postRow(post: Post): Row {
  return {
    PERMALINK: permalink(post.id),
    LINKS: several(post.links.map(({ expanded }) => expanded)),
    HASHTAGS: several(post.tags.map(({ tag }) => tag)),
    LANGUAGE: post.language ?? "",
    EDITVERSIONS: post.versions.length > 1 ? several(post.versions) : "",
    LIKES: String(post.likes),
    REPLIES: figure(post.replies),
    REPOSTS: figure(post.reposts),
    QUOTES: figure(post.quotes),
  };
}

function fileRow(
  { docId, path, bytes, sha256, attachment }: WrittenFile,
  { record }: Exported,
): Row {
  // A file is named by the key of its medium.
  const mediaKey = parse(attachment.AttachmentFileName).name;
  return {
    DOCID: docId,
    ITEMTYPE: "Attachment",
    ATTACHCOUNT: "0",
    ALTTEXT: record.includes?.media.get(mediaKey)?.alt_text ?? "",
    FILENAME: attachment.AttachmentFileName,
    FILEEXT: extname(path).slice(1),
    FILESIZE: String(bytes),
    MIMETYPE: attachment.AttachmentType,
    SHA256: sha256,
    NATIVEPATH: path,
    LINKS: attachment.Uri,
  };
}

function custodianOf({ made: { account } }: Exported): string {
  return `${account.name} (${account.id})`;
}

/** The date as review platforms read it by default, and in ISO 8601; all of them in UTC. */
function sentOf(iso: string): Row {
  const [date = "", time = ""] = new Date(iso).toISOString().split("T");
  const [year, month, day] = date.split("-");
  return {
    SENTDATE: `${month}/${day}/${year}`,
    SENTTIME: time.slice(0, 8),
    SENTISO: iso,
  };
}

function several(values: readonly string[]): string {
  return [...new Set(values)].join("; ");
}

function figure(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}
