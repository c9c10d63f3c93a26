import { type QueueClient, RestError } from "@azure/storage-queue";
import { z } from "zod";
import { MendableError } from "../checks/check.ts";

export type Queues = {
  work: Pick<QueueClient, "sendMessage">;
  poison: Pick<QueueClient, "peekMessages" | "receiveMessages" | "deleteMessage" | "getProperties">;
};
/** A message in the poison queue. `message` is absent if it is not the connector's. */
export type GivenUp = { reason: string; message?: string };
export type Requeued = { listed: number; putBack: number; left: number };

/** Azure returns at most this many at a time. */
const AT_A_TIME = 32;
const IN_HAND_SECONDS = 60;
/** Messages never expire. */
const NEVER_SECONDS = -1;

const poisonedSchema = z.object({ reason: z.string(), message: z.string() });
const messageSchema = z.looseObject({ jobId: z.string() });

/** Shows the first 32 messages of the poison queue without dequeuing them. */
export async function listPoisoned(
  { poison }: Queues,
  report: (givenUp: GivenUp) => void,
): Promise<Requeued> {
  return mendably(async () => {
    const { peekedMessageItems } = await poison.peekMessages({ numberOfMessages: AT_A_TIME });
    peekedMessageItems.forEach(({ messageText }) => report(toGivenUp(messageText)));
    const { approximateMessagesCount = 0 } = await poison.getProperties();
    return { listed: peekedMessageItems.length, putBack: 0, left: approximateMessagesCount };
  });
}

/**
 * Puts each message back before it leaves the poison queue: cut off in between, it is in both, and
 * what is done already is not done again. What is none of the connector's stays where it is.
 */
export async function requeue(
  { work, poison }: Queues,
  report: (givenUp: GivenUp) => void,
): Promise<Requeued> {
  return mendably(async () => {
    const done: Requeued = { listed: 0, putBack: 0, left: 0 };
    for (;;) {
      const { receivedMessageItems } = await poison.receiveMessages({
        numberOfMessages: AT_A_TIME,
        visibilityTimeout: IN_HAND_SECONDS,
      });
      if (receivedMessageItems.length === 0) {
        return done;
      }
      for (const { messageId, popReceipt, messageText } of receivedMessageItems) {
        const givenUp = toGivenUp(messageText);
        report(givenUp);
        done.listed += 1;
        if (givenUp.message === undefined) {
          done.left += 1;
        } else {
          await work.sendMessage(givenUp.message, { messageTimeToLive: NEVER_SECONDS });
          await poison.deleteMessage(messageId, popReceipt);
          done.putBack += 1;
        }
      }
    }
  });
}

function toGivenUp(text: string): GivenUp {
  const poisoned = poisonedSchema.safeParse(parseOrNothing(text));
  if (!poisoned.success) {
    return { reason: "not put here by the connector" };
  }
  const { reason, message } = poisoned.data;
  return messageSchema.safeParse(parseOrNothing(message)).success
    ? { reason, message }
    : { reason };
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The storage library's errors quote whole requests. */
async function mendably<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 403) {
      throw new MendableError(
        "The queues do not let you in",
        "Give yourself the role, and wait a few minutes: az role assignment create --role " +
          '"Storage Queue Data Contributor" --assignee YOU --scope ID-OF-THE-STORAGE-ACCOUNT. With the ' +
          "network private-backend, come from inside its virtual network",
      );
    }
    if (
      error instanceof RestError ||
      (error instanceof Error && /Credential|Authentication/.test(error.name))
    ) {
      throw new MendableError(
        `The queues cannot be reached (${error instanceof RestError ? (error.code ?? error.statusCode ?? "no answer") : error.name})`,
        "Check the addresses, your network and your login: az login",
      );
    }
    throw error;
  }
}
