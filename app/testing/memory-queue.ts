import {
  type Lease,
  LeaseLostError,
  type Message,
  parseMessage,
  toPoisonText,
  type WorkQueue,
} from "../worker/queue.ts";

type Held = { text: string; visibleAt: number; receipt: number };

export type MemoryQueue = WorkQueue & {
  /** Puts any text into the queue, as others may. */
  put: (text: string) => void;
  /** Messages that are in the queue, in hand or not. */
  waiting: () => { message: Message | undefined; visibleAt: Date }[];
  poisoned: () => string[];
  /** Loses all messages, in hand or not, as a storage that is restored does. */
  lose: () => void;
};

/** The queue in memory: same contract as the one on Azure (queue.test.ts holds both to it). */
export function createMemoryQueue(now: () => Date = () => new Date()): MemoryQueue {
  const messages = new Map<number, Held>();
  const poisoned: string[] = [];
  let last = 0;
  const put = (text: string, visibleAfterMs = 0) => {
    last += 1;
    messages.set(last, { text, visibleAt: now().getTime() + visibleAfterMs, receipt: 0 });
  };
  return {
    put: (text) => put(text),
    send: async (message, visibleAfterMs) => put(JSON.stringify(message), visibleAfterMs),
    async receive(most, visibleAgainMs) {
      const visible = [...messages].filter(([, { visibleAt }]) => visibleAt <= now().getTime());
      return visible.slice(0, most).map(([id, held]) => {
        take(held, now().getTime() + visibleAgainMs);
        return createLease({ messages, poisoned, now, id, held });
      });
    },
    giveUp: async (message, reason) => {
      poisoned.push(JSON.stringify({ reason, message: JSON.stringify(message) }));
    },
    waiting: () =>
      [...messages.values()].map(({ text, visibleAt }) => ({
        message: parseMessage(text),
        visibleAt: new Date(visibleAt),
      })),
    poisoned: () => poisoned,
    lose: () => messages.clear(),
  };
}

function take(held: Held, visibleAt: number): void {
  held.visibleAt = visibleAt;
  held.receipt += 1;
}

function createLease({
  messages,
  poisoned,
  now,
  id,
  held,
}: {
  messages: Map<number, Held>;
  poisoned: string[];
  now: () => Date;
  id: number;
  held: Held;
}): Lease {
  let receipt = held.receipt;
  const inHand = () => {
    if (messages.get(id)?.receipt !== receipt) {
      throw new LeaseLostError("The message is in other hands, or done");
    }
  };
  const setVisible = async (visibleAgainMs: number) => {
    inHand();
    take(held, now().getTime() + visibleAgainMs);
    receipt = held.receipt;
  };
  const finish = async () => {
    inHand();
    messages.delete(id);
  };
  return {
    message: parseMessage(held.text),
    renew: setVisible,
    release: setVisible,
    finish,
    async poison(reason) {
      poisoned.push(toPoisonText(held.text, reason));
      await finish();
    },
  };
}
