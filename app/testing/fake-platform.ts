import type { Completion, CompletionItem, Platform } from "../import-service/client.ts";

export type AcceptedCompletion = Omit<Completion, "items"> & { items: CompletionItem[] };
export type FakePlatform = Platform & {
  /** Completions that were accepted. */
  completions: AcceptedCompletion[];
  /** What the next completions meet; absent: they are accepted. */
  meet: (fault: ((completion: AcceptedCompletion) => Promise<void>) | undefined) => void;
  /** What asking for a token meets. */
  meetToken: (error: Error | undefined) => void;
};

/** The Import service as the worker sees it. */
export function createFakePlatform(): FakePlatform {
  const completions: AcceptedCompletion[] = [];
  let fault: ((completion: AcceptedCompletion) => Promise<void>) | undefined;
  let tokenError: Error | undefined;
  return {
    completions,
    async complete({ items, ...about }) {
      const completion = { ...about, items: await Array.fromAsync(items(), itemOf) };
      await fault?.(completion);
      completions.push(completion);
    },
    async checkToken() {
      if (tokenError) {
        throw tokenError;
      }
    },
    checkReachable: async () => undefined,
    meet(next) {
      fault = next;
    },
    meetToken(error) {
      tokenError = error;
    },
  };
}

function itemOf({ id, modificationTimestampUtc, fileName }: CompletionItem): CompletionItem {
  return { id, modificationTimestampUtc, fileName };
}
