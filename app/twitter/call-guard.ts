import type { ITwitterApiClientPlugin } from "twitter-api-v2";
import { ConnectorError } from "../errors.ts";

export type CallGuard = {
  plugin: ITwitterApiClientPlugin;
  /** Never comes true; fails with `x-unavailable` when the call takes too long. */
  tooLate: Promise<never>;
};

/**
 * Ends one call in time, its whole answer included: the time-outs of twitter-api-v2 1.29 are for a
 * silent connection, and its sign-in calls have none. Answers are asked for uncompressed: the
 * library waits for the rest of a compressed one that was cut off for ever, and one that is not
 * what its header says ends the process.
 */
export function createCallGuard(timeoutMs: number): CallGuard {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const signal = AbortSignal.timeout(timeoutMs);
  signal.addEventListener("abort", () => {
    reject(new ConnectorError("x-unavailable", `X did not finish within ${timeoutMs / 1000} s`));
  });
  return {
    tooLate,
    plugin: {
      onBeforeRequestConfig({ params }) {
        params.headers = { ...params.headers, "accept-encoding": "identity" };
        params.compression = "identity";
      },
      onBeforeRequest({ requestOptions }) {
        requestOptions.signal = signal;
      },
    },
  };
}
