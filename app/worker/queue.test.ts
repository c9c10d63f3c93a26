import { setTimeout as wait } from "node:timers/promises";
import { QueueClient } from "@azure/storage-queue";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createClock } from "../testing/clock.ts";
import { createMemoryQueue } from "../testing/memory-queue.ts";
import { startStorage, type Storage } from "../testing/storage.ts";
import { createAzureQueue, LeaseLostError, type Message, type WorkQueue } from "./queue.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const ONE = { jobId: "job-1", taskId: "task-1" };

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.close());

/** What others may do with the queues, and how time passes. */
type Bench = {
  queue: WorkQueue;
  putText: (text: string) => Promise<void>;
  poisoned: () => Promise<string[]>;
  pass: (ms: number) => Promise<void>;
};

/** The contract: everything that the worker builds on holds for both. */
describe.each([
  ["in memory", createMemoryBench],
  ["on Azure Storage", createAzureBench],
])("The queue %s", (_name, createBench) => {
  let bench: Bench;
  let queue: WorkQueue;
  beforeEach(async () => {
    bench = await createBench();
    queue = bench.queue;
  });

  it("is empty at first", async () => {
    expect(await queue.receive(5, MINUTE_MS)).toEqual([]);
  });

  it("gives what was sent, once", async () => {
    await queue.send({ jobId: "j<&>", taskId: 't"\u00e9\u2603' });
    const leases = await queue.receive(5, MINUTE_MS);
    expect(leases.map(({ message }) => message)).toEqual([
      { jobId: "j<&>", taskId: 't"\u00e9\u2603' },
    ]);
    expect(await queue.receive(5, MINUTE_MS)).toEqual([]);
  });

  it("gives the beat of a capture, and not before its time", async () => {
    const captureRun = { jobId: "job-1", captureRunId: "beat-1" };
    await queue.send(captureRun, 1000);
    expect(await receiveMessages()).toEqual([]);
    await bench.pass(1200);
    expect(await receiveMessages()).toEqual([captureRun]);
  });

  it("gives no more than asked for", async () => {
    for (let index = 0; index < 3; index += 1) {
      await queue.send({ jobId: "job-1", taskId: `task-${index}` });
    }
    expect(await queue.receive(2, MINUTE_MS)).toHaveLength(2);
    expect(await queue.receive(2, MINUTE_MS)).toHaveLength(1);
  });

  it("may be asked for more than it gives at a time", async () => {
    await queue.send(ONE);
    expect(await queue.receive(100, MINUTE_MS)).toHaveLength(1);
  });

  it("gives each message to one of those who ask at the same time", async () => {
    for (let index = 0; index < 6; index += 1) {
      await queue.send({ jobId: "job-1", taskId: `task-${index}` });
    }
    const asked = await Promise.all([1, 2, 3].map(() => queue.receive(2, MINUTE_MS)));
    const tasks = asked.flat().map(({ message }) => taskIdOf(message));
    expect(tasks.toSorted()).toEqual(["task-0", "task-1", "task-2", "task-3", "task-4", "task-5"]);
  });

  describe("A lease", () => {
    it("that runs out brings the message back", async () => {
      await queue.send(ONE);
      await queue.receive(1, 1000);
      await bench.pass(1200);
      expect(await receiveMessages()).toEqual([ONE]);
    });

    it("that is renewed does not run out", async () => {
      await queue.send(ONE);
      const lease = await take(1000);
      await lease.renew(MINUTE_MS);
      await bench.pass(1200);
      expect(await receiveMessages()).toEqual([]);
      await lease.renew(MINUTE_MS);
      await lease.finish();
      expect(await receiveMessages()).toEqual([]);
    });

    it("that is finished is done for good", async () => {
      await queue.send(ONE);
      await (await take(1000)).finish();
      await bench.pass(1200);
      expect(await receiveMessages()).toEqual([]);
    });

    it("that is released brings the message back at once", async () => {
      await queue.send(ONE);
      await (await take(MINUTE_MS)).release(0);
      expect(await receiveMessages()).toEqual([ONE]);
    });

    it("that is released for later brings the message back then", async () => {
      await queue.send(ONE);
      await (await take(MINUTE_MS)).release(1000);
      expect(await receiveMessages()).toEqual([]);
      await bench.pass(1200);
      expect(await receiveMessages()).toEqual([ONE]);
    });

    it("may be released for a time that is over, or for longer than a queue can wait", async () => {
      await queue.send(ONE);
      await (await take(MINUTE_MS)).release(-5000);
      await (await take(MINUTE_MS)).release(30 * DAY_MS);
      expect(await receiveMessages()).toEqual([]);
    });

    it("takes what is asked of it in turn: a renewal under way does not lose it", async () => {
      await queue.send(ONE);
      const lease = await take(1000);
      await Promise.all([lease.renew(MINUTE_MS), lease.renew(1000), lease.finish()]);
      await bench.pass(1200);
      expect(await receiveMessages()).toEqual([]);
    });
  });

  describe.each([
    [
      "in other hands",
      async () => {
        const lost = await take(1000);
        await bench.pass(1200);
        return { lost, other: await take(MINUTE_MS) };
      },
    ],
    [
      "done",
      async () => {
        const lost = await take(1000);
        await bench.pass(1200);
        const other = await take(MINUTE_MS);
        await other.finish();
        return { lost, other: undefined };
      },
    ],
  ])("A lease whose message is %s", (_title, lose) => {
    it("is lost, whatever is asked of it, and takes nothing from the other", async () => {
      await queue.send(ONE);
      const { lost, other } = await lose();
      await expect(lost.renew(MINUTE_MS)).rejects.toThrow(LeaseLostError);
      await expect(lost.release(0)).rejects.toThrow(LeaseLostError);
      await expect(lost.finish()).rejects.toThrow(LeaseLostError);
      await expect(lost.poison("test")).rejects.toThrow(LeaseLostError);
      expect(await receiveMessages()).toEqual([]);
      await other?.finish();
    });
  });

  it.each(["", "word", "[]", '{"jobId":1}', "<QueueMessage>&amp;", "eyJqb2JJZCI6MX0="])(
    "gives a message of others without content, to be poisoned: %j",
    async (text) => {
      await bench.putText(text);
      const lease = await take(MINUTE_MS);
      expect(lease.message).toBeUndefined();
      await lease.renew(MINUTE_MS);
      await lease.poison("not ours");
      expect(await bench.poisoned()).toEqual([
        JSON.stringify({ reason: "not ours", message: text }),
      ]);
      await expect(lease.finish()).rejects.toThrow(LeaseLostError);
    },
  );

  it.each([
    ["33 KiB of quotation marks", '"'.repeat(33 * 1024)],
    ["64 KiB of words", "word".repeat(16 * 1024)],
    ["33 KiB of signs that XML escapes", "&".repeat(33 * 1024)],
    ["64 KiB of control characters' like", "\\u0001".repeat(10 * 1024)],
    ["a message of ours with too much in it", JSON.stringify({ ...ONE, more: "x".repeat(40_000) })],
  ])("puts aside a message that is too long to be told of whole: %s", async (_title, text) => {
    await bench.putText(text);
    await (await take(MINUTE_MS)).poison("not ours");
    const [told = ""] = await bench.poisoned();
    expect(JSON.parse(told)).toEqual({
      reason: "not ours",
      message: text.slice(0, 4_096),
      cutFrom: text.length,
    });
    expect(await receiveMessages()).toEqual([]);
  });

  it("puts what is given up into the poison queue, to be put back as it is there", async () => {
    const givenUp = { ...ONE, failed: 2 };
    await queue.giveUp(givenUp, "given up");
    const [text = ""] = await bench.poisoned();
    expect(JSON.parse(text)).toEqual({ reason: "given up", message: JSON.stringify(givenUp) });
    await bench.putText(JSON.stringify(givenUp));
    expect(await receiveMessages()).toEqual([givenUp]);
  });

  it("keeps a message of ours in the poison queue as it was", async () => {
    await queue.send(ONE);
    await (await take(MINUTE_MS)).poison("given up");
    const [text = ""] = await bench.poisoned();
    expect(JSON.parse(text)).toEqual({ reason: "given up", message: JSON.stringify(ONE) });
  });

  async function take(visibleAgainMs: number) {
    const [lease] = await queue.receive(1, visibleAgainMs);
    if (!lease) {
      throw new Error("There is no message");
    }
    return lease;
  }

  async function receiveMessages() {
    const leases = await queue.receive(5, MINUTE_MS);
    return leases.map(({ message }) => message);
  }
});

