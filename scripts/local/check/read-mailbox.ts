import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import PostalMime from "postal-mime";
import type { Email } from "postal-mime";

/** A message of the mailbox, read back from its .eml file as a mail program would. */
export type ParsedMail = {
  file: string;
  /** From the headers that the mailbox gives; "" where one is missing. */
  postId: string;
  account: string;
  permalink: string;
  itemType: string;
  modificationTime: string;
  /** ISO 8601, from the Date header; "" where it is none. */
  date: string;
  from: { name: string; address: string };
  subject: string;
  text: string;
  attachments: MailAttachment[];
};

export type MailAttachment = { fileName: string; mimeType: string; bytes: number; sha256: string };

/** Every message of the folder, oldest file name first; attachments are hashed, not kept. */
export async function readMailbox(directory: string): Promise<ParsedMail[]> {
  const files = (await readdir(directory)).filter((name) => name.endsWith(".eml")).sort();
  const mails: ParsedMail[] = [];
  for (const file of files) {
    mails.push(await parseMail(file, await readFile(path.join(directory, file))));
  }
  return mails;
}

export async function parseMail(file: string, bytes: Uint8Array): Promise<ParsedMail> {
  const email = await PostalMime.parse(bytes);
  const header = (name: string) => email.headers.find(({ key }) => key === name)?.value ?? "";
  return {
    file,
    postId: header("x-twitter-post-id"),
    account: header("x-twitter-account"),
    permalink: header("x-twitter-permalink"),
    itemType: header("x-twitter-item-type"),
    modificationTime: header("x-twitter-modification-time"),
    date: toIso(email.date),
    from: { name: email.from?.name ?? "", address: email.from?.address ?? "" },
    subject: email.subject ?? "",
    text: email.text ?? "",
    attachments: email.attachments.map((attachment) => toAttachment(attachment)),
  };
}

function toIso(date: string | undefined): string {
  const time = Date.parse(date ?? "");
  return Number.isNaN(time) ? "" : new Date(time).toISOString();
}

function toAttachment({ filename, mimeType, content }: Email["attachments"][number]) {
  const bytes =
    typeof content === "string" ? Buffer.from(content) : Buffer.from(new Uint8Array(content));
  return {
    fileName: filename ?? "",
    mimeType,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
}
