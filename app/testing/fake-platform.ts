import type { Completion, Platform } from "../platform/platform.ts";

export type FakePlatform = Platform & {
  /** Completions that were accepted. */
  completions: Completion[];
  /** What the next completions meet; absent: they are accepted. */
  meet: (fault: (() => Promise<void>) | undefined) => void;
  /** What asking for a token meets. */
  meetToken: (error: Error | undefined) => void;
};

/** The Import service as the worker sees it. */
export function createFakePlatform(): FakePlatform {
  const completions: Completion[] = [];
  let fault: (() => Promise<void>) | undefined;
  let tokenError: Error | undefined;
  return {
    completions,
    async complete(completion) {
      await fault?.();
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