describe("On Azure Storage, messages never expire", () => {
  const FOREVER = new Date("9000-01-01");

  it("as they are sent, parked and poisoned", async () => {
    const { work, poison, queue } = await createAzureQueues();
    await queue.send(ONE);
    expect((await expiryOf(work)) > FOREVER).toBe(true);
    const [lease] = await queue.receive(1, MINUTE_MS);
    await lease?.release(0);
    expect((await expiryOf(work)) > FOREVER).toBe(true);
    const [again] = await queue.receive(1, MINUTE_MS);
    await again?.poison("test");
    expect((await expiryOf(poison)) > FOREVER).toBe(true);
  });

  async function expiryOf(client: QueueClient): Promise<Date> {
    const { peekedMessageItems } = await client.peekMessages();
    return peekedMessageItems[0]?.expiresOn ?? new Date(0);
  }
});

it("A queue that is gone is an error, and not an empty one", async () => {
  const { work, queue } = await createAzureQueues();
  await queue.send(ONE);
  const [lease] = await queue.receive(1, MINUTE_MS);
  await work.delete();
  await expect(queue.receive(1, MINUTE_MS)).rejects.toMatchObject({ code: "QueueNotFound" });
  await expect(queue.send(ONE)).rejects.toMatchObject({ code: "QueueNotFound" });
  await expect(lease?.finish()).rejects.toMatchObject({ code: "QueueNotFound" });
});

function taskIdOf(message: Message | undefined): string {
  return message && "taskId" in message ? message.taskId : "";
}

async function createMemoryBench(): Promise<Bench> {
  const clock = createClock();
  const queue = createMemoryQueue(clock.now);
  return {
    queue,
    putText: async (text) => queue.put(text),
    poisoned: async () => queue.poisoned(),
    pass: async (ms) => clock.advance(ms),
  };
}

async function createAzureBench(): Promise<Bench> {
  const { work, poison, queue } = await createAzureQueues();
  return {
    queue,
    putText: async (text) => void (await work.sendMessage(text)),
    poisoned: async () =>
      (await poison.peekMessages({ numberOfMessages: 32 })).peekedMessageItems.map(
        ({ messageText }) => messageText,
      ),
    pass: (ms) => wait(ms),
  };
}

async function createAzureQueues() {
  const [workUrl, poisonUrl] = [await storage.createQueue(), await storage.createQueue()];
  return {
    work: new QueueClient(workUrl, storage.credential),
    poison: new QueueClient(poisonUrl, storage.credential),
    queue: createAzureQueue({ workUrl, poisonUrl }, storage.credential),
  };
}
