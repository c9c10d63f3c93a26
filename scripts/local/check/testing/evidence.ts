import { createHash } from "node:crypto";
import type { TrueMedia, TruePost } from "../../contracts.ts";
import type { Item } from "../../portal/item.ts";
import { openMailbox } from "../../portal/mailbox.ts";
import type { AcceptedItem, TaskResult } from "../../portal/results.ts";
import { toAcceptedItem } from "../../portal/results.ts";
import {
  sampleAttachment,
  sampleItem,
  sampleParty,
  samplePost,
  sampleRecord,
} from "../../portal/testing/samples.ts";
import type { Evidence } from "../check.ts";
import { readMailbox } from "../read-mailbox.ts";

export const FERRY = "picture of the ferry";
const BRIDGE = "picture of the bridge";

export type Items = Map<string, Item>;

/** Sending and modification time of every sample. */
export const TIME = "2026-03-01T10:00:05Z";
const PORT = { id: "43", name: "Port", username: "port", handles: ["port"] };

export function medium(
  mediaKey: string,
  content: string,
  more: Partial<TrueMedia> = {},
): TrueMedia {
  return {
    mediaKey,
    type: "photo",
    contentType: "image/jpeg",
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    available: true,
    isPreview: false,
    ...more,
  };
}

/** A post with a link, a mention and a lost picture; a quote with pictures; a reply. */
export function truth(): TruePost[] {
  const quoted = samplePost({
    id: "9",
    author: PORT,
    text: "The bridge is up",
    media: [medium("3_2", BRIDGE)],
  });
  return [
    samplePost({
      id: "1",
      text: "Ferry is late & slow https://t.co/a @mate",
      expandedText: "Ferry is late & slow https://ferry.example/t?a=1 @mate",
      links: [{ short: "https://t.co/a", expanded: "https://ferry.example/t?a=1" }],
      mentions: [{ id: "50", username: "mate" }],
      media: [medium("3_9", "gone", { available: false })],
    }),
    samplePost({
      id: "2",
      text: "As they say",
      media: [medium("3_1", FERRY, { altText: "A ferry\nat the quay" })],
      references: [{ type: "quoted", id: "9", post: quoted }],
    }),
    samplePost({
      id: "3",
      text: "Now it goes",
      conversationId: "1",
      references: [{ type: "replied_to", id: "1" }],
    }),
  ];
}

export function standardItems(): Items {
  const items = [
    sampleItem({
      Id: "1",
      Content: `Ferry is late & slow https://ferry.example/t?a=1  @mate${by("harbour", "1")}\nNot archived: 3_9`,
      Recipients: [sampleParty("50", "mate")],
    }),
    sampleItem({
      Id: "2",
      ItemType: "Quote",
      Content: `As they say${by("harbour", "2")}\n[A ferry at the quay]`,
      ContentAttachments: [sampleAttachment("3_1.jpg", FERRY)],
      PreContext: [
        sampleItem({
          Id: "9",
          Content: `The bridge is up${by("port", "9")}`,
          ContentAttachments: [sampleAttachment("3_2.jpg", BRIDGE)],
        }),
      ],
    }),
    sampleItem({
      Id: "3",
      ItemType: "Reply",
      ThreadId: "1",
      ParentId: "1",
      Content: `Now it goes${by("harbour", "3")}`,
    }),
  ];
  return new Map(items.map((item) => [item.Id, item]));
}

export function edit(id: string, changes: Partial<Item>) {
  return (items: Items) => void items.set(id, { ...sampleItem(), ...items.get(id), ...changes });
}

export function replace(id: string, from: string, to: string) {
  return (items: Items) => {
    const content = items.get(id)?.Content ?? "";
    edit(id, { Content: content.replaceAll(from, to) })(items);
  };
}

export function cutAttachment(items: Items): void {
  edit("2", { ContentAttachments: [sampleAttachment("3_1.jpg", FERRY.slice(0, -1))] })(items);
}

export function dropContextMedia(items: Items): void {
  const [context] = items.get("2")?.PreContext ?? [];
  edit("2", { PreContext: [{ ...sampleItem(), ...context, ContentAttachments: null }] })(items);
}

export function dropContextHandle(items: Items): void {
  const [context] = items.get("2")?.PreContext ?? [];
  edit("2", { PreContext: [{ ...sampleItem(), ...context, Content: "The bridge is up" }] })(items);
}

/** Puts the items into a mailbox without the platform's checks, so that wrong ones get there too. */
export async function gather(
  directory: string,
  items: Items,
): Promise<Evidence & { results: TaskResult[] }> {
  const mailbox = await openMailbox(directory);
  const accepted: AcceptedItem[] = [];
  for (const item of items.values()) {
    const mail = await mailbox.add(item, TIME);
    accepted.push(toAcceptedItem(item, { taskId: "t", modificationTimestampUtc: TIME, mail }));
  }
  const window = { start: "2026-03-01T10:00:00Z", end: "2026-03-01T11:00:00Z" };
  const result: TaskResult = {
    jobId: "j",
    taskId: "t",
    window,
    status: 0,
    listed: [...items.keys()],
    accepted,
    duplicates: 0,
    alreadyThere: 0,
    findings: [],
  };
  return {
    accountId: "42",
    truth: truth(),
    gaps: [],
    mailbox: await readMailbox(directory),
    results: [result],
    findings: [],
    pages: {
      pages: 1,
      posts: 3,
      postIds: new Set(["1", "2", "3"]),
      earlierVersions: new Set(),
      problems: [],
    },
  };
}

function by(handle: string, id: string): string {
  return sampleRecord(handle, id);
}
