import type { PlatformContainer } from "../contracts.ts";
import type { Item } from "./item.ts";
import { contextOf } from "./item.ts";

/** Half-open: posts with start <= time < end. ISO 8601, UTC, with Z. */
export type Window = { start: string; end: string };

/** Something that the platform refused, or that it would never have been told. */
export type Finding = { postId?: string; fileName?: string; taskId?: string; what: string };

/** 0 Success, 1 TemporaryFailure, 2 PermanentFailure (docs/portal-contract.md#outgoing-calls). */
export type Status = 0 | 1 | 2;

/** What is kept of an accepted item after its attachments went into the mail. */
export type AcceptedItem = {
  postId: string;
  taskId: string;
  modificationTimestampUtc: string;
  sentTimeUtc: string;
  itemType: string;
  containerId: string;
  threadId: string | null;
  parentId: string | null;
  senderId: string;
  recipientIds: string[];
  contextIds: string[];
  /** Name of the .eml file in the mailbox folder. */
  mail: string;
};

/** What became of one task so far; of several completions the last one says the status. */
export type TaskResult = {
  jobId: string;
  taskId: string;
  window: Window;
  status: Status;
  /** Ids that a completion of status 0 listed. */
  listed: string[];
  accepted: AcceptedItem[];
  /** Items skipped because the mailbox has this version already. */
  duplicates: number;
  /** Items skipped because an earlier run has left this version in the mailbox. */
  alreadyThere: number;
  findings: Finding[];
};

/** A task that the platform gave: its newest container is where it looks for files. */
export type Task = { jobId: string; taskId: string; window: Window; container: PlatformContainer };

export type Accepted = { taskId: string; modificationTimestampUtc: string; mail: string };

export function toAcceptedItem(item: Item, accepted: Accepted): AcceptedItem {
  return {
    ...accepted,
    postId: item.Id,
    sentTimeUtc: item.SentTimeUtc,
    itemType: item.ItemType,
    containerId: item.ContainerId,
    threadId: item.ThreadId,
    parentId: item.ParentId,
    senderId: item.Sender.Id,
    recipientIds: item.Recipients.map((recipient) => recipient.Id),
    contextIds: contextOf(item).map((context) => context.Id),
  };
}
