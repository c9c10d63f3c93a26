import { mkdir, open, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import MailComposer from "nodemailer/lib/mail-composer";
import type { Item } from "./item.ts";
import { itemToMail } from "./item-to-mail.ts";

/** The mailbox that the Import service fills: a folder with one .eml file an item's version. */
export type Mailbox = {
  directory: string;
  /** Names of the files that lay in it when it was opened. */
  earlier: ReadonlySet<string>;
  /** Modification times of the versions of a post that are in the mailbox, oldest first. */
  versions(postId: string): readonly string[];
  /** Whether this version lay in it when it was opened, and is met for the first time since. */
  meetEarlier(postId: string, modificationTimestampUtc: string): boolean;
  /** Writes the item as a new message; resolves to its file name. */
  add(item: Item, modificationTimestampUtc: string): Promise<string>;
};

/** Opens the folder, made where absent; what lies in it from earlier counts as imported. */
export async function openMailbox(directory: string): Promise<Mailbox> {
  await mkdir(directory, { recursive: true });
  const files = (await readdir(directory)).filter((name) => name.endsWith(".eml"));
  const known = await readVersions(directory, files);
  const versions = (postId: string) => known.get(postId) ?? [];
  const key = (postId: string, time: string) => `${postId} ${Date.parse(time)}`;
  const unmet = new Set([...known].flatMap(([id, times]) => times.map((time) => key(id, time))));
  return {
    directory,
    earlier: new Set(files),
    versions,
    meetEarlier: (postId, time) => unmet.delete(key(postId, time)),
    async add(item, modificationTimestampUtc) {
      const number = versions(item.Id).length + 1;
      const fileName = nameFile(item, number);
      const mail = itemToMail(item, { number, modificationTimestampUtc });
      const bytes = await new MailComposer(mail).compile().build();
      await writeFile(path.join(directory, fileName), bytes, { flag: "wx" });
      known.set(item.Id, [...versions(item.Id), modificationTimestampUtc]);
      return fileName;
    },
  };
}

/** `20200123T044558Z-1220206014030589953.eml`; a later version ends in `-2.eml`. */
export function nameFile(item: Pick<Item, "Id" | "SentTimeUtc">, version: number): string {
  const sent = new Date(item.SentTimeUtc).toISOString().replace(/\.\d+|[-:]/g, "");
  const id = item.Id.replace(/[^\w-]/g, "_");
  return `${sent}-${id}${version > 1 ? `-${version}` : ""}.eml`;
}

async function readVersions(
  directory: string,
  files: readonly string[],
): Promise<Map<string, string[]>> {
  const known = new Map<string, string[]>();
  for (const file of files) {
    const head = await readHead(path.join(directory, file));
    const id = header(head, "X-Twitter-Post-Id");
    const time = header(head, "X-Twitter-Modification-Time");
    if (id !== undefined && time !== undefined) {
      known.set(id, [...(known.get(id) ?? []), time].sort(byInstant));
    }
  }
  return known;
}

function byInstant(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}

function header(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(\\S+)`, "im").exec(head)?.[1];
}

/** The header lines; a message made here has its own ones first, so 4 kB are plenty. */
async function readHead(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    return buffer.toString("latin1", 0, bytesRead).split(/\r?\n\r?\n/, 1)[0] ?? "";
  } finally {
    await handle.close();
  }
}
