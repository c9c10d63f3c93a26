import { type AnonymousCredential, QueueClient, RestError } from "@azure/storage-queue";
import type { TokenCredential } from "@azure/identity";
import { Mutex } from "async-mutex";
import * as z from "zod";

const messageSchema = z.union([
  /**
   * A window that the platform has asked for. `failed` is the answer that a person has seen fail and
   * put back: no other message takes up a task that has failed.
   */
  z.object({ jobId: z.string(), taskId: z.string(), failed: z.number().optional() }),
  /** A record that waited, was given up, and is put back by a person; without a feed, a post. */
  z.object({ jobId: z.string(), postId: z.string(), feed: z.string().optional() }),
  /** A capture that nobody has asked for; only the job's chain knows which beat counts. */
  z.object({ jobId: z.string(), captureRunId: z.string() }),
]);

/** Work to do: ids only. Whatever it takes to do it lies in the archive. */
export type Message = z.infer<typeof messageSchema>;

/**
 * A message in hand: invisible to others until `visibleAgainMs` are over. What is asked of a lease is
 * done in turn, so that a renewal under way does not lose it for whoever finishes it meanwhile.
 */
export type Lease = {
  /** Undefined where the message is not one of ours. */
  message: Message | undefined;
  /** Stays in hand for so long from now. @throws LeaseLostError */
  renew(visibleAgainMs: number): Promise<void>;
  /** Goes back, to be seen again after so long. @throws LeaseLostError */
  release(visibleAgainMs: number): Promise<void>;
  finish(): Promise<void>;
  /** Moves it to the poison queue, as it is. */
  poison(reason: string): Promise<void>;
};

/** Two implementations, one contract suite (queue.test.ts): Azure Storage Queue, and memory in tests. */
export type WorkQueue = {
  /** Visible at once, or after so long. */
  send(message: Message, visibleAfterMs?: number): Promise<void>;
  receive(most: number, visibleAgainMs: number): Promise<Lease[]>;
  /** Puts into the poison queue, where a person looks, what she may put back. */
  giveUp(message: Message, reason: string): Promise<void>;
};

/** Someone else has the message now, or it is done. */
export class LeaseLostError extends Error {
  override name = "LeaseLostError" as const;
}

/** Messages never expire: the default of seven days would drop what waits longer (ancestor D15). */
const NEVER_SECONDS = -1;
/** Azure gives no more at a time, and refuses to be asked for more. */
const MOST_MESSAGES = 32;
/** For one request with all its tries. */
const TIMEOUT_MS = 30_000;
const RETRIES = { maxTries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 4_000 };
const LOST = new Set(["PopReceiptMismatch", "MessageNotFound"]);

export function createAzureQueue(
  { workUrl, poisonUrl }: { workUrl: string; poisonUrl: string },
  credential: TokenCredential | AnonymousCredential,
  { timeoutMs = TIMEOUT_MS } = {},
): WorkQueue {
  const work = new QueueClient(workUrl, credential, { retryOptions: RETRIES });
  const poisonQueue = new QueueClient(poisonUrl, credential, { retryOptions: RETRIES });
  const inTime = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });
  const putAside = async (messageText: string, reason: string) => {
    const text = toPoisonText(messageText, reason);
    await poisonQueue.sendMessage(text, { ...inTime(), messageTimeToLive: NEVER_SECONDS });
  };
  return {
    async send(message, visibleAfterMs = 0) {
      await work.sendMessage(JSON.stringify(message), {
        ...inTime(),
        messageTimeToLive: NEVER_SECONDS,
        visibilityTimeout: seconds(visibleAfterMs),
      });
    },
    async receive(most, visibleAgainMs) {
      const { receivedMessageItems } = await work.receiveMessages({
        ...inTime(),
        numberOfMessages: Math.min(most, MOST_MESSAGES),
        visibilityTimeout: seconds(visibleAgainMs),
      });
      return receivedMessageItems.map(({ messageId, popReceipt, messageText }) =>
        createLease({ work, putAside, inTime, messageId, popReceipt, messageText }),
      );
    },
    giveUp: (message, reason) => putAside(JSON.stringify(message), reason),
  };
}

/** A message of ours has a tenth of it; escaped, so much of any text fits into the 64 KiB of a message. */
const MOST_POISON_CHARS = 4_096;

/** What stands in the poison queue. A text that is too long to be ours is cut, and its length named. */
export function toPoisonText(messageText: string, reason: string): string {
  const { length } = messageText;
  return length <= MOST_POISON_CHARS
    ? JSON.stringify({ reason, message: messageText })
    : JSON.stringify({ reason, message: messageText.slice(0, MOST_POISON_CHARS), cutFrom: length });
}

type Held = {
  work: QueueClient;
  putAside: (messageText: string, reason: string) => Promise<void>;
  inTime: () => { abortSignal: AbortSignal };
  messageId: string;
  popReceipt: string;
  messageText: string;
};

function createLease(held: Held): Lease {
  const { work, putAside, inTime, messageId, popReceipt, messageText } = held;
  const inTurn = new Mutex();
  const unlessLost = (step: () => Promise<void>) => inTurn.runExclusive(() => orLost(step));
  // Each answer to an update brings the receipt that the next request needs.
  let receipt = popReceipt;
  const setVisible = (visibleAgainMs: number) =>
    unlessLost(async () => {
      const answer = await work.updateMessage(
        messageId,
        receipt,
        messageText,
        seconds(visibleAgainMs),
        inTime(),
      );
      receipt = answer.popReceipt ?? receipt;
    });
  const finish = () =>
    unlessLost(async () => {
      await work.deleteMessage(messageId, receipt, inTime());
    });
  return {
    message: parseMessage(messageText),
    renew: setVisible,
    release: setVisible,
    finish,
    async poison(reason) {
      await putAside(messageText, reason);
      await finish();
    },
  };
}

export function parseMessage(text: string): Message | undefined {
  try {
    return messageSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function orLost(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (error instanceof RestError && LOST.has(error.code ?? "")) {
      throw new LeaseLostError("The message is in other hands, or done");
    }
    throw error;
  }
}

/** Azure takes at most seven days. */
function seconds(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms / 1000), 0), 7 * 24 * 3600);
}
