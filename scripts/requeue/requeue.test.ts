import { QueueClient } from "@azure/storage-queue";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startStorage, type Storage } from "../../app/testing/storage.ts";
import { type GivenUp, listPoisoned, type Queues, requeue } from "./requeue.ts";

const MESSAGE = JSON.stringify({ jobId: "job-1", taskId: "task-1" });
const POISONED = JSON.stringify({ reason: "x-bad-request: X answered 400", message: MESSAGE });
const FOREIGN = JSON.stringify({ reason: "not a message of this connector", message: "hello" });

let storage: Storage;
let queues: { work: QueueClient; poison: QueueClient };
let reported: GivenUp[];
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.close());
beforeEach(async () => {
  const [workUrl, poisonUrl] = [await storage.createQueue(), await storage.createQueue()];
  queues = {
    work: new QueueClient(workUrl, storage.credential),
    poison: new QueueClient(poisonUrl, storage.credential),
  };
  reported = [];
});

describe("Work that was given up", () => {
  it("is put back as it was, for ever, with its reason told", async () => {
    await poison(POISONED);
    expect(await requeue(queues, report)).toEqual({ listed: 1, putBack: 1, left: 0 });
    expect(reported).toEqual([{ reason: "x-bad-request: X answered 400", message: MESSAGE }]);
    expect(await textsIn(queues.poison)).toEqual([]);
    const { peekedMessageItems } = await queues.work.peekMessages();
    expect(peekedMessageItems.map(({ messageText }) => messageText)).toEqual([MESSAGE]);
    expect(peekedMessageItems[0]?.expiresOn.getTime()).toBeGreaterThan(Date.parse("9000-01-01"));
  });

  it("is put back however much there is", async () => {
    await Promise.all(Array.from({ length: 70 }, () => poison(POISONED)));
    expect(await requeue(queues, report)).toMatchObject({ putBack: 70 });
    const { approximateMessagesCount } = await queues.work.getProperties();
    expect(approximateMessagesCount).toBe(70);
  });

  it.each([FOREIGN, "hello", "{}", ""])(
    "stays where it is if it is none of ours: %j",
    async (text) => {
      await poison(text);
      await poison(POISONED);
      expect(await requeue(queues, report)).toEqual({ listed: 2, putBack: 1, left: 1 });
      expect(reported[0]).not.toHaveProperty("message");
      const { approximateMessagesCount } = await queues.poison.getProperties();
      expect(approximateMessagesCount).toBe(1);
    },
  );

  it("is only listed in a dry run", async () => {
    await poison(POISONED);
    await poison(FOREIGN);
    expect(await listPoisoned(queues, report)).toEqual({ listed: 2, putBack: 0, left: 2 });
    expect(reported).toHaveLength(2);
    expect(await textsIn(queues.poison)).toEqual([POISONED, FOREIGN]);
    expect(await textsIn(queues.work)).toEqual([]);
  });

  it("is in both queues if it is cut off in between, and never in none", async () => {
    await poison(POISONED);
    const { poison: real } = queues;
    const dying: Queues["poison"] = {
      peekMessages: () => real.peekMessages(),
      getProperties: () => real.getProperties(),
      receiveMessages: (options) => real.receiveMessages(options),
      async deleteMessage() {
        throw new Error("cut off");
      },
    };
    await expect(requeue({ ...queues, poison: dying }, report)).rejects.toThrow("cut off");
    expect(await textsIn(queues.work)).toEqual([MESSAGE]);
    const { approximateMessagesCount } = await queues.poison.getProperties();
    expect(approximateMessagesCount).toBe(1);
  });

  it("of a queue that is not there says what to do", async () => {
    const work = new QueueClient(`${queues.work.url}-gone`, storage.credential);
    await expect(requeue({ work, poison: work }, report)).rejects.toMatchObject({
      name: "MendableError",
      message: "The queues cannot be reached (QueueNotFound)",
    });
  });
});

function report(givenUp: GivenUp): void {
  reported.push(givenUp);
}

async function poison(text: string): Promise<void> {
  await queues.poison.sendMessage(text);
}

async function textsIn(queue: QueueClient): Promise<string[]> {
  const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: 32 });
  return peekedMessageItems.map(({ messageText }) => messageText);
}
